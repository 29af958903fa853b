"""A cluster with a network plugin in place: the one object that sends packets."""

from __future__ import annotations

from functools import cached_property
from ipaddress import AddressValueError, IPv4Address
from typing import NamedTuple

from packetwalk import kube_proxy, underlay, wire
from packetwalk.cluster import INTERNET, OUTSIDE, ROUTER, Cluster, Node
from packetwalk.cni import plugin as find_plugin
from packetwalk.datapath import ip as ip_layer
from packetwalk.datapath.fabric import Fabric, Place
from packetwalk.datapath.run import Run, Skb, spread
from packetwalk.errors import BadInput
from packetwalk.plan import Operation
from packetwalk.trace import Flow, Trace

PROTOCOLS = {"icmp": 1, "udp": 17, "tcp": 6}
SIZES = (1, 65507)
NODES_SHOWN = 8


class End(NamedTuple):
    """Where a packet starts or goes: a namespace of the model (None: nobody's address)."""

    netns: str | None
    address: str
    port: int | None


class Sent(NamedTuple):
    """What came of a packet: its traces, and the run that holds what was learnt on the way."""

    traces: tuple[Trace, ...]
    run: Run


class Network:
    """A cluster with a plugin in one of its modes, perhaps with something broken."""

    def __init__(self, cluster: Cluster, plugin: str, mode: str | None = None,
                 fault: str | None = None) -> None:
        """Raise BadInput for a plugin, mode or fault that does not exist."""
        self.cluster, self.plugin = cluster, find_plugin(plugin)
        self.mode = self.plugin.mode(mode)
        self.fault = self.plugin.fault(fault) if fault else None
        if self.fault and self.mode.name not in self.fault.modes:
            raise BadInput(f"fault in {self.plugin.name} {self.mode.name}", fault,
                           [f.name for f in self.plugin.faults if self.mode.name in f.modes])
        self.fabric = Fabric(self._place, underlay.segments(cluster))
        self._plans: dict[str, dict[str, list[Operation]]] = {}

    @property
    def nodes(self) -> tuple[Node, ...]:
        """The nodes of the cluster."""
        return self.cluster.nodes

    @property
    def pods(self):
        """The pods of the cluster, a lazy sequence."""
        return self.cluster.pods

    def address(self, pod: str) -> str:
        """Return the address of a pod by name; BadInput if there is no such pod."""
        found = self.cluster.find_pod(pod)
        if found is None:
            raise BadInput("pod", pod, [*(p.name for p in self.pods[:NODES_SHOWN]), "..."])
        return self.plugin.pod_address(self.cluster, found)

    def plan(self, node: str) -> list[Operation]:
        """Return all operations on a node and in its pods; BadInput if there is no such node."""
        return [op for part in self._plan(self._node(node)).values() for op in part]

    def _node(self, name: str) -> Node:
        if name not in self.cluster.node_by_name:
            names = [node.name for node in self.nodes[:NODES_SHOWN]]
            raise BadInput("node", name, names + (["..."] if len(self.nodes) > NODES_SHOWN else []))
        return self.cluster.node_by_name[name]

    def _plan(self, node: Node) -> dict[str, list[Operation]]:
        """Return a node's operations by namespace, made once."""
        if node.name not in self._plans:
            made = [*underlay.node_plan(self.cluster, node)]
            made += kube_proxy.plan(self.cluster, node, self.plugin.pod_network(self.cluster),
                                    self.address)
            made += self.plugin.plan(self.cluster, self.mode.name, node)
            for pod in self.cluster.pods_of(node):
                made += underlay.pod_plan(pod.name)
            if self.fault:
                made = self.fault.change(self.cluster, node, made)
            parts: dict[str, list[Operation]] = {node.name: []}
            for operation in made:
                parts.setdefault(operation.netns, []).append(operation)
            self._plans[node.name] = parts
        return self._plans[node.name]

    def _place(self, name: str) -> Place:
        if name == ROUTER:
            return Place(ROUTER, "router", "the router between the subnets",
                         [*underlay.router_plan(self.cluster)])
        if name == INTERNET:
            return Place(INTERNET, "outside", "a host outside of the cluster",
                         [*underlay.internet_plan()])
        node = self.cluster.node_by_name.get(name)
        if node:
            return Place(name, "node", name, self._plan(node)[name])
        pod = self.cluster.find_pod(name)
        assert pod is not None, name
        parts = self._plan(self.cluster.node_by_name[pod.node])
        return Place(pod.node, "pod", f"pod {name}", parts.get(name, []))

    def end(self, text: str) -> End:
        """Read ``POD``, ``NODE``, ``SERVICE``, ``internet`` or an address, each with ``:PORT``."""
        name, _, port_text = text.partition(":")
        port = _port(text, port_text) if port_text else None
        if self.cluster.find_pod(name):
            return End(name, self.address(name), port)
        if name in self.cluster.node_by_name:
            return End(name, self.cluster.node_by_name[name].address, port)
        if name in (INTERNET, ROUTER):
            return End(name, OUTSIDE if name == INTERNET else self.nodes[0].gateway, port)
        for service in self.cluster.services:
            if service.name == name:
                return End(None, service.address, port or service.port)
        try:
            address = str(IPv4Address(name))
        except AddressValueError:
            known = [p.name for p in self.pods[:6]] + [n.name for n in self.nodes[:3]]
            raise BadInput("end of the packet's way", text, [
                *known, "internet", *(s.name for s in self.cluster.services),
                "an IPv4 address"]) from None
        return End(self._owner(address), address, port)

    @cached_property
    def _addresses(self) -> dict[str, str]:
        out = {node.address: node.name for node in self.nodes}
        return {OUTSIDE: INTERNET, **{node.gateway: ROUTER for node in self.nodes}, **out}

    def _owner(self, address: str) -> str | None:
        """Return the namespace that has ``address``, looking only where it could be."""
        if address in self._addresses:
            return self._addresses[address]
        for node in self.nodes[:1 + NODES_SHOWN]:
            for pod in self.cluster.pods_of(node):
                if self.plugin.pod_address(self.cluster, pod) == address:
                    return pod.name
        return None

    def send(self, src: str, dst: str, *, proto: str = "icmp", size: int | None = None,
             df: bool = False, ttl: int = 64, cold: bool = False, sport: int = 40000) -> Sent:
        """Send one packet and follow it and all it causes to the end.

        ``size`` is the payload in bytes (default 56, for TCP none), ``ttl`` the IP time to live.
        BadInput for values that no packet can have.
        """
        start, goal = self.end(src), self.end(dst)
        if start.netns is None:
            raise BadInput("source", src, ["a pod, a node, internet, or an address one of them has"])
        size = _checked(proto, size, ttl)
        run = Run(self.fabric, start.netns, cold=cold)
        ns = self.fabric.netns(start.netns)
        route = ns.fib.lookup(goal.address)
        source = start.address
        if start.netns == src.partition(":")[0] and ns.kind != "pod" and route:
            source = route.prefsrc or ns.address_of(route.dev or "", goal.address) or source
        dport = goal.port or _usual_port(self.fabric, goal.netns, proto)
        stack, note, flow = _packet(proto, source, goal.address, sport, dport, size, df, ttl,
                                    mtu=ns.links[route.dev].mtu if route and route.dev else 1500)
        skb = Skb(run.flight("request", flow, None), stack, 0)
        run.emit(ns, skb, "originate", None, None, note)
        ip_layer.originate(run, ns, skb)
        run.work()
        return Sent(run.traces(), run)


