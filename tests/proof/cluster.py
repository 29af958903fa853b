"""The recorded cluster as a cluster of the model: the same names and addresses.

Nodes n1, n2, n3 with 10.244.1.0/24 ...; pods p1a, p1b on n1 and so on.  n1 has index 1 and n2 index
2, so that the plugin's faults, which strike node 1 as sender and node 2 as receiver, strike them.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from ipaddress import IPv4Network

from packetwalk.datapath.fabric import NetnsPlan
from packetwalk.plan.cluster import Cluster, Node, Pod
from packetwalk.plan.operation import Operation
from packetwalk.plan.reference import veth
from packetwalk.tables import Entry, IptablesRule, LinkEntry, SysctlEntry
from packetwalk.walks.network import Network
from tests.proof.recording import RecordedState

NAMES = {"internet": "ext", "router": "rt"}


class RecordedCluster(Cluster):
    """The cluster of a recording, read off its state."""

    def __init__(self, state: RecordedState) -> None:
        """``state`` gives the nodes, their addresses and the number of pods on each."""
        names = [name for name in state.netns if name.startswith("n")]
        self._names = [*names[2:], *names[:2]] if len(names) > 2 else names[::-1]
        self._addresses = {
            name: next(a.local for a in state.addresses(name) if a.dev == "eth0") for name in names
        }
        self._ends = state.host_ends()
        super().__init__(len(names), 2, services=False)

    @cached_property
    def nodes(self) -> tuple[Node, ...]:
        """n3, n1, n2 (or n2, n1)."""
        out = []
        for index, name in enumerate(self._names):
            subnet = ".".join(self._addresses[name].split(".")[:2])
            out.append(Node(name, index, self._addresses[name], 16, f"{subnet}.0.1", f"{subnet}.0.0/16"))
        return tuple(out)

    def pod_cidr(self, node: Node) -> IPv4Network:
        """10.244.1.0/24 for n1 and so on."""
        return IPv4Network(f"10.244.{node.name[1:]}.0/24")

    def pod(self, node: Node, ordinal: int) -> Pod:
        """p1a, p1b on n1 and so on."""
        return Pod(f"p{node.name[1:]}{'ab'[ordinal]}", node.name, node.index, ordinal)

    def pods_of(self, node: Node) -> tuple[Pod, ...]:
        """As many as cni0 has ports."""
        ports = sum(name == node.name for name, _ in self._ends)
        return tuple(self.pod(node, k) for k in range(ports))

    def find_pod(self, name: str) -> Pod | None:
        """Return a pod by name, or None."""
        return next((pod for node in self.nodes for pod in self.pods_of(node) if pod.name == name), None)


class RecordedNetwork(Network):
    """The recorded cluster with Flannel v0.20.2; ``extra`` are entries that the experiment's author added."""

    def __init__(
        self,
        state: RecordedState,
        mode: str,
        fault: str | None = None,
        extra: Mapping[str, list[Entry]] | None = None,
    ) -> None:
        super().__init__(RecordedCluster(state), "flannel", mode, fault, release="0.20.2")
        self.state, self.extra = state, extra or {}

    def _netns_plan(self, name: str) -> NetnsPlan:
        """What is added comes first: as a rule it was inserted, as a route it is the better one."""
        place = super()._netns_plan(name)
        added = self.extra.get(name, [])
        late = [
            e
            for e in added
            if isinstance(e, SysctlEntry) or (isinstance(e, IptablesRule) and e.chain == "POSTROUTING")
        ]
        ops = [Operation(name, entry, "experimenter") for entry in added]
        kept = [
            op
            for op in place.operations
            if getattr(op.entry, "ifname", None) not in {e.ifname for e in added if isinstance(e, LinkEntry)}
            or not isinstance(op.entry, LinkEntry)
        ]
        return place._replace(
            operations=[
                *(op for op in ops if op.entry not in late),
                *kept,
                *(op for op in ops if op.entry in late),
            ]
        )

    @cached_property
    def devices(self) -> dict[tuple[str, str], tuple[str, str]]:
        """{(netns, device) of the recording: (netns, device) of the model}."""
        model = {netns: name for name, netns in NAMES.items()}
        out = {}
        for netns in self.state.netns:
            for link in self.state.links(netns):
                out[netns, link.ifname] = (model.get(netns, netns), link.ifname)
        for (node, device), pod in self.state.host_ends().items():
            out[node, device] = (node, veth(self.cluster.find_pod(pod)))
        if "rt" in self.state.netns:
            by_address = {a.local: a.dev for a in self.fabric.netns("router").addrs}
            for addr in self.state.addresses("rt"):
                out["rt", addr.dev] = ("router", by_address[addr.local])
        return out

    @cached_property
    def macs(self) -> dict[str, str]:
        """{MAC of the recording: MAC of the model}, by the device that has it."""
        out: dict[str, str] = {}
        order = sorted(self.devices, key=lambda place: not place[1].startswith("veth"))
        for netns, device in order:
            mac = next(x.address for x in self.state.links(netns) if x.ifname == device)
            name, mine = self.devices[netns, device]
            if mine in self.fabric.netns(name).links:
                out[mac] = self.fabric.netns(name).links[mine].address
        return out

    def answered(self, address: str) -> str:
        """Return the MAC that the model has for a pod's address."""
        owner = self.end(address).netns
        assert owner is not None, address
        return self.fabric.netns(owner).links["eth0"].address
