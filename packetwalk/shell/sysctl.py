"""``sysctl``: the few settings that the data path of the model reads."""

from __future__ import annotations

from packetwalk.shell.terminal import Failure, Terminal, Unknown
from packetwalk.tables import SysctlEntry
from packetwalk.tables.sysctl import DEFAULTS


def run(terminal: Terminal, arguments: list[str]) -> str:
    """Print settings, or write them (``-w KEY=VALUE``)."""
    out = []
    for word in arguments:
        if word in ("-w", "-n", "-e"):
            continue
        if word.startswith("-"):
            raise Unknown("sysctl", word, "KEY, -w KEY=VALUE, -n")
        key, written, value = word.partition("=")
        key = key.replace("/", ".")
        _check(terminal, key)
        if written:
            _write(terminal, key, value)
        now = terminal.ns.sysctl(key, DEFAULTS.get(key, "0"))
        out.append(now if "-n" in arguments else f"{key} = {now}")
    return "".join(f"{line}\n" for line in out)


def _check(terminal: Terminal, key: str) -> None:
    if key in DEFAULTS or key in terminal.ns.sysctls:
        return
    if key.startswith("net."):
        raise Unknown("sysctl", key, ", ".join(sorted({*DEFAULTS, *terminal.ns.sysctls})))
    raise Failure(f"sysctl: cannot stat /proc/sys/{key.replace('.', '/')}: No such file or directory")


def _write(terminal: Terminal, key: str, value: str) -> None:
    old, new = terminal.ns.sysctls.get(key), SysctlEntry(key, value)
    if old is None:
        terminal.state.add(terminal.name, new)
    else:
        terminal.state.replace(terminal.name, old, new)


PROGRAMS = {"sysctl": run}
