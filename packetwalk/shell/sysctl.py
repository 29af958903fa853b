"""``sysctl``: the few settings that the data path of the model reads."""

from __future__ import annotations

from packetwalk.shell.place import Failure, Place, Unknown
from packetwalk.tables import SysctlEntry
from packetwalk.tables.sysctl import DEFAULTS


def run(place: Place, arguments: list[str]) -> str:
    """Print settings, or write them (``-w KEY=VALUE``)."""
    out = []
    for word in arguments:
        if word in ("-w", "-n", "-e"):
            continue
        if word.startswith("-"):
            raise Unknown("sysctl", word, "KEY, -w KEY=VALUE, -n")
        key, written, value = word.partition("=")
        key = key.replace("/", ".")
        _check(place, key)
        if written:
            _write(place, key, value)
        now = place.ns.sysctl(key, DEFAULTS.get(key, "0"))
        out.append(now if "-n" in arguments else f"{key} = {now}")
    return "".join(f"{line}\n" for line in out)


def _check(place: Place, key: str) -> None:
    if key in DEFAULTS or key in place.ns.sysctls:
        return
    if key.startswith("net."):
        raise Unknown("sysctl", key, ", ".join(sorted({*DEFAULTS, *place.ns.sysctls})))
    raise Failure(f"sysctl: cannot stat /proc/sys/{key.replace('.', '/')}: No such file or directory")


def _write(place: Place, key: str, value: str) -> None:
    old, new = place.ns.sysctls.get(key), SysctlEntry(key, value)
    if old is None:
        place.state.add(place.name, new)
    else:
        place.state.replace(place.name, old, new)


PROGRAMS = {"sysctl": run}
