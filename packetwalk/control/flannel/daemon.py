"""flanneld on one node: its start, what it hears of others, what it repairs and what never.

Source: github.com/flannel-io/flannel at v0.28.9, pkg/subnet/kube/kube.go, pkg/backend/vxlan/vxlan_network.go,
pkg/backend/route_network.go, pkg/backend/wireguard/device.go, pkg/backend/udp/udp_network_amd64.go,
pkg/trafficmngr/iptables/iptables.go.  Delays are those of its log (flannel-vxlan-0.28.9-switch, logs/) where no timer
says them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

from packetwalk.control.timeline import API, MILLISECOND, SECOND, Lane
from packetwalk.control.world import World
from packetwalk.tables import (
    AddrEntry,
    Entry,
    IptablesRule,
    LinkEntry,
    ProxyEntry,
    RouteEntry,
    SocketEntry,
)
from packetwalk.walks.network import Network

if TYPE_CHECKING:
    from packetwalk.control.flannel.cluster import FlannelControl

PROGRAM, KERNEL = "flanneld", "kernel"
KILLED = "killed"
SYNCED = 1000 * MILLISECOND  # from its start until it has all Nodes: it looks once a second
DEVICE = 8 * MILLISECOND  # from there to its device
RULES = 130 * MILLISECOND  # from there to its rules
BACKEND = 145 * MILLISECOND  # from there until it heeds the Nodes
RESYNC = 5 * SECOND  # --iptables-resync: how often it looks at its rules
ROUTE_CHECK = 10 * SECOND  # routeCheckRetries: how often host-gw looks at its routes
ANEW = 4 * MILLISECOND  # from the loss of its device to a new one: 4.3 ms


DEVICE_WATCHED = ("vxlan", "vxlan-directrouting")
"""The modes in which flanneld makes its device anew when somebody deletes it."""
ROUTES_CHECKED = ("host-gw", "ipip")
"""The modes in which it looks after its routes (``RouteNetwork``)."""
OF_DEVICE = LinkEntry | AddrEntry | RouteEntry | SocketEntry
"""What belongs to the device, where it is about no other node."""


class Lease(NamedTuple):
    """What the API server knows of a node: its podCIDR, and whether its flanneld has written itself down there."""

    cidr: str
    published: bool = True


class NodePart(NamedTuple):
    """What flanneld wants on a node, from the plan: its device's lines, its rules, and the lines about each other node."""

    device: tuple[tuple[Entry, str], ...]
    rules: tuple[Entry, ...]
    peers: dict[str, tuple[Entry, ...]]

    @property
    def lines(self) -> tuple[Entry, ...]:
        """All of them."""
        of_peers = (entry for lines in self.peers.values() for entry in lines)
        return (*(entry for entry, _ in self.device), *self.rules, *of_peers)


Leases = dict[str, Lease]


