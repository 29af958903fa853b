"""What of an output is not compared because it varies by nature, beside what the labs' notebooks leave out."""

from __future__ import annotations

import json
import re

from tests.labs.outputs import comparable

MASKS = {
    "a neighbour's state follows the clock (five seconds of delay, then a probe, thirty of reachability)": (
        r"\b(?:REACHABLE|STALE|DELAY|PROBE)\b",
        "KNOWN",
    ),
    "a bridge's timers run": (r"\b(\w+_timer) +[0-9.]+", r"\1 T"),
    "how many processors the machine has": (r"\bnum([tr])xqueues [0-9]+", r"num\1xqueues N"),
    "frames counted: ARP and IGMP, which the clock sends, are among them": (
        r"(?m)^(    [RT]X: .*\n) .*$",
        r"\1    COUNTS",
    ),
    "when a line was used last": (r"\bused [0-9/]+", "used T"),
    "which process listens, and its numbers": (r"users:\(\(.*?\)\)", "users:(P)"),
    "the identifier of a ping": (r"\bident=[0-9]+", "ident=ID"),
    "what a set's hash starts from is drawn": (r"\binitval 0x[0-9a-f]+", "initval H"),
    "how much memory a set takes": (r"(?m)^Size in memory: [0-9]+", "Size in memory: N"),
    "how many sockets the machine has and has closed": (r"(?m)^(Total|TCP): .*", r"\1: N"),
    "how long a connection is still kept": (r"(?m)^(ipv4 +2 \w+ +\d+) \d+", r"\1 T"),
    "curl's meter": (r"(?m)^  % Total.*\n.*Dload.*\n[^\n]*\n", ""),
}
"""By the reason: what is found, and what stands there instead."""


UNORDERED = re.compile(
    r"arp -n|/proc/net/arp|ipset list|^ss |ip (-\S+ )*n(eigh)? |bridge (-\S+ )*fdb|conntrack -L"
)
"""What the kernel keeps in a hash and prints in its order."""


def masked(command: str, text: str) -> list[str]:
    """Return the lines that must be the same; sorted where the kernel has no order."""
    for found, instead in MASKS.values():
        text = re.sub(found, instead, text)
    unordered = UNORDERED.search(f"{command} ") is not None
    if unordered and text.startswith("["):
        return sorted(json.dumps(each) for each in json.loads(text))
    lines = comparable(command, text)
    return sorted(lines) if unordered else lines
