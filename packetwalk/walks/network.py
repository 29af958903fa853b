"""A cluster with a network plugin in place: the one object that sends packets."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from ipaddress import AddressValueError, IPv4Address
from typing import NamedTuple, Unpack

from packetwalk.cni import plugin as find_plugin
from packetwalk.datapath import client
from packetwalk.datapath.fabric import Fabric, NetnsPlan
from packetwalk.datapath.memo import Memo
from packetwalk.datapath.run import Run
from packetwalk.errors import BadInput
from packetwalk.plan import cluster, kube_proxy, underlay
from packetwalk.plan.cluster import INTERNET, OUTSIDE, ROUTER, Node
from packetwalk.plan.edit import Change
from packetwalk.plan.operation import Operation
from packetwalk.trace.packet import Packet, PacketOptions

NODES_SHOWN = 8
Edit = Callable[[str, list[Operation]], list[Operation]]


class End(NamedTuple):
    """Where a packet starts or goes: a namespace of the model (None: nobody's address).

    ``source`` is the address that its packets come from, None where the kernel chooses one.
    """

    netns: str | None
    address: str
    port: int | None
    source: str | None


class Network:
    """A cluster with a plugin in one of its modes, perhaps with something broken."""

    def __init__(
        self,
        machines: cluster.Cluster,
        plugin: str,
        mode: str | None = None,
        fault: str | None = None,
        change: Change | None = None,
        edit: Edit | None = None,
        *,
        noticed: bool = False,
    ) -> None:
        """Raise BadInput for a plugin, mode or fault that does not exist.

        ``change`` is a scenario's; ``edit`` is what was done by hand afterwards, namespace by namespace;
        ``noticed`` says that the plugin has had the time to do something about the fault.
        """
        self.cluster, self.plugin = machines, find_plugin(plugin)
        self.mode = self.plugin.mode(mode)
        self.fault = self.plugin.fault(fault) if fault else None
        self.change, self.edit = change, edit or (lambda netns, made: made)
        self.noticed = noticed
        known = self.plugin.faults_of(self.mode.name)
        if self.fault and self.fault not in known:
            where = f"fault in {self.plugin.name} {self.mode.name}"
            raise BadInput(where, fault, [each.name for each in known])
        self.fabric = Fabric(self._place, underlay.segments(machines))
        self._plans: dict[str, dict[str, list[Operation]]] = {}
        self._ends: Memo[str, End] = Memo(self._end)

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
            made += kube_proxy.plan(self.cluster, node, self.plugin.pod_network(self.cluster), self.address)
            made += self.plugin.plan(self.cluster, self.mode.name, node)
            for pod in self.cluster.pods_of(node):
                made += underlay.pod_plan(pod.name)
            if self.change:
                made = self.change(self.cluster, node, made)
            if self.fault:
                left = (self.noticed and self.fault.later) or self.fault.change
                made = left(self.cluster, node, made)
            parts: dict[str, list[Operation]] = {node.name: []}
            for operation in made:
                parts.setdefault(operation.netns, []).append(operation)
            self._plans[node.name] = {name: self.edit(name, made) for name, made in parts.items()}
        return self._plans[node.name]

    def _place(self, name: str) -> NetnsPlan:
        if name == ROUTER:
            made = self.edit(name, [*underlay.router_plan(self.cluster)])
            return NetnsPlan(ROUTER, "router", "the router between the subnets", made)
        if name == INTERNET:
            made = self.edit(name, [*underlay.internet_plan()])
            return NetnsPlan(INTERNET, "outside", "a host outside of the cluster", made)
        node = self.cluster.node_by_name.get(name)
        if node:
            return NetnsPlan(name, "node", name, self._plan(node)[name])
        pod = self.cluster.find_pod(name)
        assert pod is not None, name
        parts = self._plan(self.cluster.node_by_name[pod.node])
        return NetnsPlan(pod.node, "pod", f"pod {name}", parts.get(name, []))

    def end(self, text: str) -> End:
        """Read ``POD``, ``NODE``, ``SERVICE``, ``internet`` or an address, each with ``:PORT``."""
        return self._ends[text]

    def _end(self, text: str) -> End:
        name, _, port_text = text.partition(":")
        port = _port(text, port_text) if port_text else None
        if self.cluster.find_pod(name):
            address = self.address(name)
            return End(name, address, port, address)
        if name in self.cluster.node_by_name:
            return End(name, self.cluster.node_by_name[name].address, port, None)
        if name in (INTERNET, ROUTER):
            return End(name, OUTSIDE if name == INTERNET else self.nodes[0].gateway, port, None)
        for service in self.cluster.services:
            if service.name == name:
                return End(None, service.address, port or service.port, None)
        try:
            address = str(IPv4Address(name))
        except AddressValueError:
            known = [p.name for p in self.pods[:6]] + [n.name for n in self.nodes[:3]]
            raise BadInput(
                "end of the packet's way",
                text,
                [*known, "internet", *(s.name for s in self.cluster.services), "an IPv4 address"],
            ) from None
        return End(self._owner(address), address, port, address)

    @cached_property
    def _addresses(self) -> dict[str, str]:
        out = {node.address: node.name for node in self.nodes}
        return {OUTSIDE: INTERNET, **{node.gateway: ROUTER for node in self.nodes}, **out}

    def _owner(self, address: str) -> str | None:
        """Return the namespace that has ``address``, looking only where it could be."""
        if address in self._addresses:
            return self._addresses[address]
        for node in self.nodes[: 1 + NODES_SHOWN]:
            for pod in self.cluster.pods_of(node):
                if self.plugin.pod_address(self.cluster, pod) == address:
                    return pod.name
        return None

    def send(self, src: str, dst: str, packet: Packet | None = None, **given: Unpack[PacketOptions]) -> Run:
        """Send one packet, as ``datapath.client.send``; ``traces`` of the result tell its story.

        An end is a pod, a node, a service, ``internet``, or an address, each with ``:PORT``.  The packet is a
        value, or its fields are given: ``proto``, ``size``, ``df``, ``ttl``, ``cold``, ``sport``.  BadInput for
        ends that are nowhere, for a packet that cannot be, or for both a packet and fields.
        """
        if packet and given:
            raise BadInput("packet and its fields", list(given), ["a packet", "its fields"])
        packet = packet or Packet.of(given)
        start, goal = self.end(src), self.end(dst)
        if start.netns is None:
            raise BadInput("source", src, ["a pod, a node, internet, or an address one of them has"])
        dport = goal.port or _usual_port(self.fabric, goal.netns, packet.proto)
        return client.send(self.fabric, start.netns, goal.address, dport, packet, source=start.source)


def _port(text: str, port: str) -> int:
    if not port.isdigit() or not 1 <= int(port) <= 65535:
        raise BadInput(f"port in {text}", port, ["1 to 65535"])
    return int(port)


def _usual_port(fabric: Fabric, netns: str | None, proto: str) -> int:
    """Return a port somebody listens on at the goal, else 8080 (80 outside)."""
    if netns is None or proto == "icmp":
        return underlay.SERVER_PORT
    kind = fabric.netns(netns).kind
    return {"outside": 80, "node": underlay.KUBELET_PORT}.get(kind, underlay.SERVER_PORT)


class PluggableCluster(cluster.Cluster):
    """The canonical cluster, ready to be given a network plugin."""

    def use(self, plugin: str, mode: str | None = None, fault: str | None = None) -> Network:
        """Return this cluster with a plugin in place, ready to ``send`` packets."""
        return Network(self, plugin, mode, fault)
