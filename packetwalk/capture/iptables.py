"""What ``iptables-save`` printed, as the entries of ``packetwalk.tables``."""

from __future__ import annotations

import re
from typing import NamedTuple

from packetwalk.tables import ChainPolicy, IptablesRule

COUNTED = re.compile(r"\[(\d+):(\d+)\] ")


class Hit(NamedTuple):
    """A rule with its counters, as ``iptables-save -c`` prints it; ``size`` is in bytes."""

    rule: str
    packets: int
    size: int


def rules(text: str) -> list[IptablesRule | ChainPolicy]:
    """Read ``iptables-save`` in its order; user-defined chains have no policy and are left out.

    ValueError names a line that is none of this program's.
    """
    out: list[IptablesRule | ChainPolicy] = []
    table = ""
    for number, counted in enumerate(text.splitlines(), 1):
        line = COUNTED.sub("", counted, count=1)
        if line.startswith("*"):
            table = line[1:]
        elif line.startswith(":"):
            chain, target, *_ = line[1:].split(" ")
            if target != "-":
                out.append(ChainPolicy(table, chain, target))
        elif line.startswith("-A "):
            _, chain, spec = line.split(" ", 2)
            out.append(IptablesRule(table, chain, spec))
        elif line and line != "COMMIT" and not line.startswith("#"):
            raise ValueError(f"iptables-save, line {number}: {line!r} is no rule")
    return out


def hit(line: str) -> Hit:
    """Read one line of ``iptables-save -c``: ``[packets:bytes] -A CHAIN ...``."""
    counted = COUNTED.match(line)
    if counted is None:
        raise ValueError(f"iptables-save -c: {line!r} has no counters")
    return Hit(line[counted.end() :], int(counted[1]), int(counted[2]))
