"""What listings ask of a walk: the tables of its namespaces, whether a run of the model has them or a recording."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import Any, Protocol

from packetwalk.tables import (
    AddrEntry,
    ChainPolicy,
    Entry,
    FdbEntry,
    IpRule,
    IpSet,
    IptablesRule,
    LinkEntry,
    NeighEntry,
    RouteEntry,
    SocketEntry,
    WireguardPeer,
)


class IpRules(Protocol):
    """What asks the routing tables, in order (``ip rule``)."""

    @property
    def rules(self) -> Sequence[IpRule]: ...


class Tables(Protocol):
    """The tables of one network namespace.

    ``origin`` says who wrote an entry, and by which source; ``tables`` are those that only one driver
    looks up, by name.
    """

    @property
    def name(self) -> str: ...
    @property
    def node(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def label(self) -> str: ...
    @property
    def origin(self) -> Mapping[Entry, tuple[str, str]]: ...
    @property
    def links(self) -> Mapping[str, LinkEntry]: ...
    @property
    def addrs(self) -> Sequence[AddrEntry]: ...
    @property
    def routes(self) -> Sequence[RouteEntry]: ...
    @property
    def neighs(self) -> Mapping[tuple[str, str], NeighEntry]: ...
    @property
    def fdb(self) -> Mapping[tuple[str, Any], FdbEntry]: ...
    @property
    def rules(self) -> Sequence[IptablesRule]: ...
    @property
    def policies(self) -> Sequence[ChainPolicy]: ...
    @property
    def fib(self) -> IpRules: ...
    @property
    def peers(self) -> Sequence[WireguardPeer]: ...
    @property
    def sets(self) -> Mapping[str, IpSet]: ...
    @property
    def sockets(self) -> Mapping[tuple[str, int], SocketEntry]: ...
    @property
    def tables(self) -> Mapping[str, Sequence[Entry]]: ...


class Known(Protocol):
    """All namespaces of a walk, and what they learnt from it: neighbours, FDB entries, other lines.

    Keys begin with the namespace and the device, bridge or table.
    """

    @property
    def neighs(self) -> Mapping[tuple[str, str, str], NeighEntry]: ...
    @property
    def learnt(self) -> Mapping[tuple[str, str, str], FdbEntry]: ...
    @property
    def state(self) -> Mapping[tuple[Hashable, ...], Entry]: ...

    def netns(self, name: str, /) -> Tables:
        """Return the tables of a namespace."""
        ...
