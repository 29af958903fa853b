"""A trace: the record of one packet's way, step by step, each with the entry that decided it.

Whoever makes it (the model, a capture), the form is the same; players and tests read only this.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
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
        if self.proto in ("icmp", "arp", "ndp"):
            return f"{self.proto} {self.src} > {self.dst}"
        src, dst = (f"[{each}]" if ":" in each else each for each in (self.src, self.dst))
        return f"{self.proto} {src}:{self.sport} > {dst}:{self.dport}"


class Decision(NamedTuple):
    """All that a step says but the packet: where, what was done, by which entry, and why.

    ``entry`` is the table entry that decided, or None; ``note`` is the key and arguments of the sentence
    that explains it; ``mtu`` is the device's, in bytes.
    """

    node: str
    netns: str
    dev: str | None
    event: str
    hook: str | None
    entry: Entry | None
    note: tuple
    mtu: int | None
    evidence: str = "computed"


Decide = Callable[[str, str | None, Entry | None, tuple, str | None], Decision]
"""What makes a decision of a place: by event, device, entry, note and hook."""
decided = partial(tuple.__new__, Decision)
"""A decision of a tuple of all its fields, in a third of the time that calling ``Decision`` takes."""


class Step(NamedTuple):
    """One decision or one crossing, and the packet before and after it: headers, outermost first.

    ``seq`` orders the steps of all traces of a walk.
    """

    seq: int
    decision: Decision
    before: Stack
    after: Stack

    @property
    def node(self) -> str:
        """The node where it was."""
        return self.decision.node

    @property
    def netns(self) -> str:
        """The network namespace where it was."""
        return self.decision.netns

    @property
    def dev(self) -> str | None:
        """The device it was about, if it was about one."""
        return self.decision.dev

    @property
    def event(self) -> str:
        """What was done: one of ``EVENTS``."""
        return self.decision.event

    @property
    def hook(self) -> str | None:
        """The netfilter hook at which it was done, or None."""
        return self.decision.hook

    @property
    def entry(self) -> Entry | None:
        """The table entry that decided, or None."""
        return self.decision.entry

    @property
    def note(self) -> tuple:
        """The key and arguments of the sentence that explains it."""
        return self.decision.note

    @property
    def mtu(self) -> int | None:
        """The MTU of the device, in bytes."""
        return self.decision.mtu

    @property
    def evidence(self) -> str:
        """``computed``, ``observed`` or ``looked_up``."""
        return self.decision.evidence

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
