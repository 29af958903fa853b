"""What namespaces remember of paths and neighbours from packet to packet, and what commands do to it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from packetwalk.datapath.netns import Netns
from packetwalk.datapath.run import MetNeighbour, Run
from packetwalk.tables import FdbEntry, NeighEntry, PathEntry, RouteEntry
from packetwalk.tables.fdb import FORWARDING
from packetwalk.tables.neighbour import NEIGHBOURS
from packetwalk.tables.route import ROUTES, fib_info

Learnt = dict[tuple[str, RouteEntry, str], PathEntry]
"""Exceptions by namespace, by what their routes share, and by destination."""


class KnownPaths:
    """The exceptions of routes in all namespaces, who of two neighbours asked for the other first, and lines.

    Those are of neighbours that were written down and then asked with another MAC, and of bridges.  ``sockets`` are
    what programs sent last from a port to a goal, by their words for it; ``ports`` what any program sent last from a
    port of UDP: two flows from one port can clash where their sources become one address.
    """

    def __init__(
        self, known: Learnt | None = None, met: Mapping[tuple[str, str, str], bool] | None = None
    ) -> None:
        self._known = dict(known or {})
        self._met = dict(met or {})
        self._lines: dict[tuple, NeighEntry | FdbEntry] = {}
        self.sockets: dict[tuple[str, str, str, int], Run] = {}
        self.ports: dict[int, Run] = {}

    def copy(self) -> KnownPaths:
        """Return the same, to go its own way."""
        other = KnownPaths(self._known, self._met)
        other._lines = dict(self._lines)
        return other

    def __iter__(self) -> Iterator[tuple[str, PathEntry | MetNeighbour | NeighEntry | FdbEntry]]:
        """Yield each with its namespace."""
        yield from ((key[0], entry) for key, entry in self._lines.items())
        yield from ((netns, entry) for (netns, *_), entry in self._known.items())
        yield from ((netns, MetNeighbour(dev, address, asked)) for (netns, dev, address), asked in self._met.items())

    def learn(self, run: Run) -> None:
        """Take over what a packet has taught."""
        self._met = {**run.met, **self._met}
        self._lines |= {key: entry for key, entry in run.learnt.items() if _stays(run, key, entry)}
        if run.knows_paths:
            for (netns, _, *place), entry in run.learnt.items():
                if isinstance(entry, PathEntry):
                    self._known[netns, place[0], place[1]] = entry

    def find(self, netns: str, route: RouteEntry, dst: str) -> PathEntry | None:
        """Return what a namespace knows of the path to a destination by a route."""
        return self._known.get((netns, fib_info(route), dst))

    def listed(self, ns: Netns) -> Iterator[PathEntry]:
        """Yield what is listed in a namespace: an exception once for each route that has its next hop."""
        for route in ns.entries(ROUTES):
            info = fib_info(route)
            yield from (
                each for (name, *_), each in self._known.items() if (name, each.route) == (ns.name, info)
            )

    def forget(self, netns: str) -> None:
        """Forget all that a namespace has learnt: ``ip route flush cache``."""
        self._known = {key: entry for key, entry in self._known.items() if key[0] != netns}

    def part(self) -> None:
        """Forget who asked first, which written neighbours are others now, and what bridges have learnt."""
        self._met, self._lines = {}, {}

    def keep(self, ns: Netns) -> None:
        """Forget what belonged to routes that are gone: an exception goes with its next hop."""
        if any(netns == ns.name for netns, *_ in self._known):
            infos = {fib_info(route) for route in ns.entries(ROUTES)}
            self._known = {
                key: entry for key, entry in self._known.items() if key[0] != ns.name or key[1] in infos
            }

    def change_mtu(self, netns: str, dev: str, before: int, now: int) -> None:
        """Follow a device's MTU, in bytes (``fib_nhc_update_mtu``)."""
        for key, entry in self._known.items():
            if (key[0], entry.route.dev) != (netns, dev):
                continue
            if (entry.locked and now <= entry.mtu) or (
                not entry.locked and (now < entry.mtu or before == entry.mtu)
            ):
                self._known[key] = entry._replace(mtu=now, locked=False)


def _stays(run: Run, key: tuple, entry: Any) -> bool:
    """Say whether a line that a packet has taught is there for the next one, and would not be otherwise."""
    netns, kind, *place = key
    if kind == FORWARDING.name:
        return isinstance(entry, FdbEntry)
    written = run.netns(netns).neighs.get(tuple(place)) if kind == NEIGHBOURS.name else None
    return written is not None and written != entry
