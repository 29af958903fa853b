"""A network as commands change it: what was done by hand, and what its machines learnt since."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, NamedTuple

from packetwalk.datapath.netns import Netns
from packetwalk.datapath.run import Run
from packetwalk.plan.operation import Operation
from packetwalk.shell.counters import Counters
from packetwalk.tables import Absent, ConntrackEntry, Entry, RouteEntry, table_of
from packetwalk.tables.table import E, Table
from packetwalk.trace.packet import Packet
from packetwalk.walks.network import Edit, Network
from packetwalk.walks.paths import KnownPaths

BY_HAND = "by hand"
FIRST_PORT = 40000
Gone = Callable[[ConntrackEntry], bool]


class Flushed(NamedTuple):
    """Lines that a namespace's table has forgotten: of the first ``runs`` packets, those that are not ``kept``."""

    netns: str
    table: str
    runs: int
    kept: Callable[[Any], bool]


class Snapshot(NamedTuple):
    """What a state was: all that a command can change."""

    network: Network
    edits: Mapping[str, tuple[Edit, ...]]
    seen: Sequence[Run]
    closed: frozenset[int]
    paths: KnownPaths
    forgotten: tuple[tuple[str, int, Gone], ...]
    flushed: tuple[Flushed, ...]
    known_tables: frozenset[tuple[str, str]]
    counters: Counters


