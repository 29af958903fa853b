"""What lies between two sightings of a packet in one namespace."""

from __future__ import annotations

from typing import NamedTuple

from packetwalk.capture.identity import Stack
from packetwalk.capture.links.sighting import Sighting
from packetwalk.capture.lookup import Lookup
from packetwalk.capture.stitch.work import Work
from packetwalk.tables import Entry


class Passage(NamedTuple):
    """The way of a packet from the tap of frame ``before`` to the tap of frame ``k``.

    ``where`` is its journey, ``how`` its link (``Link.how``).
    """

    work: Work
    where: int
    before: int
    k: int
    how: str

    @property
    def then(self) -> Sighting:
        """The sighting before."""
        return self.work.seen[self.before]

    @property
    def seen(self) -> Sighting:
        """The sighting after."""
        return self.work.seen[self.k]

    @property
    def netns(self) -> str:
        """The namespace."""
        return self.seen.frame.netns

    @property
    def tables(self) -> Lookup:
        """Its tables."""
        return self.work.tables[self.netns]

    @property
    def now(self) -> Stack:
        """The headers of the packet after what has been told so far."""
        return self.work.now(self.where)

    @property
    def cut(self) -> bool:
        """Whether it comes out in fragments."""
        return self.how in ("cut", "recut")

    @property
    def goal(self) -> Stack:
        """The headers that come out: of the whole packet, if it is cut then."""
        return self.work.linker.datagram(self.k).whole if self.cut else self.seen.stack

    def step(
        self,
        dev: str | None,
        event: str,
        after: Stack,
        note: tuple,
        entry: Entry | None = None,
        *,
        hook: str | None = None,
        looked_up: bool = False,
    ) -> None:
        """Add a step to the journey."""
        self.work.step(self.where, self.netns, dev, event, after, note, entry, hook=hook, looked_up=looked_up)
