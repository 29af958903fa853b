"""What survives what: of each event, and each mode with a control plane, what becomes of traffic; from stories alone."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import NamedTuple

from packetwalk.control.probe import spans
from packetwalk.control.stories import STORIES, Story, told
from packetwalk.control.timeline import SECOND, Deed

EVENTS = {
    "killed": "The program that writes routes is killed, and stays away",
    "stopped": "It is stopped cleanly, and stays away for a while",
    "restarted": "It is killed and started again after a second",
    "link-cut": "A node's wire is cut for a minute",
    "link-cut-longer": "A node's wire is cut for longer than every timer",
    "node-deleted": "A Node object is deleted, the machine runs on",
    "pod-starts": "A pod starts while it is down",
    "route-deleted": "A line of its own is deleted by hand",
}
"""The rows, by the word with which a story says that it is one."""


class Outage(NamedTuple):
    """A while without answers: microseconds after the first deed; no end where none comes before the story's."""

    begin: int
    end: int | None
    why: str


class Survival(NamedTuple):
    """What becomes of traffic in one story."""

    story: Story
    outages: tuple[Outage, ...]
    healed_by: str

    @property
    def evidence(self) -> str:
        """``recorded`` where a recording of the real programs did the same, else ``computed``."""
        return "recorded" if self.story.like else "computed"

    def __str__(self) -> str:
        if not self.outages:
            return "goes on"
        first, last = self.outages[0], self.outages[-1]
        when = "at once" if first.begin < SECOND else f"after {_seconds(first.begin)}"
        if last.end is None:
            return f"cut {when}, for good"
        return f"cut {when}, until {self.healed_by}"


def survivals() -> Iterator[Survival]:
    """Yield what becomes of traffic in each story that is a row's."""
    return (survival(each) for each in STORIES if each.event)


def survival(found: Story) -> Survival:
    """Return what becomes of the first ping of a story."""
    made, net = told(found)
    src, dst = found.pings[0]
    outages = []
    for answered, row in groupby(spans(net, made, src, dst), lambda span: span.answered):
        here = list(row)
        if not answered:
            end = here[-1].until
            outages.append(Outage(here[0].start, None if end == made.until else end, here[0].what))
    healed = ""
    if outages and outages[-1].end is not None:
        back = outages[-1].end
        deed = [each for each in made.of(Deed) if each.at <= back][-1]
        later = back - deed.at
        healed = f"{_seconds(later)} after {deed.what}" if later >= SECOND // 100 else deed.what
    return Survival(found, tuple(outages), healed)


def _seconds(microseconds: int) -> str:
    """Return seconds as people say them."""
    seconds = microseconds / SECOND
    return f"{seconds:.1f} s" if seconds < 10 else f"{seconds:.0f} s"
