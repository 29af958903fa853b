"""Words of a tool's output, a device, a chain, a rule, and other words; folders, and lists of values."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from packetwalk.lab.check.answers.said import LISTS, alone, text, unread

if TYPE_CHECKING:
    from packetwalk.lab.grounds.ground import Ground


def device(given: Any, cluster: Ground | None = None) -> str:
    """Read the name of a device: also as ``ip link`` writes it, with its number or ``@`` and what follows."""
    del cluster
    said = re.sub(r"^(\d+: |dev(ice)? )", "", text(alone(given)))
    found = re.match(r"[\w.-]+", said)
    if found is None or (" " in said and not re.match(r"[\w.-]+(@\S+|:) ", said)):
        raise unread("device", given, ["the name of one device"])
    return found[0]


def chain(given: Any, cluster: Ground | None = None) -> str:
    """Read the name of a chain: also a rule that jumps there, or ``-j NAME``."""
    del cluster
    said = text(alone(given))
    jumps = re.findall(r"(?:-j|-g|jump|goto) (\S+)", said)
    found = jumps or re.findall(r"^(?:-A |-N |chain )?([\w.-]+)$", said, re.I)
    if len(found) != 1:
        raise unread("chain", given, ["the name of one chain"])
    return str(found[0])


def rule(given: Any, cluster: Ground | None = None) -> str:
    """Read a rule as ``iptables -S`` prints it: spaces, counters before it and the program's name do not matter."""
    del cluster
    said = re.sub(r"^(?:\[\d+:\d+\] )?(?:iptables )?(?:-t \w+ )?", "", text(alone(given)))
    if not said.startswith("-A "):
        raise unread("rule", given, ["a whole line, as iptables -S prints it: -A CHAIN ..."])
    return said.replace('"', "")


def word(given: Any, cluster: Ground | None = None) -> str:
    """Read a word: case, and what stands between its parts, do not matter (``looked up``, ``looked_up``)."""
    del cluster
    return re.sub(r"[\s_-]+", "_", text(alone(given)).lower())


def folder(given: Any, cluster: Ground | None = None) -> Path:
    """Read a path."""
    del cluster
    one = alone(given)
    if not isinstance(one, str | Path):
        raise unread("folder", given, ["a path"])
    return Path(text(one)) if isinstance(one, str) else one


def several(given: Any, cluster: Ground | None = None) -> tuple[Any, ...]:
    """Read a list of values; one alone is a list of one."""
    del cluster
    return tuple(given) if type(given) in LISTS else (given,)