def _port(text: str, port: str) -> int:
    if not port.isdigit() or not 1 <= int(port) <= 65535:
        raise BadInput(f"port in {text}", port, ["1 to 65535"])
    return int(port)


def _checked(proto: str, size: int | None, ttl: int) -> int:
    """Return the payload size, or raise BadInput for what cannot be sent."""
    if proto not in PROTOCOLS:
        raise BadInput("protocol", proto, PROTOCOLS)
    if not isinstance(ttl, int) or not 1 <= ttl <= 255:
        raise BadInput("ttl", ttl, ["1 to 255"])
    if size is None:
        return 0 if proto == "tcp" else 56
    high = SIZES[1] - 32 if proto == "tcp" else SIZES[1]
    if not isinstance(size, int) or not SIZES[0] <= size <= high:
        raise BadInput("size in bytes", size, [f"{SIZES[0]} to {high}"])
    return size


def _usual_port(fabric: Fabric, netns: str | None, proto: str) -> int:
    """Return a port somebody listens on at the goal, else 8080 (80 outside)."""
    if netns is None or proto == "icmp":
        return underlay.SERVER_PORT
    kind = fabric.netns(netns).kind
    return {"outside": 80, "node": underlay.KUBELET_PORT}.get(kind, underlay.SERVER_PORT)


def _packet(proto: str, src: str, dst: str, sport: int, dport: int, size: int, df: bool, ttl: int,
            mtu: int) -> tuple[tuple, tuple, Flow]:
    """Return (header stack, note, flow) of the first packet."""
    data = (wire.Data(bytes(k & 255 for k in range(size))),) if size else ()
    header = wire.Ipv4(src, dst, PROTOCOLS[proto], ttl, 0, df or proto == "tcp")
    if proto == "icmp":
        ident = spread(f"ping {src} {dst}", 1, 65535)
        return (header, wire.Icmp(8, 0, ident, 1), *data), ("ping", size), Flow(src, dst, proto)
    flow = Flow(src, dst, proto, sport, dport)
    if proto == "udp":
        return (header, wire.Udp(sport, dport), *data), ("udp", size), flow
    options = tcp_options(mtu)
    return (header, wire.Tcp(sport, dport, 1000, 0, "S", 64240, options), *data), ("syn",), flow


def tcp_options(mtu: int) -> bytes:
    """Return the options of a Linux SYN: MSS, SACK permitted, timestamps, window scale (20 bytes)."""
    mss = (mtu - 40).to_bytes(2)
    stamps = (1).to_bytes(4) + bytes(4)
    return b"\x02\x04" + mss + b"\x04\x02" + b"\x08\x0a" + stamps + b"\x01" + b"\x03\x03\x07"
