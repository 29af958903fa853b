"""A cluster with a network plugin in place: the one object that sends packets."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from copy import copy
from dataclasses import replace
from typing import TYPE_CHECKING, Unpack

from packetwalk.cni import plugin as find_plugin
from packetwalk.datapath import client
from packetwalk.datapath.fabric import Fabric, NetnsPlan
from packetwalk.datapath.netns import Netns
from packetwalk.datapath.run import Paths, Run
from packetwalk.errors import BadInput, chosen
from packetwalk.faults import Fault
from packetwalk.plan import cluster, kube_proxy, underlay
from packetwalk.plan.cluster import INTERNET, ROUTER, Node
from packetwalk.plan.edit import Change
from packetwalk.plan.operation import Operation
from packetwalk.plan.rules import IPTABLES
from packetwalk.trace.packet import Packet, PacketOptions
from packetwalk.walks.ends import End, Ends

if TYPE_CHECKING:
    from packetwalk.policy.estate import Estate
    from packetwalk.policy.manifests.collected import Collected

NODES_SHOWN = 8
Edit = Callable[[list[Operation]], list[Operation]]
"""Something done by hand in one namespace."""


class Network:
    """A cluster with a plugin in one of its modes, perhaps with something broken; it never changes."""

    def __init__(
        self,
        machines: cluster.Cluster,
        plugin: str,
        mode: str | None = None,
        fault: str | None = None,
        change: Change | None = None,
        *,
        rules: str = IPTABLES,
        plugin_rules: str | None = None,
        release: str | None = None,
        policies: Collected | None = None,
        before: Network | None = None,
        ipv6: bool = False,
    ) -> None:
        """Raise BadInput for a plugin, release, mode, fault or form of rules that does not exist.

        ``release`` is the plugin's, the newest when None; ``change`` comes before the fault's; ``rules`` is the form of kube-proxy's rules, and of the plugin's
        unless ``plugin_rules`` says another; ``policies`` govern the pods, as far as the plugin enforces them;
        ``ipv6`` gives it both families, and its packets the second; ``before`` is the same cluster when the packet before a scenario's own was sent, where it was another then.
        """
        self.plugin, self.rules, self.before = find_plugin(plugin, release), rules, before
        self.mode = self.plugin.mode(mode)
        self.cluster = machines
        self.estate: Estate | None = None
        self._policed: Change | None = None
        if policies:
            self._govern(policies)
        self._form = self.plugin.form(plugin_rules or rules)
        known = self.plugin.faults_of(self.mode.name)
        where = f"fault in {self.plugin.name} {self.mode.name}"
        self.fault: Fault | None = None if fault is None else chosen(where, fault, known)
        if policies and self.fault and self.fault.governs:
            raise BadInput("with policies", f"the fault {fault}", ["a fault that is no policy itself"])
        self._change = change
        self._broken = self.fault.change if self.fault else None
        self._edits: Mapping[str, Sequence[Edit]] = {}
        self.ipv6 = ipv6
        self._second: Change | None = self.plugin.with_ipv6(self.mode.name).change if ipv6 else None
        self._ends = _ends(ipv6)(self.cluster, self.plugin, self.mode.name)
        self._plans: dict[str, dict[str, list[Operation]]] = {}  # by node and namespace, before any edit
        self._segments = underlay.segments(self.cluster)
        if ipv6:
            from packetwalk.plan.ipv6 import segments  # a wheel has none of it

            self._segments = segments(self.cluster, self._segments)
        cards = self.fault.cards if self.fault else None
        self._cards = {node.name for node in cards(self.cluster)} if cards else set()
        self.fabric = Fabric(self._netns_plan, self._segments, self._cards)

    def _govern(self, policies: Collected) -> None:
        """Put the pods where manifests have them, under what the plugin makes of the policies."""
        from packetwalk.walks.policed import governed, settled  # a wheel has no policies

        self.cluster = settled(self.cluster, policies)
        self.estate = governed(self.cluster, self.plugin, self.mode.name, policies, self._netns)
        self._policed = self.plugin.policed(self.estate) if self.plugin.policed else None

    def _netns(self, name: str) -> Netns:
        return self.fabric.netns(name)

    def noticed(self) -> Network:
        """Return the network as the plugin leaves it once it has noticed the fault; itself if that is no other."""
        if self.fault is None or self.fault.later in (None, self._broken):
            return self
        other = self._other()
        other._broken, other._plans = self.fault.later, {}
        return other

    def edited(self, edits: Mapping[str, Sequence[Edit]]) -> Network:
        """Return the network with what was done by hand, namespace by namespace, instead of earlier such edits."""
        return self._other(edits)

    def _other(self, edits: Mapping[str, Sequence[Edit]] | None = None) -> Network:
        """Return the same with tables of its own, of which none is made yet, and other edits by hand, if there are."""
        other = copy(self)
        other._edits = self._edits if edits is None else dict(edits)
        other.fabric = Fabric(other._netns_plan, other._segments, {*other._edits, *other._cards})
        return other

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
        return self.plugin.pod_address(self.cluster, self.mode.name, found)

    def plan(self, node: str) -> list[Operation]:
        """Return all operations on a node and in its pods; BadInput if there is no such node."""
        parts = self._plan(self._node(node))
        return [op for name, part in parts.items() for op in self._by_hand(name, part)]

    def _node(self, name: str) -> Node:
        if name not in self.cluster.node_by_name:
            names = [node.name for node in self.nodes[:NODES_SHOWN]]
            raise BadInput("node", name, names + (["..."] if len(self.nodes) > NODES_SHOWN else []))
        return self.cluster.node_by_name[name]

    def _plan(self, node: Node) -> dict[str, list[Operation]]:
        """Return a node's operations by namespace, made once."""
        if node.name not in self._plans:
            made = [*underlay.node_plan(self.cluster, node)]
            pods = self.plugin.pod_network(self.cluster)
            habits = self.plugin.proxy.habits
            made += kube_proxy.plan(self.cluster, node, pods, self.address, self.rules, habits=habits)
            made += self._second_services(node)
            made += self.plugin.plan(self.cluster, self.mode.name, node)
            for pod in self.cluster.pods_of(node):
                made += underlay.pod_plan(pod.name)
            for change in (self._second, self._policed, self._change, self._broken, self._form):
                made = change(self.cluster, node, made) if change else made
            parts = self._plans[node.name] = {node.name: []}
            for operation in made:
                parts.setdefault(operation.netns, []).append(operation)
        return self._plans[node.name]

    def _by_hand(self, netns: str, plan: list[Operation]) -> list[Operation]:
        """Return the operations of a namespace as the edits by hand leave them."""
        for edit in self._edits.get(netns, ()):
            plan = edit(plan)
        return plan

    def _netns_plan(self, name: str) -> NetnsPlan:
        found = self._untouched(name)
        return found._replace(operations=self._by_hand(name, found.operations))

    def _untouched(self, name: str) -> NetnsPlan:
        """Return what a namespace is made of before anything is done by hand."""
        if name == ROUTER:
            made = [*underlay.router_plan(self.cluster)]
            made += self._outside_plan(ROUTER, made)
            return NetnsPlan(ROUTER, "router", "the router between the subnets", made)
        if name == INTERNET:
            made = [*underlay.internet_plan()]
            made += self._outside_plan(INTERNET, made)
            return NetnsPlan(INTERNET, "outside", "a host outside of the cluster", made)
        node = self.cluster.node_by_name.get(name)
        if node:
            return NetnsPlan(name, "node", name, self._plan(node)[name])
        pod = self.cluster.find_pod(name)
        assert pod is not None, name
        parts = self._plan(self.cluster.node_by_name[pod.node])
        return NetnsPlan(pod.node, "pod", f"pod {name}", parts.get(name, []))

    def _second_services(self, node: Node) -> list[Operation]:
        """Return kube-proxy's rules for the second family, if the cluster has it."""
        if not self.ipv6:
            return []
        from packetwalk.plan.ipv6 import services

        return [*services.plan(self.cluster, node, lambda pod: self._ends.read(pod).address)]

    def _outside_plan(self, name: str, made: list[Operation]) -> list[Operation]:
        """Return what a machine beside the cluster has of the second family, if the cluster has it."""
        if not self.ipv6:
            return []
        from packetwalk.plan import ipv6

        return [*(ipv6.router_plan(self.cluster, made) if name == ROUTER else ipv6.internet_plan(made))]

    def end(self, text: str) -> End:
        """Read an end of a packet's way, as ``Ends.read``."""
        return self._ends.read(text)

    def send(
        self,
        src: str,
        dst: str,
        packet: Packet | None = None,
        *,
        paths: Paths = (),
        after: Run | None = None,
        **given: Unpack[PacketOptions],
    ) -> Run:
        """Send one packet, as ``datapath.client.send``; ``traces`` of the result tell its story.

        An end is a pod, a node, a service, ``internet``, or an address, each with ``:PORT``: to a port goes TCP
        unless UDP is asked for, the sender's is ``sport``.  The packet is a
        value, or its fields are given: ``proto``, ``size``, ``df``, ``ttl``, ``cold``, ``sport``; ``paths`` are
        what namespaces learnt of paths before, ``after`` is what the same socket sent before.  BadInput for
        ends that are nowhere, for a packet that cannot be, or for both a packet and fields.
        """
        if packet and given:
            raise BadInput("packet and its fields", list(given), ["a packet", "its fields"])
        packet = packet or Packet.towards(dst, given)
        packet.may_go_to(dst)
        start, goal = self.end(src), self.end(dst)
        if start.port is not None:
            packet.may_go_to(src)
            packet = replace(packet, sport=start.port)
        if start.netns is None:
            raise BadInput("source", src, ["a pod, a node, internet, or an address one of them has"])
        dport = goal.port or _usual_port(self.fabric, goal.netns, packet.proto)
        return client.send(
            self.fabric,
            start.netns,
            goal.address,
            dport,
            packet,
            source=start.source,
            paths=paths,
            after=after,
        )


def _usual_port(fabric: Fabric, netns: str | None, proto: str) -> int:
    """Return a port somebody listens on at the goal, else 8080 (80 outside)."""
    if netns is None or proto == "icmp":
        return underlay.SERVER_PORT
    kind = fabric.netns(netns).kind
    return {"outside": 80, "node": underlay.KUBELET_PORT}.get(kind, underlay.SERVER_PORT)


def _ends(ipv6: bool) -> type[Ends]:
    """Return what reads the ends of ways by one family or the other."""
    if not ipv6:
        return Ends
    from packetwalk.walks.dual.ends import Ends6

    return Ends6


class PluggableCluster(cluster.Cluster):
    """The canonical cluster, ready to be given a network plugin."""

    def use(
        self,
        plugin: str,
        mode: str | None = None,
        fault: str | None = None,
        *,
        rules: str = IPTABLES,
        release: str | None = None,
        policies: Collected | None = None,
    ) -> Network:
        """Return this cluster with a plugin in place, ready to ``send`` packets.

        ``rules`` is the form of the rules, ``release`` the plugin's, the newest when None; ``policies`` govern its pods.
        """
        return Network(self, plugin, mode, fault, rules=rules, release=release, policies=policies)
