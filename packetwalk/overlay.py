"""The tables behind overlays: flows of an Open vSwitch datapath, xfrm, and what programs keep for themselves.

As in ``tables``: an entry is an immutable value, ``str(entry)`` is the line of the tool that prints it, and
``command`` is that tool.  Nothing here has an ``argv``: a program makes these entries, no command does.
``table`` is the name under which a network namespace keeps them.
"""

from __future__ import annotations

from typing import ClassVar, NamedTuple

REPORT = "weave report"


class Made:
    """An entry that a program makes while it runs, for which there is no command.

    ``by`` is that program.
    """

    __slots__ = ()
    table: ClassVar[str]
    command: ClassVar[str]
    by: ClassVar[str]

    def argv(self) -> list[list[str]]:
        """Return nothing."""
        return []


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


class CaptureEntry(NamedTuple("_Capture", [("dev", str), ("process", str)]), Made):
    """A packet socket: a program that gets a copy of every frame a device receives (libpcap)."""

    __slots__ = ()
    table, command, by = "capture", "ss -0lp", "weaver"

    def __str__(self) -> str:
        return f'p_raw UNCONN *:{self.dev} users:(("{self.process}"))'


class Tunnel(NamedTuple):
    """The tunnel key of a flow: network number and outer addresses."""

    vni: int
    src: str
    dst: str


class FlowEntry(
    NamedTuple(
        "_Flow", [("in_port", str), ("tunnel", Tunnel | None), ("src", str), ("dst", str), ("actions", tuple)]
    ),
    Made,
):
    """A flow of an Open vSwitch datapath (``ovs-dpctl dump-flows``): what it matches, what it does.

    ``actions`` are (port, tunnel key to set or None); none of them is a drop.
    """

    __slots__ = ()
    table, command, by = "flow", "ovs-dpctl --names dump-flows datapath", "weaver"

    def __str__(self) -> str:
        tunnel = self.tunnel
        key = f"tunnel(tun_id={tunnel.vni:#x},src={tunnel.src},dst={tunnel.dst})," if tunnel else ""
        actions = ",".join(_action(*action) for action in self.actions) or "drop"
        return f"{key}in_port({self.in_port}),eth(src={self.src},dst={self.dst}), actions:{actions}"


def _action(port: str, tunnel: Tunnel | None) -> str:
    if tunnel is None:
        return port
    key = f"tun_id={tunnel.vni:#x},src={tunnel.src},dst={tunnel.dst},tos=0x0,ttl=64,flags(df)"
    return f"set(tunnel({key})),{port}"


class XfrmPolicyEntry(
    NamedTuple("_XfrmPolicy", [("src", str), ("dst", str), ("protocol", str), ("mark", int), ("spi", int)]),
    Made,
):
    """A policy for packets that leave: those it selects go out as ESP, in transport mode."""

    __slots__ = ()
    table, command, by = "xfrm-policy", "ip -oneline xfrm policy", "weaver"

    def __str__(self) -> str:
        return (
            f"src {self.src}/32 dst {self.dst}/32 proto {self.protocol} \\ dir out priority 0 ptype main "
            f"\\ mark {self.mark:#x}/{self.mark:#x} \\ tmpl src {self.src} dst {self.dst} "
            f"\\ proto esp spi {self.spi:#010x} reqid 0 mode transport"
        )


class XfrmStateEntry(NamedTuple("_XfrmState", [("src", str), ("dst", str), ("spi", int)]), Made):
    """An agreement for one direction between two hosts: AES-GCM with 16 bytes of tag.

    With extended sequence numbers the window against replays is 256 packets; what the tool prints before
    them is that of short ones, 0.
    """

    __slots__ = ()
    table, command, by = "xfrm-state", "ip -oneline xfrm state list nokeys", "weaver"

    def __str__(self) -> str:
        return (
            f"src {self.src} dst {self.dst} \\ proto esp spi {self.spi:#010x} reqid 0 mode transport "
            "\\ replay-window 0 flag esn \\ aead rfc4106(gcm(aes)) <<Keys hidden>> 128"
        )


class ProxyEntry(NamedTuple("_Proxy", [("dst", str), ("peer", str), ("port", int)]), Made):
    """Flanneld's own route for its ``udp`` backend: which node has a pod network. No tool prints it."""

    __slots__ = ()
    table, command, by = "proxy", "the table inside flanneld (no command prints it)", "flanneld"

    def __str__(self) -> str:
        return f"{self.dst} -> {self.peer}:{self.port}"
