"""A device as frames meet it: what takes a frame that leaves by it, and what one that comes in."""

from __future__ import annotations

from collections.abc import Callable

from packetwalk.datapath import bridge, link
from packetwalk.datapath.devices import drivers, is_layer2
from packetwalk.datapath.memo import Memo
from packetwalk.datapath.netns import Netns
from packetwalk.datapath.run import Run, Skb
from packetwalk.tables import LinkEntry
from packetwalk.trace.step import Decision

ETHERNET, VLAN = 14, 4
Handler = Callable[[Run, Netns, Skb, str], None]


class Device:
    """The kernel's ``net_device``.

    ``xmit`` is its ``ndo_start_xmit``, ``rx`` its ``rx_handler``; ``egress`` and ``ingress`` are what a step
    says of a frame that passes, the latter by the note that tells where it comes from, which ``crossing`` is
    for a frame from here; ``longest`` is the largest frame, in bytes, that it takes.
    """

    __slots__ = ("crossing", "driver", "egress", "ingress", "layer2", "link", "longest", "peer", "rx", "xmit")

    def __init__(self, ns: Netns, entry: LinkEntry) -> None:
        self.link = entry
        self.driver = drivers().get(entry.kind)
        self.layer2 = is_layer2(entry.kind)
        self.longest = entry.mtu + ETHERNET + VLAN
        self.peer: tuple[str, str] | None = entry.peer if entry.kind == "veth" else None
        self.crossing = "crossing", f"{entry.ifname} in {ns.name}"
        self.xmit, note = self._sends()
        self.rx = self._takes(ns)
        self.egress = ns.decision("egress", entry.ifname, entry, note)
        self.ingress: Memo[tuple, Decision] = Memo(
            lambda note: ns.decision("ingress", entry.ifname, entry, note)
        )

    def _sends(self) -> tuple[Handler, tuple]:
        """Return what sends a frame, and the note that says where it goes."""
        name = self.link.ifname
        if self.link.kind == "bridge":
            return bridge.send, ("to-bridge",)
        if self.driver:
            return link.to_driver, ("to-tunnel", name)
        if self.peer:
            return link.to_peer, ("to-peer", name, self.peer[1], self.peer[0])
        return link.to_wire, ("to-wire",)

    def _takes(self, ns: Netns) -> Handler:
        """Return what takes a frame: a bridge or a datapath of which it is a port, a program, or nobody before
        the machine's own layers."""
        if self.link.master:
            master = ns.links[self.link.master].kind
            return bridge.receive if master == "bridge" else drivers()[master].take
        if self.link.ifname in ns.captures:
            return drivers()[ns.captures[self.link.ifname].process].capture
        return link.up