class Flanneld:
    """The flanneld of a node."""

    def __init__(self, world: World, control: FlannelControl, node: str, part: NodePart) -> None:
        self.world, self.node, self.part, self._control = world, node, part, control
        self.lane = Lane(node, PROGRAM)
        self.alive, self._running = False, False
        self.heeded: Leases = {}  # what its watch has told of others
        self.routes: dict[str, RouteEntry] = {}  # those that host-gw looks after, by the node
        self._cidr = control.ranges[node]  # its own, as its Node had it when it started
        self._life = 0

    def up(self) -> None:
        """Be there, and have been for a while."""
        for entry, by in self.part.device:
            self.world.tables[self.node][entry] = by
        for name, lease in self._control.leases.items():
            if lease.published and name != self.node:
                for entry in self._about(name, lease):
                    self.world.tables[self.node][entry] = PROGRAM
                self._heed(name, lease)
        for entry in self.part.rules:
            self.world.tables[self.node][entry] = PROGRAM
        self.alive = True
        self._look_after()

    # --- its life -------------------------------------------------------------------------------

    def start(self) -> None:
        """Start: the device, the rules, then what is to be written for each Node."""
        self.alive = True
        self._life += 1
        self.world.state(self.lane, "started")
        self._later(SYNCED, self._synced)

    def _synced(self) -> None:
        """Take the podCIDR out of the Node, or end; the lease is published before anything of it is used."""
        if not self.world.connected(API, self.node):
            self._later(SYNCED, self._synced)
            return
        lease = self._control.leases.get(self.node)
        if lease is None:
            self.end(f"ended: node {self.node} not found")
            return
        self._cidr = lease.cidr
        self._later(DEVICE, self._device)
        self._later(RULES, lambda: self._rules("flanneld has started"))
        self._later(BACKEND, self._backend)

    def _device(self) -> None:
        if self._control.network.mode.name == "wireguard":
            self.drop_device("flanneld makes it anew when it starts")
        self._make_device("flanneld has started")
        self._control.publish(self.node)

    def _make_device(self, why: str) -> None:
        """Make the device with the MAC of the node's annotation, and give it the lease's address."""
        self._drop_others([self._own(entry) for entry, _ in self.part.device], AddrEntry)
        for entry, by in self.part.device:
            self.world.write(self.node, by, self._own(entry), why)

    def _backend(self) -> None:
        """Heed all Nodes; what an earlier life has written of others stays."""
        self.world.state(self.lane, "heeds the Nodes")
        self.heeded, self.routes = {}, {}
        for name, lease in self._control.leases.items():
            self._added(name, lease, "flanneld has started")
        self._look_after()

    def _look_after(self) -> None:
        self._running = True
        if all(isinstance(each, IptablesRule) for each in self.part.rules):  # nftables' are written once
            self._every(RESYNC, lambda: self._rules("flanneld looks every 5 s at its rules"))
        if self._control.network.mode.name in ROUTES_CHECKED:
            self._every(ROUTE_CHECK, self._check_routes)

    def end(self, how: str, *, cleanly: bool = False) -> None:
        """End: what is in the kernel stays, but a TUN device goes with its program, and WireGuard's is taken down."""
        self.alive, self._running = False, False
        self._life += 1
        self.world.state(self.lane, how)
        mode = self._control.network.mode.name
        if mode == "udp" or (mode == "wireguard" and cleanly):
            self.drop_device(
                f"flanneld {'was' if how == KILLED else 'has'} {how}"
                if mode == "udp"
                else "flanneld takes it down when it ends"
            )

    def drop_device(self, why: str) -> None:
        """Delete the device: the kernel takes with it all that leads through it, the proxy forgets what it knew."""
        device = self.device
        for entry, by in list(self.world.tables[self.node].items()):
            mine = isinstance(entry, SocketEntry | ProxyEntry) and by in (PROGRAM, KERNEL)
            if mine or (device and _device(entry) == device):
                self.world.take(self.node, KERNEL, entry, why)

    @property
    def device(self) -> str:
        """The name of its device, while it is there."""
        links = (each.ifname for each in self.world.tables[self.node] if isinstance(each, LinkEntry))
        return next(links, "")

    # --- what it hears --------------------------------------------------------------------------

    def hear(self, name: str, lease: Lease | None) -> None:
        """Take in what the API server says of a Node; without flanneld's own annotations nobody heeds one."""
        if not self._running or name == self.node:
            return
        if lease is None:
            self._removed(name)
        else:
            self._added(name, lease, f"{name} has published its lease")

    def _added(self, name: str, lease: Lease, why: str) -> None:
        if name == self.node or not lease.published or self.heeded.get(name) == lease:
            return
        self._heed(name, lease)
        for entry in self._about(name, lease):
            self._write(entry, why)

    def _removed(self, name: str) -> None:
        lease = self.heeded.pop(name, None)
        self.routes.pop(name, None)
        for entry in self._about(name, lease) if lease else ():
            self.world.take(self.node, PROGRAM, entry, f"the Node {name} was deleted")

    def _heed(self, name: str, lease: Lease) -> None:
        self.heeded[name] = lease
        for entry in self._about(name, lease):
            if isinstance(entry, RouteEntry):
                self.routes[name] = entry

    def _write(self, entry: Entry, why: str) -> None:
        """Write a line; one that needs a device finds none where that has gone."""
        if _device(entry) in ("", "eth0", self.device):
            self.world.write(self.node, PROGRAM, entry, why)

    # --- what it looks after --------------------------------------------------------------------

    def _rules(self, why: str) -> None:
        """Write the rules of a table anew, all of them, if one is missing (``ensureIPTables``)."""
        wanted, there = [self._own(each) for each in self.part.rules], self.world.tables[self.node]
        self._drop_others(wanted, *map(type, wanted))
        for table in dict.fromkeys(each.chain_table for each in wanted):
            rules = [each for each in wanted if each.chain_table == table]
            if all(each in there for each in rules):
                continue
            for each in rules:
                self.world.take(self.node, PROGRAM, each, "one is missing, so flanneld deletes all")
            for each in rules:
                self.world.write(self.node, PROGRAM, each, why)

    def _check_routes(self) -> None:
        for entry in self.routes.values():
            self._write(entry, "flanneld looks every 10 s at its routes")

    def lost_device(self) -> None:
        """Its device is gone: a new one is made at once, without anything for other nodes."""
        if self._running and self._control.network.mode.name in DEVICE_WATCHED:
            self._later(ANEW, lambda: self._make_device("flanneld has seen that its device is gone"))

    # --- small words ----------------------------------------------------------------------------

    def _drop_others(self, wanted: list[Any], *kinds: type) -> None:
        """Take away what an earlier range has left of some kinds."""
        for entry, by in list(self.world.tables[self.node].items()):
            if by == PROGRAM and isinstance(entry, kinds) and entry not in wanted:
                self.world.take(self.node, PROGRAM, entry, "the node has another range now")

    def _own(self, entry: Entry) -> Any:
        return self._control.in_range(entry, self.node, self._cidr)

    def _about(self, name: str, lease: Lease) -> tuple[Entry, ...]:
        return tuple(self._control.in_range(each, name, lease.cidr) for each in self.part.peers.get(name, ()))

    def _every(self, period: int, do: Callable[[], None]) -> None:
        def again() -> None:
            do()
            self._later(period, again)

        self._later(period, again)

    def _later(self, delay: int, do: Callable[[], None]) -> None:
        life = self._life
        self.world.after(delay, lambda: do() if self._life == life else None)


def _device(entry: Any) -> str:
    """Return the device that a line is about, if it is about one."""
    return getattr(entry, "dev", None) or getattr(entry, "ifname", None) or ""


def node_part(network: Network, node: str) -> NodePart:
    """Return what flanneld is to write on a node."""
    device: list[tuple[Entry, str]] = []
    rules: list[Entry] = []
    peers: dict[str, tuple[Entry, ...]] = {}
    for each in network.plan(node):
        if each.netns != node:
            continue
        if each.by == PROGRAM and each.peer:
            peers[each.peer] = (*peers.get(each.peer, ()), each.entry)
        elif (
            isinstance(each.entry, OF_DEVICE) and each.by in (PROGRAM, KERNEL) and _device(each.entry) != "lo"
        ):
            device.append((each.entry, each.by))
        elif each.by == PROGRAM:
            rules.append(each.entry)
    return NodePart(tuple(device), tuple(rules), peers)
