"""kube-proxy and flanneld on the model: which of them run, and what each has written of what the API server was told.

No time passes here: who runs has written already; who was ended leaves its lines as they are.  What they write is the
plan's own (``packetwalk.plan.kube_proxy``, the plugin's plan).  What a start and the look at the routes repair:
flannel v0.28.9, pkg/backend/vxlan/vxlan_network.go, pkg/backend/route_network.go (recorded, flannel-vxlan-0.28.9-switch).
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from functools import partial
from ipaddress import IPv4Address, IPv4Network
from typing import Any, NamedTuple

from packetwalk.errors import BadInput
from packetwalk.plan import kube_proxy
from packetwalk.plan.cluster import SERVICE_CIDR, Service
from packetwalk.plan.kube_proxy import PROGRAM as KUBE_PROXY
from packetwalk.plan.operation import Operation
from packetwalk.tables import Absent, Entry, IptablesRule, RouteEntry, UserChain, table_of
from packetwalk.walks.network import Network

FLANNELD = "flanneld"
KEPT_BY_ROUTE_CHECK = ("host-gw", "ipip")
"""Modes in which flanneld looks every ten seconds whether its routes are there."""
LOST_WITH_IT = ("udp", "wireguard")
"""Modes whose packets need the running flanneld, or whose device it deletes: not told here."""
OF_SLICE = "kubernetes.io/service-name"
PRINTED = {"Service": "service", "EndpointSlice": "endpointslice.discovery.k8s.io"}
Edit = Callable[[list[Operation]], list[Operation]]


class ToldServices(NamedTuple):
    """What the API server has beside the cluster's own Services: documents by kind and name."""

    objects: Mapping[tuple[str, str], Mapping[str, Any]]

    def takes(self, document: Any, own: Network) -> bool:
        """Say whether a document is a Service with an address and no selector, or the EndpointSlice of one."""
        if not isinstance(document, dict) or document.get("kind") not in PRINTED:
            return False
        metadata, spec = document.get("metadata"), document.get("spec") or {}
        if not isinstance(metadata, dict) or not isinstance(spec, dict) or not metadata.get("name"):
            return False
        if document["kind"] == "EndpointSlice":
            return (metadata.get("labels") or {}).get(OF_SLICE, "") not in {"", *_names(own)}
        return bool(spec.get("clusterIP")) and not spec.get("selector") and metadata.get("name") not in _names(own)

    def with_(self, document: Mapping[str, Any]) -> tuple[ToldServices, str]:
        """Return what is there with a document, and what kubectl says of it."""
        at = document["kind"], document["metadata"]["name"]
        said = "unchanged" if self.objects.get(at) == document else "configured" if at in self.objects else "created"
        return ToldServices({**self.objects, at: document}), f"{PRINTED[at[0]]}/{at[1]} {said}"

    def without(self, document: Mapping[str, Any]) -> tuple[ToldServices, str]:
        """Return what is there without a document, and what kubectl says of it; BadInput for one that is not there."""
        at = document["kind"], document["metadata"]["name"]
        if at not in self.objects:
            raise BadInput(f"{at[0]} to delete", at[1], [name for kind, name in self.objects if kind == at[0]])
        kept = {key: each for key, each in self.objects.items() if key != at}
        return ToldServices(kept), f'{PRINTED[at[0]]} "{at[1]}" deleted from default namespace'

    def services(self, network: Network) -> tuple[Service, ...]:
        """Return the Services with their endpoints; BadInput in one line for what no Service can be here."""
        try:
            made = tuple(self._service(each, network) for (kind, _), each in self.objects.items() if kind == "Service")
        except (KeyError, TypeError, AttributeError) as error:
            raise BadInput("Service and EndpointSlice", f"{type(error).__name__}: {error}", ["as kubectl takes them"]) from None
        taken = [each.address for each in network.cluster.services]
        for each in made:
            if IPv4Address(each.address) not in IPv4Network(SERVICE_CIDR) or each.address in taken:
                raise BadInput(f"clusterIP of {each.name}", each.address, [f"one of {SERVICE_CIDR} that no other Service has"])
            taken.append(each.address)
        return made

    def _service(self, document: Mapping[str, Any], network: Network) -> Service:
        name, spec = document["metadata"]["name"], document["spec"]
        slices = [
            each
            for (kind, _), each in self.objects.items()
            if kind == "EndpointSlice" and each["metadata"]["labels"][OF_SLICE] == name
        ]
        ready = [
            address
            for each in slices
            for end in each.get("endpoints") or ()
            if (end.get("conditions") or {}).get("ready", True)
            for address in map(_ipv4, end["addresses"])
        ]
        pods = {network.address(pod.name): pod.name for pod in network.pods}
        ports, targets = spec["ports"], [port["port"] for each in slices for port in each["ports"]]
        numbers = {each["port"] for each in ports}
        if len(numbers) != 1 or len(set(targets)) > 1:
            raise BadInput(f"ports of {name}", sorted(numbers), ["one number, as a Service of the model has"])
        return Service(
            name,
            _ipv4(spec["clusterIP"]),
            numbers.pop(),
            targets[0] if targets else ports[0].get("targetPort", ports[0]["port"]),
            tuple(pods.get(each, each) for each in ready),
            ports=tuple((each.get("protocol", "TCP").lower(), each.get("name", "")) for each in ports),
        )


