"""Machines, the wire between them, the lines in their tables, and the agenda that is time itself."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable

from packetwalk.control.endpoints import ServiceEndpoints
from packetwalk.control.timeline import (
    MILLISECOND,
    RECORDED,
    ConntrackDeletion,
    Deed,
    Event,
    Lane,
    Line,
    LineChange,
    Message,
    ProgramState,
    Tables,
    Wire,
    put,
)

WIRE = 50  # microseconds from one program to another, their own work in it
RTO = (
    200 * MILLISECOND
)  # until TCP sends again what nobody acknowledged, then twice as long each time (TCP_RTO_MIN)
Do = Callable[[], None]
Watcher = Callable[[tuple[ServiceEndpoints, ...]], None]


class World:
    """Everything that a program can ask and do; ``now`` is in microseconds."""

    def __init__(self, places: Iterable[str], start: int) -> None:
        """Begin at ``start``, which is below 0 so that sessions are up when the first deed comes.

        ``places`` are the nodes and the pods: each has tables.
        """
        self.now = start
        self.tables: Tables = {place: {} for place in places}
        self.events: list[Event] = []
        self.governed: list[tuple[str, Line]] = []  # lines of the plan that stand only while they are written
        self.watchers: list[Watcher] = []  # who beside kube-proxy hears of EndpointSlices
        self._unplugged: set[str] = set()
        self._parted: set[frozenset[str]] = set()
        self._agenda: list[tuple[int, int, Do]] = []
        self._number = 0

    def after(self, delay: int, do: Do) -> None:
        """Put something on the agenda, ``delay`` microseconds from now; of one moment the first said comes first."""
        self._number += 1
        heapq.heappush(self._agenda, (self.now + delay, self._number, do))

    def run(self, until: int) -> None:
        """Let time pass."""
        while self._agenda and self._agenda[0][0] <= until:
            self.now, _, do = heapq.heappop(self._agenda)
            do()
        self.now = until

    # --- the wire ---------------------------------------------------------------------------

    def connected(self, one: str, other: str) -> bool:
        """Say whether what a node sends reaches another."""
        if self._parted and frozenset((one, other)) in self._parted:
            return False
        return not (self._unplugged and self.unplugged(one, other))

    def unplugged(self, *nodes: str) -> bool:
        """Say whether the wire of one of them is cut."""
        return not self._unplugged.isdisjoint(nodes)

    def plug(self, node: str, *, whole: bool) -> None:
        """Cut a node's wire, or mend it: somebody's deed."""
        self.deed(node, f"the wire of {node} is {'whole again' if whole else 'cut'}")
        (self._unplugged.discard if whole else self._unplugged.add)(node)
        self.note(Wire(self.now, node, whole))

    def note(self, event: Event) -> None:
        """Note what happens, from 0 on: what came before only made the cluster what it is."""
        if self.now >= 0:
            self.events.append(event)

    def part(self, one: str, other: str, *, whole: bool) -> None:
        """Let nothing through between two nodes, or all again; what drops it is in their tables."""
        (self._parted.discard if whole else self._parted.add)(frozenset((one, other)))

    # --- what is seen -----------------------------------------------------------------------

    def deed(self, node: str, what: str) -> None:
        """Note what somebody did."""
        self.note(Deed(self.now, what, node))

    def state(self, lane: Lane, what: str) -> None:
        """Note what a program says of itself."""
        self.note(ProgramState(self.now, lane, what))

    def write(self, node: str, by: str, entry: Line, why: str, before: Line | None = None) -> None:
        """Put a line into a node's tables, ``before`` another or last; one that is there stays as it is."""
        if entry not in self.tables[node]:
            put(self.tables[node], entry, by, before)
            self.note(LineChange(self.now, node, by, entry, True, why, before))

    def take(self, node: str, by: str, entry: Line, why: str) -> None:
        """Take a line out of a node's tables, if it is there."""
        if self.tables[node].pop(entry, None) is not None:
            self.note(LineChange(self.now, node, by, entry, False, why))

    def forget(self, node: str, by: str, dst: str, dport: int, endpoint: str, why: str) -> None:
        """Delete what a node's conntrack knows of UDP flows to an address and port that an endpoint answers."""
        self.note(ConntrackDeletion(self.now, node, by, dst, dport, endpoint, why))


class Stream:
    """One direction of a TCP connection: what is said is heard in order, and lost words are said again."""

    def __init__(self, world: World, src: Lane, dst: Lane) -> None:
        self._world, self._src, self._dst = world, src, dst
        self._waiting: list[tuple[str, str, Do, str]] = []

    def send(self, kind: str, text: str, hear: Do, evidence: str = RECORDED) -> None:
        """Send a message; ``hear`` is done when it arrives."""
        if not self._waiting and self._world.connected(self._src.node, self._dst.node):
            self._pass(kind, text, hear, evidence)
            return
        world = self._world
        world.note(Message(world.now, None, self._src, self._dst, kind, text, evidence))
        self._waiting.append((kind, text, hear, evidence))
        if len(self._waiting) == 1:
            world.after(RTO, lambda: self._again(2 * RTO))

    def _pass(self, kind: str, text: str, hear: Do, evidence: str) -> None:
        world = self._world
        world.note(Message(world.now, world.now + WIRE, self._src, self._dst, kind, text, evidence))
        world.after(WIRE, hear)

    def _again(self, wait: int) -> None:
        if not self._world.connected(self._src.node, self._dst.node):
            self._world.after(wait, lambda: self._again(2 * wait))
            return
        waiting, self._waiting = self._waiting, []
        for each in waiting:
            self._pass(*each)