class State:
    """The network now: ``network`` is made anew with each edit, ``learnt`` grows with each packet."""

    def __init__(self, network: Network) -> None:
        """Start with what a plugin makes."""
        self._start = network
        self._edits: dict[str, tuple[Edit, ...]] = {}
        self._seen: list[Run] = []
        self._closed: set[int] = set()  # places in ``_seen`` of connections that both ends closed
        self.paths = KnownPaths()
        self._forgotten: tuple[tuple[str, int, Gone], ...] = ()  # connections of the first of ``_seen``
        self._flushed: tuple[Flushed, ...] = ()
        self._known_tables: frozenset[tuple[str, str]] = frozenset()  # routing tables that once had a route
        self.counters = Counters()
        self.network = network

    def snapshot(self) -> Snapshot:
        """Return what it is now, for ``restore``."""
        return Snapshot(
            self.network,
            dict(self._edits),
            list(self._seen),
            frozenset(self._closed),
            self.paths.copy(),
            self._forgotten,
            self._flushed,
            self._known_tables,
            self.counters.copy(),
        )

    def restore(self, was: Snapshot) -> None:
        """Be again what it was."""
        self.network, self._edits = was.network, dict(was.edits)
        self._seen, self._closed = list(was.seen), set(was.closed)
        self.paths, self._forgotten = was.paths.copy(), was.forgotten
        self._flushed, self._known_tables = was.flushed, was.known_tables
        self.counters = was.counters.copy()

    def edit(self, netns: str, edit: Edit) -> None:
        """Change the operations that make a namespace, and all with it that follows."""
        self._edits[netns] = (*self._edits.get(netns, ()), edit)
        self._forget_all()
        self.network = self._start.edited(self._edits)
        self.paths.keep(self.netns(netns))
        self.paths.part()

    def add(self, netns: str, entry: Entry) -> None:
        """Add an entry by hand."""
        if isinstance(entry, RouteEntry):
            self._known_tables |= {(netns, entry.table)}
        self.edit(netns, lambda plan: [*plan, Operation(netns, entry, BY_HAND)])

    def insert(self, netns: str, before: Entry, entry: Entry) -> None:
        """Add an entry by hand, before another."""
        self.edit(netns, partial(_beside, self._maker(netns, before), [Operation(netns, entry, BY_HAND)], 0))

    def remove(self, netns: str, entry: Entry) -> None:
        """Remove an entry, also one that the kernel has added by itself."""
        if self.written(netns, entry):
            self.edit(netns, lambda plan: [op for op in plan if op.entry != entry])
        else:
            self.edit(netns, lambda plan: [*plan, Operation(netns, Absent(entry), BY_HAND)])

    def replace(self, netns: str, old: Entry, new: Entry) -> None:
        """Put an entry in the place of another."""
        if self.written(netns, old):
            self.edit(
                netns,
                lambda plan: [op._replace(entry=new, by=BY_HAND) if op.entry == old else op for op in plan],
            )
        else:
            made = [Operation(netns, each, BY_HAND) for each in (Absent(old), new)]
            self.edit(netns, partial(_beside, self._maker(netns, old), made, 1))

    def _maker(self, netns: str, entry: Entry) -> Entry:
        """Return the entry that was written, an address for instance, where the kernel added one because of it."""
        if self.written(netns, entry):
            return entry
        return table_of(entry).cause(entry, self.netns(netns)) or entry

    def written(self, netns: str, entry: Entry) -> bool:
        """Say whether an entry was written by somebody, so that it can be changed here."""
        return self.netns(netns).origin.get(entry, ("kernel", ""))[0] != "kernel"

    def netns(self, name: str) -> Netns:
        """Return the tables of a namespace as they are now."""
        return self.network.fabric.netns(name)

    def send(
        self, src: str, dst: str, packet: Packet, *, closes: bool = False, after: Run | None = None
    ) -> Run:
        """Send a packet as ``Network.send``, and remember what it taught.

        ``closes`` says that the program closes its connection in order, as one does that got its answer; each
        such connection has a port of its own.
        """
        if closes:
            packet = replace(packet, sport=FIRST_PORT + len(self._closed))
        run = self.network.send(src, dst, packet, paths=self.paths, after=after)
        self.paths.learn(run)
        if closes:
            self._closed.add(len(self._seen))
        self._seen.append(run)
        self.counters.add(run)
        return run

    def remembered(self, netns: str) -> list[tuple[Run, bool, list[Gone]]]:
        """Return the packets that connection tracking of a namespace may know.

        Each with ``closes``, and with which of its connections were forgotten since.
        """
        forgotten = [(runs, gone) for name, runs, gone in self._forgotten if name == netns]
        return [
            (run, n in self._closed, [gone for runs, gone in forgotten if n < runs])
            for n, run in enumerate(self._seen)
        ]

    def forget(self, netns: str, gone: Gone) -> None:
        """Take those connections that are ``gone`` from what a namespace tracks."""
        self._forgotten = (*self._forgotten, (netns, len(self._seen), gone))

    def _forget_all(self) -> None:
        self._seen.clear()
        self._closed.clear()
        self._forgotten = self._flushed = ()

    def knows_table(self, netns: str, table: str) -> bool:
        """Say whether a routing table has ever had a route; the kernel keeps one that is empty again."""
        return (netns, table) in self._known_tables

    def forget_lines(self, netns: str, table: Table[E], kept: Callable[[E], bool]) -> None:
        """Forget what packets have taught a table, but for lines that are ``kept``."""
        self.paths.part()
        self._flushed = (*self._flushed, Flushed(netns, table.name, len(self._seen), kept))

    def entries(self, netns: str, table: Table[E]) -> list[E]:
        """Return the lines of a namespace's table: what was written, then what packets since have taught it."""
        written = table.in_order(self.netns(netns).entries(table))
        flushed = [each for each in self._flushed if (each.netns, each.table) == (netns, table.name)]
        learnt = [
            entry
            for number, run in enumerate(self._seen)
            for entry in table.in_order(run.lines(netns, table))
            if all(number >= each.runs or each.kept(entry) for each in flushed)
        ]
        if not learnt:
            return written
        return list({table.key(entry) or entry: entry for entry in [*learnt, *written]}.values())


def _beside(one: Entry, made: list[Operation], behind: int, plan: list[Operation]) -> list[Operation]:
    """Return a plan with operations before one (0) or ``behind`` it (1); at its end where there is none."""
    place = next((n + behind for n, op in enumerate(plan) if op.entry == one), len(plan))
    return [*plan[:place], *made, *plan[place:]]
