"""A trace: the record of one packet's way, step by step, each with the entry that decided it.

Whoever makes it (the model, a capture), the form is the same; players and tests read only this.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from packetwalk import wire
from packetwalk.tables import Entry
from packetwalk.trace.sentences import sentence

VERSION = 1
EVENTS = (
    "originate",
    "ingress",
    "egress",
    "hook",
    "route",
    "forward",
    "neigh",
    "fdb",
    "encap",
    "decap",
    "nat",
    "policy",
    "fragment",
    "reassemble",
    "deliver",
    "drop",
)
DISPOSITIONS = (
    "delivered",
    "dropped",
    "denied",
    "rejected",
    "no_route",
    "neighbor_unreachable",
    "ttl_expired",
    "too_big",
    "loop",
)

Stack = tuple[Any, ...]  # of wire headers; who takes one out knows which it is


class Flow(NamedTuple):
    """What the packet is: addresses and ports as its sender wrote them."""

    src: str
    dst: str
    proto: str
    sport: int = 0
    dport: int = 0

    @property
    def label(self) -> str:
        """One line for people."""
        if self.proto in ("icmp", "arp"):
            return f"{self.proto} {self.src} > {self.dst}"
        return f"{self.proto} {self.src}:{self.sport} > {self.dst}:{self.dport}"


class Step(NamedTuple):
    """One decision or one crossing.

    ``before`` and ``after`` are header stacks, outermost first; ``entry`` is the table entry that
    decided, or None; ``note`` is the key and arguments of the sentence that explains the step;
    ``seq`` orders the steps of all traces of a walk; ``mtu`` is the device's, in bytes.
    """

    seq: int
    node: str
    netns: str
    dev: str | None
    event: str
    hook: str | None
    before: Stack
    after: Stack
    entry: Entry | None
    note: tuple
    mtu: int | None
    evidence: str = "computed"

    @property
    def size(self) -> int:
        """Bytes of the packet after the step (before it, when the packet is gone)."""
        return wire.size(self.after or self.before)

    @property
    def why(self) -> str:
        """One sentence that explains the step."""
        return sentence(self.note)


class Trace(NamedTuple):
    """One packet's way. ``cause`` is (trace, step) of the packet that made this one, or None."""

    source: str
    name: str
    flow: Flow
    disposition: str
    cause: tuple[int, int] | None
    steps: tuple[Step, ...]

    def frames(self) -> list[Step]:
        """Return the steps at which a frame enters or leaves a device: what a capture sees."""
        return [step for step in self.steps if step.event in ("ingress", "egress")]
