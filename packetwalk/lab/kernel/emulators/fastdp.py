"""Weaver's fast datapath: flows in the kernel's Open vSwitch, and sleeve for what cannot go by it.

As ``Miss`` of weave router/fastdp.go: a frame without a flow comes up, weaver decides as it does for sleeve,
and tells the kernel what to do with this frame and with all after it.  No flow is made while a
destination is unknown, nor when a copy goes by sleeve.  The number of a tunnel is the receiving
peer's short ID, then the sender's.
"""

from __future__ import annotations

from collections.abc import Iterable

from packetwalk.lab.kernel import xfrm
from packetwalk.lab.kernel.emulators import sleeve
from packetwalk.lab.kernel.emulators.sleeve import RawHop, name
from packetwalk.lab.kernel.openvswitch import Action, Datapath, Miss
from packetwalk.tables import (
    ConnectionEntry,
    Entry,
    LinkEntry,
    MeshPeerEntry,
    TunnelKey,
)
from packetwalk.tables.xfrm import POLICIES, STATES

FAST = "fastdp"
SHORT = 12  # bits of a short ID


class Emulator(sleeve.Emulator):
    """The weaver of one node with a datapath."""

    tables = sleeve.Emulator.tables | {POLICIES.name, STATES.name}

    @classmethod
    def fits(cls, entries: Iterable[Entry]) -> bool:
        """Say whether there is a datapath."""
        return not sleeve.Emulator.fits(entries)

    def open_bridge(self) -> None:
        """Listen to the misses of the datapath, and agree on what is encrypted."""
        links = [each for each in self.entries if isinstance(each, LinkEntry)]
        datapath = next(each for each in links if each.kind == "openvswitch")
        self.datapath = Datapath(datapath.ifname)
        ports = [each for each in links if each.master == datapath.ifname]
        self.bridge_port, self.tunnel_port = (
            next(self.datapath.port(each.ifname) for each in ports if (each.kind == "vxlan") is tunnel)
            for tunnel in (False, True)
        )
        peers = [each for each in self.entries if isinstance(each, MeshPeerEntry)]
        self.short_ids = {name(each.name): each.short_id for each in peers}
        self.names = {each.short_id: name(each.name) for each in peers}
        xfrm.install(self.namespace, self.entries)
        self.on(self.datapath.upcalls.socket.fileno(), self.missed)

    def close_bridge(self) -> None:
        """Leave the datapath."""
        self.datapath.close()

    def missed(self) -> None:
        """Decide about frames for which the kernel has no flow."""
        for miss in self.datapath.missed():
            hops = self._hops(miss)
            if hops and self._may_stay(miss, hops):
                actions = [self._action(hop) for hop in hops]
                self.datapath.flow(miss, actions)
                self.datapath.execute(miss.frame, actions)
            else:
                self.carry(miss.frame, hops)

    def _hops(self, miss: Miss) -> list[RawHop]:
        if miss.tunnel is None:
            return self.from_here(miss.frame)
        ends = [self.names.get(number) for number in _short_ids(miss.tunnel.vni)]
        src, dst = ends
        return self.from_peer(src, dst, miss.frame) if src and dst else []

    def _may_stay(self, miss: Miss, hops: list[RawHop]) -> bool:
        """Say whether the next frames may do without weaver."""
        dst = miss.frame[:6]
        passed_on = miss.tunnel is not None and all(hop.connection for hop in hops)
        known = passed_on or bool(dst[0] & 1) or dst in self.macs
        return known and all(hop.connection is None or hop.connection.overlay == FAST for hop in hops)

    def _action(self, hop: RawHop) -> Action:
        if hop.connection is None:
            return Action(self.bridge_port)
        vni = self.short_ids[hop.dst] << SHORT | self.short_ids[hop.src]
        return Action(self.tunnel_port, TunnelKey(vni, hop.connection.local, hop.connection.remote))

    def inject(self, frame: bytes) -> None:
        """Send a frame into the bridge."""
        self.datapath.execute(frame, [Action(self.bridge_port)])

    def send(self, connection: ConnectionEntry, src: bytes, dst: bytes, frame: bytes) -> None:
        """Send a frame to a neighbour, by the overlay that works."""
        if connection.overlay == FAST:
            self.datapath.execute(frame, [self._action(RawHop(connection, src, dst))])
        else:
            super().send(connection, src, dst, frame)


def _short_ids(vni: int) -> tuple[int, int]:
    """Return the sender's short ID and the receiver's."""
    return vni & (1 << SHORT) - 1, vni >> SHORT
