"""What a reader does to a cluster, in words: ``2.5 kill kind-worker2`` is a second, a verb, and about whom.

A verb is a method of the control plane; its name, with hyphens, is the word.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from packetwalk.control.timeline import SECOND
from packetwalk.errors import BadInput

LONGEST = 3600.0  # seconds
MOST = 100
Verbs = Mapping[str, tuple[Callable[..., None], tuple[str, ...]]]
"""By word: what does it, and what the words after it are about; one in brackets may be left out."""


class PlannedDeed(NamedTuple):
    """A deed that is asked for: when, in microseconds, the verb, and the words after it."""

    at: int
    verb: str
    words: tuple[str, ...]

    def __str__(self) -> str:
        return " ".join((f"{self.at / SECOND:g}", self.verb, *self.words))


def read(lines: Iterable[str]) -> tuple[PlannedDeed, ...]:
    """Read deeds, sorted by their time; BadInput, which names the line."""
    found = [_read(line) for line in lines]
    if len(found) > MOST:
        raise BadInput("number of deeds", len(found), [f"at most {MOST}"])
    return tuple(sorted(found, key=lambda each: each.at))


def _read(line: str) -> PlannedDeed:
    words = line.split()
    if len(words) < 2:
        raise BadInput("deed", line, ["SECOND VERB [ABOUT ...], as in: 0 kill kind-worker2"])
    return PlannedDeed(seconds(words[0], f"time of {line!r}"), words[1], tuple(words[2:]))


def seconds(text: str, what: str) -> int:
    """Read seconds, return microseconds; BadInput outside of 0 to an hour."""
    try:
        found = float(text)
    except ValueError:
        found = -1.0
    if not 0 <= found <= LONGEST:
        raise BadInput(what, text, [f"seconds from 0 to {LONGEST:g}"])
    return round(found * SECOND)


def prepared(asked: PlannedDeed, verbs: Verbs) -> Callable[[], None]:
    """Return what does it; BadInput for a verb that nobody knows, or too many or too few words."""
    if asked.verb not in verbs:
        raise BadInput(f"verb of {str(asked)!r}", asked.verb, verbs)
    do, about = verbs[asked.verb]
    least = sum(not each.startswith("[") for each in about)
    if not least <= len(asked.words) <= len(about):
        raise BadInput("deed", str(asked), [" ".join(("SECOND", asked.verb, *about))])
    return lambda: do(*asked.words)


def switch(word: str) -> bool:
    """Read ``on`` or ``off``."""
    if word not in ("on", "off"):
        raise BadInput("switch", word, ["on", "off"])
    return word == "on"
