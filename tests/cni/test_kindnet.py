"""What is known about kindnet of kind v0.31.0, each line beside the place it comes from.

Tables of a running cluster: tkng.io/cni/kindnet. The cables' names and the addresses are this model's.
"""

from __future__ import annotations

import pytest

import packetwalk
from packetwalk.cni.kindnet import PLUGIN
from packetwalk.plan.cluster import Cluster
from packetwalk.plan.operation import Operation
from packetwalk.tables import AddrEntry, IptablesRule, LinkEntry, RouteEntry, SysctlEntry
from packetwalk.tables.route import ROUTES
from packetwalk.walks.network import Network

NODE, POD = "kind-worker", "a"


def plan(underlay: str = "flat", mtu: int = 1500) -> list[Operation]:
    cluster = Cluster(underlay=underlay, mtu=mtu)
    return PLUGIN.plan(cluster, "ptp", cluster.nodes[1])


def made(kind: type, netns: str, by: str, underlay: str = "flat") -> list[str]:
    return [
        str(op.entry)
        for op in plan(underlay)
        if isinstance(op.entry, kind) and (op.netns, op.by) == (netns, by)
    ]


def walk(scenario: str, **packet) -> packetwalk.Walk:
    return packetwalk.walk("kindnet", "ptp", scenario, **packet)


def test_a_pod_has_three_routes_and_none_to_its_own_subnet() -> None:
    """ptp.go setupContainerVeth; ``ip route`` in a pod of a running cluster, line by line."""
    found = Network(Cluster(), "kindnet", "ptp").fabric.netns(POD)
    assert [str(route) for route in found.entries(ROUTES) if route.table == "main"] == [
        "10.244.1.1 dev eth0 scope link src 10.244.1.2",
        "10.244.1.0/24 via 10.244.1.1 dev eth0 src 10.244.1.2",
        "default via 10.244.1.1 dev eth0",
    ]
    assert made(AddrEntry, POD, "host-local") == ["inet 10.244.1.2/24 brd 10.244.1.255 scope global eth0"]


def test_a_node_has_the_gateways_address_on_every_cable_and_a_route_to_its_pod() -> None:
    """ptp.go setupHostVeth: ``10.244.2.1/32``, ``10.244.2.2 dev vethf821f7f9 scope host``."""
    assert made(AddrEntry, NODE, "ptp plugin") == [
        "inet 10.244.1.1/32 scope global veth86f7e437",
        "inet 10.244.1.1/32 scope global vethb9f85daa",
    ]
    assert made(RouteEntry, NODE, "ptp plugin") == [
        "10.244.1.2 dev veth86f7e437 scope host",
        "10.244.1.3 dev vethb9f85daa scope host",
    ]
    assert SysctlEntry("net.ipv4.ip_forward", "1") in [op.entry for op in plan() if op.by == "ptp plugin"]


def test_one_route_for_each_node_of_the_same_subnet() -> None:
    """routes.go syncRoute: Dst and Gw only; a gateway that is not on-link is refused."""
    assert made(RouteEntry, NODE, "kindnetd") == [
        "10.244.0.0/24 via 172.18.0.2 dev eth0",
        "10.244.2.0/24 via 172.18.0.4 dev eth0",
    ]
    assert made(RouteEntry, NODE, "kindnetd", "routed") == ["10.244.0.0/24 via 172.18.0.2 dev eth0"]
    assert walk("cross-subnet").disposition == "no_route"


def test_what_is_not_for_pods_is_masqueraded() -> None:
    """masq.go SyncRules, in the form of iptables-save."""
    local, outbound, everything = (
        f'-m comment --comment "kind-masq-agent: {text}"'
        for text in (
            "local traffic is not subject to MASQUERADE",
            "outbound traffic is subject to MASQUERADE (must be last in chain)",
            "ensure nat POSTROUTING directs all non-LOCAL destination traffic to our custom KIND-MASQ-AGENT chain",
        )
    )
    assert made(IptablesRule, NODE, "kindnetd") == [
        f"-A KIND-MASQ-AGENT -d 10.244.0.0/16 {local} -j RETURN",
        f"-A KIND-MASQ-AGENT {outbound} -j MASQUERADE",
        f"-A POSTROUTING -m addrtype ! --dst-type LOCAL {everything} -j KIND-MASQ-AGENT",
    ]
    translated = [str(step.entry) for step in walk("internet").traces[0].steps if step.event == "nat"]
    assert len(translated) == 1 and translated[0].endswith("-j MASQUERADE")
    to_a_node = packetwalk.walk("kindnet", "ptp", src="a", dst="kind-worker2")
    assert [step.event for step in to_a_node.traces[0].steps].count("nat") == 1


@pytest.mark.parametrize("mtu", [1500, 9000])
def test_the_pods_mtu_is_the_nodes(mtu: int) -> None:
    """cni.go computeBridgeMTU."""
    assert {op.entry.mtu for op in plan(mtu=mtu) if isinstance(op.entry, LinkEntry)} == {mtu}


def test_neighbours_are_two_hops_and_nothing_is_wrapped() -> None:
    near, far = walk("same-node"), walk("cross-node")
    assert [walk.traces[0].steps[-1].after[1].ttl for walk in (near, far)] == [63, 62]
    assert {header.proto for step in far.traces[0].steps for header in step.after} == {
        "eth",
        "ip",
        "icmp",
        "data",
    }
    assert PLUGIN.modes[0].overhead == ()


@pytest.mark.parametrize(("level", "answers"), [("0", True), ("1", True), ("2", False)])
def test_arp_ignore(level: str, answers: bool) -> None:
    """Documentation/networking/ip-sysctl.rst: 2 wants the asker in the subnet of the address asked for."""

    def edit(made: list[Operation]) -> list[Operation]:
        entry = SysctlEntry("net.ipv4.conf.veth86f7e437.arp_ignore", level)
        return [*made, Operation(NODE, entry, "test")]

    sent = Network(Cluster(), "kindnet", "ptp").edited({NODE: [edit]}).send("a", "b", cold=True)
    assert (sent.traces[0].disposition == "delivered") == answers
    if not answers:
        question = next(trace for trace in sent.traces if trace.name == "arp")
        assert str(question.steps[-1].entry) == "net.ipv4.conf.veth86f7e437.arp_ignore = 2"
