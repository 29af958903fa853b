"""``sysctl``: the few settings that the data path of the model reads."""

from __future__ import annotations

from packetwalk.shell.terminal import Failure, Terminal, Unknown
from packetwalk.tables import SysctlEntry
from packetwalk.tables.sysctl import DEFAULTS, FORWARD, FORWARDING


def run(terminal: Terminal, arguments: list[str]) -> str:
    """Print settings, or write them (``-w KEY=VALUE``)."""
    out = []
    for word in arguments:
        if word in ("-w", "-n", "-e"):
            continue
        if word.startswith("-"):
            raise Unknown("sysctl", word, "KEY, -w KEY=VALUE, -n")
        key, written, value = word.partition("=")
        asked = key = key.replace("/", ".")
        key = FORWARD if key == "net.ipv4.conf.all.forwarding" else key
        _check(terminal, key)
        if written:
            _write(terminal, key, value)
        usual = terminal.ns.sysctl(FORWARD) if FORWARDING.fullmatch(key) else DEFAULTS.get(key, "0")
        now = terminal.ns.sysctl(key, usual)
        out.append(now if "-n" in arguments else f"{asked} = {now}")
    return "".join(f"{line}\n" for line in out)


def _check(terminal: Terminal, key: str) -> None:
    if key in DEFAULTS or key in terminal.ns.sysctls:
        return
    own = FORWARDING.fullmatch(key)
    if own and own[1] in terminal.ns.links:
        return
    if key.startswith("net."):
        raise Unknown("sysctl", key, ", ".join(sorted({*DEFAULTS, *terminal.ns.sysctls})))
    raise Failure(f"sysctl: cannot stat /proc/sys/{key.replace('.', '/')}: No such file or directory")


def _write(terminal: Terminal, key: str, value: str) -> None:
    old, new = terminal.ns.sysctls.get(key), SysctlEntry(key, value)
    if old is None or key == FORWARD:
        terminal.state.add(terminal.name, new)
    else:
        terminal.state.replace(terminal.name, old, new)


PROGRAMS = {"sysctl": run}
