"""A recording of the real programs as it lies in ``tests/recordings/real``, and its cluster by the plan."""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping
from functools import cached_property
from ipaddress import IPv4Network
from pathlib import Path
from typing import Any, NamedTuple

from packetwalk.capture.recording import Place
from packetwalk.plan.cluster import Cluster, Node, Pod, Service
from packetwalk.plan.rules import IPTABLES, NFTABLES
from packetwalk.tables.link import LINKS
from packetwalk.walks.network import Network

FOLDER = Path(__file__).parents[2] / "recordings" / "real"
API = "172.18.0.10"


class Setup(NamedTuple):
    """How a recorded cluster is made by the plan."""

    plugin: str
    mode: str
    services: tuple[Service, ...]
    pods: Mapping[str, str]  # by name: the node
    late: tuple[str, ...] = ()  # nodes that came when the others ran
    namespaces: Mapping[str, str] = {}  # of pods that are not in default
    partly: bool = False  # only some tables were kept
    rules: str = IPTABLES  # kube-proxy's
    plugin_rules: str = IPTABLES


def _tcp(name: str, last: int, *backends: str, **more: Any) -> Service:
    more = {"ports": (("tcp", "http"),), **more}
    return Service(name, f"10.96.0.{last}", more.pop("port", 80), more.pop("to", 8080), backends, **more)


BOTH = (("tcp", "http"), ("udp", "h3"))
KUBERNETES = _tcp("kubernetes", 1, API, port=443, to=6443, ports=(("tcp", "https"),))
FLANNEL_SERVICES = (
    _tcp("web", 80, "p3a", ports=BOTH),
    _tcp("near", 81, "p1b", ports=BOTH),
    _tcp("self", 82, "p1a", ports=BOTH),
    _tcp("selfnh", 92, "p1nh", ports=BOTH),
    _tcp("none", 83, ports=BOTH),
    _tcp("np", 84, "p2a", node_port=30080),
    _tcp("npl", 85, "p2a", node_port=30081, external_local=True),
    _tcp("sticky", 86, "p1b", "p2a", "p3a", affinity=10800),
    _tcp("two", 87, "p2a", "p3a", ports=BOTH),
    _tcp("ilocal", 88, "p2a", ports=BOTH, internal_local=True),
    _tcp("lb", 89, "p2a", node_port=30082, load_balancers=("198.51.100.7",), sources=("203.0.113.0/24",)),
    _tcp("onnode", 90, "n2", to=9090),
    KUBERNETES,
)
P = (("tcp", "p"),)
CALICO_SERVICES = (
    _tcp("same", 11, "p1b", ports=P),
    _tcp("other", 12, "p2a", ports=P, node_port=30080),
    _tcp("self", 13, "p1a", ports=P),
    _tcp("host1", 21, "n1", ports=P, to=9090),
    _tcp("host2", 22, "n2", ports=P, to=9090),
    _tcp("pre", 5, "n3", ports=P, to=9090),
    _tcp("none", 99, ports=P),
    _tcp("local", 31, "p2a", ports=P, node_port=30081, external_local=True),
    KUBERNETES,
)
WEAVE_SERVICES = (
    _tcp("web", 80, "p3a", node_port=30080),
    _tcp("web", 80, "p3a", ports=(("udp", "h3"),), node_port=30081),
    _tcp("near", 81, "p1b"),
    _tcp("self", 82, "p1a"),
    _tcp("node", 83, "n1", to=9090),
    _tcp("none", 84),
    _tcp("webl", 85, "p3a", node_port=30090, external_local=True),
    _tcp("dns", 10, "p2b", port=53, to=5353, ports=(("udp", "dns"),)),
    KUBERNETES,
)
POLICY_SERVICES = (
    _tcp("srv", 80, "p2a", node_port=30080),
    _tcp("self", 82, "p1c"),
    _tcp("node", 83, "n1", to=9090),
    _tcp("dns", 10, "p2b", port=53, to=5353, ports=(("udp", "dns"),)),
    KUBERNETES,
)
TWO_EACH = {f"p{node}{pod}": f"n{node}" for node in (1, 2, 3) for pod in "ab"}
POLICY_PODS = {"p1a": "n1", "p1b": "n1", "p1c": "n1", "p2a": "n2", "p2b": "n2", "p3a": "n3", "p3b": "n3"}
FLANNEL_PODS = {"p1a": "n1", "p1b": "n1", "p1nh": "n1", "p2a": "n2", "p2b": "n2", "p3a": "n3", "p3hp": "n3"}
SETUPS = {
    "flannel-vxlan-0.28.9-iptables": Setup("flannel", "vxlan", FLANNEL_SERVICES, FLANNEL_PODS),
    "flannel-vxlan-0.28.9-nftables": Setup(
        "flannel", "vxlan", FLANNEL_SERVICES, FLANNEL_PODS, rules=NFTABLES
    ),
    "flannel-host-gw-0.28.9": Setup("flannel", "host-gw", FLANNEL_SERVICES, FLANNEL_PODS),
    "calico-3.33-vxlan-iptables": Setup("calico", "vxlan", CALICO_SERVICES, TWO_EACH),
    "calico-3.33-vxlan-nftables": Setup(
        "calico", "vxlan", CALICO_SERVICES, TWO_EACH, rules=NFTABLES, plugin_rules=NFTABLES
    ),
    "calico-3.33-bgp-mesh": Setup("calico", "bgp", (KUBERNETES,), TWO_EACH),
    "calico-3.33-ipip-control-plane": Setup(
        "calico", "ipip", (), {name: node for name, node in TWO_EACH.items() if name.endswith("a")}
    ),
    "weave-2.9.0-sleeve": Setup("weave", "sleeve", WEAVE_SERVICES, TWO_EACH, late=("n3",)),
    "weave-2.9.0-policy": Setup(
        "weave",
        "sleeve",
        POLICY_SERVICES,
        POLICY_PODS,
        namespaces={"p3a": "other", "p3b": "other"},
        partly=True,
    ),
}
MACHINES = {"n1": "kind-control-plane", "n2": "kind-worker", "n3": "kind-worker2"}
"""Weaver was given peer names there: those of the canonical cluster's machines."""