def _ipv4(given: Any) -> str:
    try:
        return str(IPv4Address(given))
    except ValueError:
        raise BadInput("address", str(given), ["one of IPv4, as in 10.244.2.2"]) from None


def _names(network: Network) -> set[str]:
    return {each.name for each in network.cluster.services}


class NodePrograms:
    """The programs of all nodes of a network, which writes through ``edit`` (``packetwalk.shell.State.edit``)."""

    def __init__(self, network: Network, edit: Callable[[str, Edit], None], told: ToldServices) -> None:
        self._network, self._edit = network, edit
        self._ended: set[tuple[str, str]] = set()
        self.told = told
        if told.objects:
            self.tell(told)

    def tell(self, told: ToldServices) -> None:
        """Let every kube-proxy that runs write what the API server has now."""
        services = told.services(self._network)
        self.told = told
        for node in self._network.nodes:
            if (KUBE_PROXY, node.name) not in self._ended:
                self._sync(node.name, services)

    def end(self, program: str, node: str) -> None:
        """End a program of a node; what it wrote stays. BadInput lists programs and nodes."""
        self._named(program, node)
        self._ended.add((program, node))

    def begin(self, program: str, node: str) -> None:
        """Start a program of a node: it writes what is missing of its own."""
        self._named(program, node)
        self._ended.discard((program, node))
        if program == KUBE_PROXY:
            self._sync(node, self.told.services(self._network))
        else:
            self._edit(node, partial(_repaired, self._of_agent(node)))

    def look(self) -> None:
        """Let ten seconds pass: flanneld, where it looks after its routes, brings back those that are gone."""
        if self._network.mode.name not in KEPT_BY_ROUTE_CHECK:
            return
        for node in (each.name for each in self._network.nodes):
            if (FLANNELD, node) not in self._ended:
                routes = [each for each in self._of_agent(node) if isinstance(each.entry, RouteEntry)]
                self._edit(node, partial(_repaired, routes))

    def _named(self, program: str, node: str) -> None:
        plugin, mode = self._network.plugin.name, self._network.mode.name
        told = mode not in LOST_WITH_IT and any(self._of_agent(each.name) for each in self._network.nodes)
        valid = [KUBE_PROXY, FLANNELD] if told else [KUBE_PROXY]
        if program not in valid:
            raise BadInput(f"program of a node, {plugin} {mode} on the model", program, valid)
        if node not in self._network.cluster.node_by_name:
            raise BadInput("node", node, self._network.cluster.node_by_name)

    def _sync(self, node: str, services: tuple[Service, ...]) -> None:
        network, machine = self._network, self._network.cluster.node_by_name[node]
        known = (*network.cluster.services, *services)
        pods = network.plugin.pod_network(network.cluster)
        habits = network.plugin.proxy.habits
        made = [*kube_proxy.plan(network.cluster, machine, pods, network.address, network.rules, known, habits)]
        self._edit(node, partial(_synced, made))

    def _of_agent(self, node: str) -> list[Operation]:
        return [each for each in self._network.plan(node) if each.by == FLANNELD and each.netns == node]


def _synced(made: list[Operation], plan: list[Operation]) -> list[Operation]:
    """Return a node's operations with these of kube-proxy, in the place of those it had."""
    first = next((at for at, each in enumerate(plan) if each.by == KUBE_PROXY), len(plan))
    others = [each for each in plan[first:] if each.by != KUBE_PROXY]
    return [*plan[:first], *made, *others]


def _repaired(wanted: list[Operation], plan: list[Operation]) -> list[Operation]:
    """Return a node's operations with those of flanneld that are missing; one by hand with the same key gives way.

    Its rules are written all anew where one is missing, for their order counts.
    """
    have = {each.entry for each in plan}
    missing = [each for each in wanted if each.entry not in have or Absent(each.entry) in have]
    if any(isinstance(each.entry, IptablesRule | UserChain) for each in missing):
        missing += [each for each in wanted if isinstance(each.entry, IptablesRule | UserChain) and each not in missing]
        missing.sort(key=wanted.index)
    keys = {_key(each.entry) for each in missing}
    kept = [
        each
        for each in plan
        if _key(each.entry.entry if isinstance(each.entry, Absent) else each.entry) not in keys
    ]
    return [*kept, *missing]


def _key(entry: Entry) -> tuple[type, Hashable | Entry]:
    return type(entry), table_of(entry).key(entry) or entry
