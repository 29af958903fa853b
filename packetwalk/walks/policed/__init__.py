"""Policies over the canonical cluster: manifests say what they say of its pods, by name, and of no others."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from copy import copy

from packetwalk.cni import Plugin
from packetwalk.datapath.netns import Netns
from packetwalk.errors import BadInput
from packetwalk.plan.cluster import NAMESPACES, Cluster, Node, Pod, Service
from packetwalk.policy.endpoints import Machine
from packetwalk.policy.estate import Estate
from packetwalk.policy.leaving import NIC, TUNNEL, Leaving, Routes
from packetwalk.policy.manifests.collected import (
    Collected,
    Meta,
    PodRecord,
    ServicePortRecord,
    ServiceRecord,
    SliceRecord,
)
from packetwalk.policy.plugins import enforcements
from packetwalk.policy.rules import PROTOCOLS, HostAddress
from packetwalk.tables import AddrEntry
from packetwalk.walks.policed.placed import Placed

PODS_SHOWN = 6
NAME = "kubernetes.io/metadata.name"


def settled(machines: Cluster, found: Collected) -> Cluster:
    """Return the cluster with its pods in the namespaces that manifests put them in; one that was made of them as it is.

    BadInput for a pod that the cluster does not have, that stands in two namespaces, or has no network of its own.
    """
    if isinstance(machines, Placed):
        return machines
    living: dict[str, str] = {}
    for (namespace, name), pod in found.pods.items():
        if machines.find_pod(name) is None or name in living:
            names = [each.name for each in machines.pods[:PODS_SHOWN]]
            raise BadInput("pod of a manifest", f"{namespace}/{name}", [*names, "each once, in any namespace"])
        if pod.host_network:
            given = "on its node's network"
            raise BadInput(f"pod of a manifest {namespace}/{name}", given, ["a pod with a network of its own"])
        living[name] = namespace
    return machines.moved(tuple(sorted(living.items())))


def governed(
    machines: Cluster, plugin: Plugin, mode: str, found: Collected, netns: Callable[[str], Netns]
) -> Estate:
    """Return the cluster's own pods, nodes and Services, with the labels and policies that manifests give.

    A pod without a manifest has the label ``app`` with its name, as in the book's kind cluster.  Nodes and Services of
    the manifests are not the cluster's, unless it was made of them: they are counted among what is not used.  ``netns``
    gives a node's tables, which say how its packets leave.  BadInput for a plugin of which it is not known what it makes
    of policies.
    """
    known = [each.name for each in enforcements()]
    if plugin.name not in known:
        raise BadInput("policies with", plugin.name, known)
    every = copy(found)
    every.namespaces = {name: {NAME: name} for name in NAMESPACES} | found.namespaces
    every.pods = {
        (pod.namespace, pod.own_name): _pod(found, machines, plugin, mode, pod) for pod in machines.pods
    }
    every.machines = [_machine(machines, plugin, mode, node) for node in machines.nodes]
    if isinstance(machines, Placed):
        return Estate(every, plugin.name, _routes(netns))
    every.unused = dict(found.unused)
    foreign = {"Node": len(found.machines), "Service": len(found.services), "EndpointSlice": len(found.slices)}
    every.unused |= {kind: number for kind, number in foreign.items() if number}
    every.services = {(each.namespace, each.name): _service(each) for each in machines.services}
    every.slices = [each for of in machines.services for each in _endpoints(machines, plugin, mode, of)]
    return Estate(every, plugin.name, _routes(netns))


def _routes(netns: Callable[[str], Netns]) -> Routes:
    def routes(machine: Machine, to: HostAddress) -> Leaving:
        of = netns(machine.name)
        route = of.fib.lookup(str(to))
        device = NIC if route is None or route.dev == NIC else TUNNEL
        return Leaving(device, HostAddress.read(of.source_for(route)))

    return routes


def _pod(found: Collected, machines: Cluster, plugin: Plugin, mode: str, pod: Pod) -> PodRecord:
    address = HostAddress.read(plugin.pod_address(machines, mode, pod))
    said = found.pods.get((pod.namespace, pod.own_name))
    if said is None:
        said = PodRecord(
            Meta(pod.own_name, pod.namespace, {"app": pod.own_name}, {}),
            "default",
            "",
            (),
            (),
            host_network=False,
            finished=False,
        )
    return said._replace(node=pod.node, addresses=(address,))


def _machine(machines: Cluster, plugin: Plugin, mode: str, node: Node) -> Machine:
    """Return a node, with the addresses that its plugin gives it beside its own."""
    made = [op.entry for op in plugin.plan(machines, mode, node) if op.netns == node.name]
    own = tuple(HostAddress.read(each.local) for each in made if isinstance(each, AddrEntry))
    return Machine(node.name, (HostAddress.read(node.address),), {"kubernetes.io/hostname": node.name}, own)


def _service(of: Service) -> ServiceRecord:
    ports = tuple(
        ServicePortRecord(name, PROTOCOLS[protocol.upper()], of.port, of.target_port, of.node_port)
        for protocol, name in of.ports
    )
    return ServiceRecord(
        Meta(of.name, of.namespace, {}, {}), (HostAddress.read(of.address),), ports, {}, of.external_local
    )


def _endpoints(machines: Cluster, plugin: Plugin, mode: str, of: Service) -> Iterator[SliceRecord]:
    ports = tuple((name, PROTOCOLS[protocol.upper()], of.target_port) for protocol, name in of.ports)
    for backend in of.backends:
        pod, node = machines.find_pod(backend), machines.node_by_name.get(backend)
        address = plugin.pod_address(machines, mode, pod) if pod else node.address if node else backend
        yield SliceRecord(of.namespace, of.name, (HostAddress.read(address),), ports)