class RealNode(Node):
    """A node of a recording."""

    @property
    def machine(self) -> str:
        """What tells it from others."""
        return MACHINES[self.name]


class RealCluster(Cluster):
    """n1, n2, n3 at 172.18.0.2 to .4 with 10.244.N.0/24, their pods and Services as recorded."""

    def __init__(self, setup: Setup) -> None:
        """``setup`` says which pods and Services there are."""
        super().__init__(3, 2, services=bool(setup.services))
        self._setup = setup

    @cached_property
    def nodes(self) -> tuple[Node, ...]:
        """The API server was a machine of its own there, so the first node is an ordinary one."""
        return tuple(
            RealNode(f"n{number}", number, f"172.18.0.{1 + number}", 16, "172.18.0.1", "172.18.0.0/16")
            for number in (1, 2, 3)
        )

    @property
    def late(self) -> tuple[Node, ...]:
        """Those that came when the others ran."""
        return tuple(node for node in self.nodes if node.name in self._setup.late)

    @cached_property
    def services(self) -> tuple[Service, ...]:
        """Those of the recording."""
        return self._setup.services

    @cached_property
    def _pods(self) -> tuple[Pod, ...]:
        count: dict[str, int] = {}
        out = []
        for name, node in self._setup.pods.items():
            count[node] = count.get(node, -1) + 1
            namespace = self._setup.namespaces.get(name, "default")
            out.append(Pod(name, node, int(node[1:]) - 1, count[node], namespace))
        return tuple(out)

    @property
    def pods(self):
        """All pods in the order in which they were made."""
        return self._pods

    def pods_of(self, node: Node) -> tuple[Pod, ...]:
        """Those of a node."""
        return tuple(pod for pod in self._pods if pod.node == node.name)

    def find_pod(self, name: str) -> Pod | None:
        """Return a pod by name, or None."""
        return next((pod for pod in self._pods if pod.name == name), None)

    def pod_cidr(self, node: Node) -> IPv4Network:
        """10.244.1.0/24 for n1 and so on."""
        return IPv4Network(f"10.244.{node.name[1:]}.0/24")


class RealRecording:
    """The tables of a recording, with the plan's names of cables and MACs in the place of those drawn at random."""

    def __init__(self, name: str) -> None:
        """Read the recording and make its cluster by the plan."""
        self.name, self.setup = name, SETUPS[name]
        kept = json.loads(gzip.decompress((FOLDER / f"{name}.json.gz").read_bytes()))
        self.state, self.experiments = kept["state"], kept["experiments"]
        self.network = Network(
            RealCluster(self.setup),
            self.setup.plugin,
            self.setup.mode,
            rules=self.setup.rules,
            plugin_rules=self.setup.plugin_rules,
        )
        self._files: dict[str, dict[str, str]] = kept["places"]

    @cached_property
    def places(self) -> list[Place]:
        """The namespaces of nodes and pods."""
        drawn = self._drawn()
        out = []
        for netns, files in self._files.items():
            names = {**drawn[""], **drawn.get(netns, {})}
            changed = {file: _renamed(text, names) for file, text in files.items()}
            kind = "node" if netns.startswith("n") else "pod"
            out.append(Place(netns, netns if kind == "node" else f"n{netns[1]}", kind, netns, changed))
        return out

    @cached_property
    def names(self) -> dict[tuple[str, str], str]:
        """{(namespace, recorded device): the plan's} of the cables to pods."""
        return {
            (netns, old): new for netns, each in self._drawn().items() if netns for old, new in each.items()
        }

    @cached_property
    def macs(self) -> dict[str, str]:
        """{recorded MAC: the plan's}."""
        return self._drawn()[""]

    def _drawn(self) -> dict[str, dict[str, str]]:
        """Return {namespace: {recorded word: the plan's}}; MACs stand under no namespace."""
        known = {netns: files for netns, files in self._files.items() if "link.json" in files}
        plain = {netns: Place(netns, "", "node", "", files) for netns, files in known.items()}
        out: dict[str, dict[str, str]] = {"": {}}
        for netns, place in plain.items():
            mine = self.network.fabric.netns(netns).links
            if netns.startswith("p"):
                node = f"n{netns[1]}"
                eth0 = next(each for each in place.printed("link.json") if each["ifname"] == "eth0")
                host = {each["ifindex"]: each["ifname"] for each in plain[node].printed("link.json")}
                peer = mine["eth0"].peer
                assert peer is not None
                out.setdefault(node, {})[host[eth0["link_index"]]] = peer[1]
        for netns, place in plain.items():
            mine = self.network.fabric.netns(netns).links
            for link in place.entries(LINKS):
                model = mine.get(out.get(netns, {}).get(link.ifname, link.ifname))
                if model and model.address and link.ifname != "lo":
                    out[""].setdefault(link.address, model.address)
        return out


def _renamed(text: str, names: Mapping[str, str]) -> str:
    for old, new in names.items():
        text = text.replace(old, new)
    return text
