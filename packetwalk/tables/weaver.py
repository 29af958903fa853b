"""What Weave Net's router keeps for itself (``weave report``, ``weave status``)."""

from __future__ import annotations

from typing import NamedTuple

from packetwalk.tables.made import Made

REPORT = "weave report"


class MeshPeerEntry(NamedTuple("_Peer", [("name", str), ("nickname", str), ("short_id", int)]), Made):
    """A peer of Weave Net's mesh: name (48 bits, its bridge's MAC), node, 12-bit short ID."""

    __slots__ = ()
    table, command, by = "peers", f"{REPORT} -f '{{{{json .Router.Peers}}}}'", "weaver"

    def __str__(self) -> str:
        return f'{{"Name":"{self.name}","NickName":"{self.nickname}","ShortID":{self.short_id}}}'


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
    Made,
):
    """An established connection to a peer (``weave status connections``).

    ``overlay`` is ``fastdp`` or ``sleeve``; ``mtu`` is the largest inner packet it carries in one piece;
    ``port`` is the TCP port at the other end, 6783 where this side dialled.
    """

    __slots__ = ()
    table, command, by = "connections", "weave status connections", "weaver"

    def __str__(self) -> str:
        arrow = "->" if self.port == 6783 else "<-"
        secret = "encrypted   " if self.encrypted else ""
        tail = "encrypted=true" if self.encrypted else ""
        return (
            f"{arrow} {f'{self.remote}:{self.port}':<22} established {secret}{self.overlay} "
            f"{self.peer}({self.nickname}) {tail}mtu={self.mtu}"
        )


class UnicastEntry(NamedTuple("_Unicast", [("dest", str), ("via", str)]), Made):
    """Weaver's route to a peer: the neighbour that is the next on the way."""

    __slots__ = ()
    table, command, by = "unicast", f"{REPORT} -f '{{{{json .Router.UnicastRoutes}}}}'", "weaver"

    def __str__(self) -> str:
        return f'{{"Dest":"{self.dest}","Via":"{self.via}"}}'


class BroadcastEntry(NamedTuple("_Broadcast", [("source", str), ("via", tuple)]), Made):
    """Weaver's next peers for frames that a peer sends to everybody: each peer gets one copy."""

    __slots__ = ()
    table, command, by = "broadcast", f"{REPORT} -f '{{{{json .Router.BroadcastRoutes}}}}'", "weaver"

    def __str__(self) -> str:
        via = ",".join(f'"{peer}"' for peer in self.via)
        return f'{{"Source":"{self.source}","Via":[{via}]}}'


class MacEntry(NamedTuple("_Mac", [("mac", str), ("peer", str), ("nickname", str)]), Made):
    """A MAC that weaver has seen, and the peer behind which it is."""

    __slots__ = ()
    table, command, by = "macs", f"{REPORT} -f '{{{{json .Router.MACs}}}}'", "weaver (learnt)"

    def __str__(self) -> str:
        return f'{{"Mac":"{self.mac}","Name":"{self.peer}","NickName":"{self.nickname}"}}'


class RingEntry(
    NamedTuple("_Ring", [("network", str), ("size", int), ("peer", str), ("nickname", str)]), Made
):
    """A part of the address ring: a CIDR, and the peer that gives its addresses away."""

    __slots__ = ()
    table, command, by = "ipam", f"{REPORT} -f '{{{{json .IPAM.Entries}}}}'", "weaver"

    def __str__(self) -> str:
        token = self.network.partition("/")[0]
        return f'{{"Token":"{token}","Size":{self.size},"Peer":"{self.peer}","Nickname":"{self.nickname}"}}'
