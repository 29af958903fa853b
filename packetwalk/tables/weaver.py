"""What Weave Net's router keeps for itself (``weave report``, ``weave status``)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from packetwalk.tables.program import NoCommand
from packetwalk.tables.table import Table

REPORT = "weave report"
NOWHERE = "00:00:00:00:00:00"


class PeerConnection(NamedTuple):
    """A connection of a peer as all peers know it; ``address`` is where its other end is, with the TCP port."""

    name: str
    nickname: str
    address: str
    outbound: bool

    def __str__(self) -> str:
        return (
            f'{{"Name":"{self.name}","NickName":"{self.nickname}","Address":"{self.address}",'
            f'"Outbound":{str(self.outbound).lower()},"Established":true}}'
        )


class MeshPeerEntry(
    NamedTuple(
        "_Peer",
        [
            ("name", str),
            ("nickname", str),
            ("short_id", int),
            ("uid", int),
            ("connections", Sequence[PeerConnection]),
            ("more", int),
        ],
    ),
    NoCommand,
):
    """A peer of Weave Net's mesh: name (48 bits, its bridge's MAC), node, 12-bit short ID, what it is connected to.

    ``uid`` is drawn at each start of weaver; ``more`` is how often something new was told of connections that are gone.
    """

    __slots__ = ()

    @property
    def version(self) -> int:
        """How often the peer has told something new of itself: of each connection twice, made and established."""
        return 2 * len(self.connections) + self.more

    def __str__(self) -> str:
        connections = ",".join(map(str, self.connections))
        return (
            f'{{"Name":"{self.name}","NickName":"{self.nickname}","UID":{self.uid},"ShortID":{self.short_id},'
            f'"Version":{self.version},"Connections":[{connections}]}}'
        )


class ConnectionEntry(
    NamedTuple(
        "_Connection",
        [
            ("peer", str),
            ("nickname", str),
            ("remote", str),
            ("local", str),
            ("overlay", str),
            ("mtu", int),
            ("encrypted", bool),
            ("port", int),
        ],
    ),
    NoCommand,
):
    """An established connection to a peer (``weave status connections``).

    ``overlay`` is ``fastdp`` or ``sleeve``; ``mtu`` is the largest inner packet it carries in one piece;
    ``port`` is the TCP port at the other end, 6783 where this side dialled.
    """

    __slots__ = ()

    def __str__(self) -> str:
        arrow = "->" if self.port == 6783 else "<-"
        secret = "encrypted   " if self.encrypted else ""
        tail = "encrypted=true" if self.encrypted else ""
        return (
            f"{arrow} {f'{self.remote}:{self.port}':<21} established {secret}{self.overlay} "
            f"{self.peer}({self.nickname}) {tail}mtu={self.mtu}"
        )


class FailedEntry(NamedTuple("_Failed", [("address", str), ("info", str), ("retrying", bool)]), NoCommand):
    """A connection that weaver has tried to make, and what became of it (``weave status connections``).

    When it is tried next is left out, for weaver prints a clock's time; ``retrying`` says that it is tried now.
    """

    __slots__ = ()

    def __str__(self) -> str:
        return f"-> {self.address:<21} {'retrying' if self.retrying else 'failed':<11} {self.info}"


class UnicastEntry(NamedTuple("_Unicast", [("dest", str), ("via", str)]), NoCommand):
    """Weaver's route to a peer: the neighbour that is the next on the way; ``NOWHERE`` for itself."""

    __slots__ = ()

    def __str__(self) -> str:
        return f'{{"Dest":"{self.dest}","Via":"{self.via}"}}'


class BroadcastEntry(NamedTuple("_Broadcast", [("source", str), ("via", tuple[str, ...])]), NoCommand):
    """Weaver's next peers for frames that a peer sends to everybody: each peer gets one copy."""

    __slots__ = ()

    def __str__(self) -> str:
        via = ",".join(f'"{peer}"' for peer in self.via)
        return f'{{"Source":"{self.source}","Via":{f"[{via}]" if via else "null"}}}'


class MacEntry(NamedTuple("_Mac", [("mac", str), ("peer", str), ("nickname", str)]), NoCommand):
    """A MAC that weaver has seen, and the peer behind which it is."""

    __slots__ = ()

    def __str__(self) -> str:
        return f'{{"Mac":"{self.mac}","Name":"{self.peer}","NickName":"{self.nickname}"}}'


class RingEntry(
    NamedTuple(
        "_Ring",
        [
            ("token", str),
            ("size", int),
            ("peer", str),
            ("nickname", str),
            ("is_known_peer", bool),
            ("version", int),
        ],
    ),
    NoCommand,
):
    """A part of the address ring: where it starts, and the peer that gives its addresses away.

    ``version`` counts the changes that its owner has made.
    """

    __slots__ = ()

    def __str__(self) -> str:
        return (
            f'{{"Token":"{self.token}","Size":{self.size},"Peer":"{self.peer}","Nickname":"{self.nickname}",'
            f'"IsKnownPeer":{str(self.is_known_peer).lower()},"Version":{self.version}}}'
        )


PEERS = Table[MeshPeerEntry](
    "peers", f"{REPORT} -f '{{{{json .Router.Peers}}}}'", (MeshPeerEntry,), rank=110, by="weaver"
)
CONNECTIONS = Table[ConnectionEntry | FailedEntry](
    "connections", "weave status connections", (ConnectionEntry, FailedEntry), rank=111, by="weaver"
)
UNICAST = Table[UnicastEntry](
    "unicast", f"{REPORT} -f '{{{{json .Router.UnicastRoutes}}}}'", (UnicastEntry,), rank=130, by="weaver"
)
BROADCAST = Table[BroadcastEntry](
    "broadcast",
    f"{REPORT} -f '{{{{json .Router.BroadcastRoutes}}}}'",
    (BroadcastEntry,),
    rank=131,
    by="weaver",
)
MACS = Table[MacEntry](
    "macs", f"{REPORT} -f '{{{{json .Router.MACs}}}}'", (MacEntry,), rank=132, by="weaver (learnt)"
)
RING = Table[RingEntry](
    "ipam", f"{REPORT} -f '{{{{json .IPAM.Entries}}}}'", (RingEntry,), rank=133, by="weaver"
)
