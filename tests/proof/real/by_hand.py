"""What the experiments' author had changed by hand, as edits of the plan."""

from __future__ import annotations

from collections.abc import Iterator

from packetwalk.plan.operation import Operation
from packetwalk.tables import AddrEntry, Entry, IptablesRule, LinkEntry, NftRule, RouteEntry, SocketEntry
from packetwalk.walks.network import Edit, Network
from tests.proof.real.experiment import RealExperiment

PORTS = (("tcp", 9090), ("udp", 9090), ("tcp", 8080), ("udp", 8080))
SERVER = tuple(SocketEntry(proto, port, "server") for proto, port in PORTS)
DNS = SocketEntry("udp", 5353, "cli.py")
TOLD = '"Configured DefaultEndpointToHostAction"'
ETHERNET = 1500  # bytes


def _added(netns: str, *entries: Entry) -> tuple[str, Edit]:
    return netns, lambda plan: [*plan, *(Operation(netns, entry, "experimenter") for entry in entries)]


def _ethernet(netns: str, peer: str) -> tuple[str, Edit]:
    """The end of a pod's veth in ``netns`` carries 1500 bytes; its other end is in ``peer``."""

    def edit(plan: list[Operation]) -> list[Operation]:
        return [
            op._replace(entry=op.entry._replace(mtu=ETHERNET))
            if isinstance(op.entry, LinkEntry) and op.entry.peer and op.entry.peer[0] == peer
            else op
            for op in plan
        ]

    return netns, edit


def _without_default_route(plan: list[Operation]) -> list[Operation]:
    return [op for op in plan if not (isinstance(op.entry, RouteEntry) and op.entry.dst == "default")]


def _kept_from_their_node(plan: list[Operation]) -> list[Operation]:
    """Felix alone says DROP (``endpoint-to-host``); the experiments called accept have what the manifests say."""

    def kept(entry: Entry) -> Entry:
        match entry:
            case IptablesRule():
                return entry._replace(spec=entry.spec.replace(f"{TOLD} -j ACCEPT", f"{TOLD} -j DROP"))
            case NftRule():
                return entry._replace(
                    spec=entry.spec.replace(f"accept comment {TOLD}", f"drop comment {TOLD}")
                )
        return entry

    return [op._replace(entry=kept(op.entry)) for op in plan]


CALICO = {
    "19-cross-ping-toolarge-df-podmtu1500-both": [_ethernet("p1a", "n1"), _ethernet("n1", "p1a")],
    "19-cross-ping-toolarge-df-podmtu1500-only-pod": [_ethernet("p1a", "n1")],
    "19-pod-to-outside-1500-df-podmtu1500": [_ethernet("p1a", "n1"), _ethernet("n1", "p1a")],
    "50-spoofed-source-unused": [_added("p1a", AddrEntry("lo", "10.244.250.9", 32))],
    "50-spoofed-source-neighbour": [_added("p1a", AddrEntry("lo", "10.244.40.130", 32))],
    "55-outside-to-pod": [_added("router", RouteEntry("10.244.40.128/26", "eth0", "172.18.0.2"))],
    "55-outside-to-unassigned": [_added("router", RouteEntry("10.244.40.128/26", "eth0", "172.18.0.2"))],
    "61-no-default-route-on-node": [("n3", _without_default_route)],
}
"""By the name of an experiment with Calico."""


def edits(experiment: RealExperiment, made: Network) -> Iterator[tuple[str, Edit]]:
    """Yield each namespace that was changed, and what was changed there."""
    for netns in ("internet", "n1", "n2"):
        yield _added(netns, *SERVER)
    yield _added("p2b", DNS)
    match made.plugin.name:
        case "weave" if experiment.name[:2] in ("41", "42"):
            yield _added("router", RouteEntry("10.32.0.0/12", "eth0", "172.18.0.2"))
        case "calico":
            if not experiment.name.endswith("-accept"):
                yield from ((node.name, _kept_from_their_node) for node in made.nodes)
            yield from CALICO.get(experiment.name, ())
