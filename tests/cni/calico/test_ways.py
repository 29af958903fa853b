"""The ways of packets through Calico 3.33; the sections are those of ``test_numbers.py``."""

from __future__ import annotations

import pytest

import packetwalk
from packetwalk import wire
from packetwalk.plan.cluster import Cluster
from packetwalk.walks.network import Network
from packetwalk.walks.pcap import pcap, pcapng
from tests.cni.calico.walked import HOST_A, HOST_B, NAMES, NODE, NODE2, A, on_wire, steps, walk


@pytest.mark.parametrize("mode", NAMES)
@pytest.mark.parametrize("proto", ["icmp", "udp", "tcp"])
@pytest.mark.parametrize("scenario", [scenario.name for scenario in packetwalk.SCENARIOS])
def test_every_mode_delivers(mode: str, scenario: str, proto: str) -> None:
    """Two exceptions: kube-proxy has no rule for ICMP to a service; and without a tunnel a router between
    the nodes would have to know the pods' blocks (3.6), which this one does not."""
    lost = (scenario.startswith("service") and proto == "icmp") or (mode, scenario) == ("bgp", "cross-subnet")
    found = walk(mode, scenario, proto=proto)
    assert found.disposition == ("no_route" if lost else "delivered")
    if lost:
        assert found.traces[0].steps[-1].netns == "router"
    found.to_json()


def test_the_pod_asks_only_for_its_gateway() -> None:
    """2: who-has 169.254.1.1, answered by proxy ARP with ee:ee:ee:ee:ee:ee; the default route decides."""
    cold = walk("ipip", "same-node", cold=True)
    question = next(trace for trace in cold.traces if trace.name == "arp")
    answer = cold.traces[cold.traces.index(question) + 1]
    assert (question.flow.src, question.flow.dst) == (A, "169.254.1.1")
    assert str(question.steps[-1].entry) == "default via 172.18.0.1 dev eth0"
    assert answer.steps[0].after[1].sha == "ee:ee:ee:ee:ee:ee"
    assert steps("ipip", "same-node", event="egress", netns="a")[0].after[0].dst == "ee:ee:ee:ee:ee:ee"


@pytest.mark.parametrize("mode", NAMES)
def test_policy_of_the_sender_then_of_the_receiver(mode: str) -> None:
    """8.1, 8.2: the egress policy of a on a's node, the ingress policy of b on b's; both on one node."""

    def chains(scenario: str) -> list[tuple[str, str]]:
        return [(step.netns, step.entry.chain) for step in steps(mode, scenario, event="policy")]

    egress, ingress = "cali-pro-kns.default", "cali-pri-kns.default"
    assert chains("cross-node") == [(NODE, egress), (NODE2, ingress)]
    assert chains("same-node") == [(NODE, egress), (NODE, ingress)]


@pytest.mark.parametrize("mode", NAMES)
def test_replies_skip_policy(mode: str) -> None:
    """6.5: the first rule of each pod's chain accepts what is established, on both nodes."""
    assert not steps(mode, trace=1, event="policy")
    entries = [str(step.entry) for step in steps(mode, trace=1, event="hook") if step.hook == "FORWARD"]
    rule = "-m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT"
    assert entries == [f"-A cali-fw-{HOST_B} {rule}", f"-A cali-tw-{HOST_A} {rule}"]


def test_vxlan_is_not_tracked() -> None:
    """3.5: neither node remembers the outer flow."""
    tables = walk("vxlan").run.conntracks
    assert {key.protocol for table in tables.values() for key in table._by_tuple} == {"icmp"}
    assert "ipencap" in {
        key.protocol for table in walk("ipip").run.conntracks.values() for key in table._by_tuple
    }


def test_wireguard_takes_its_own_table_and_its_packets_do_not() -> None:
    """3.7: rule 99 sends what is not marked to table 1; the encrypted packets are marked."""
    routes = [(step.netns, str(step.entry)) for step in steps("wireguard", event="route")]
    sender = [line for netns, line in routes if netns == NODE]
    assert sender[0].startswith("99:")
    assert sender[1] == "10.244.110.128/26 dev wireguard.cali scope link"
    assert sender[-1] == "172.18.0.0/16 dev eth0 proto kernel scope link src 172.18.0.3"
    assert (NODE2, f"10.244.110.130 dev {HOST_B} scope link metric 1024") in routes


def test_source_of_a_node() -> None:
    """8.8: with a tunnel a node speaks to remote pods from its tunnel's address, without one from its own."""
    sources = {mode: steps(mode, "node-to-pod")[0].after[0].src for mode in NAMES}
    assert sources == {
        "ipip": "10.244.162.128",
        "ipip-crosssubnet": "172.18.0.3",
        "vxlan": "10.244.162.128",
        "vxlan-crosssubnet": "172.18.0.3",
        "bgp": "172.18.0.3",
        "wireguard": "10.244.162.129",
    }


@pytest.mark.parametrize("mode", ["ipip", "wireguard"])
def test_a_capture_has_no_bare_packets_among_frames(mode: str) -> None:
    """3.4, 3.7: tunl0 and wireguard.cali have no Ethernet; pcapng says so of them, pcap leaves them out."""
    packets = wire.pcap.read_pcap(pcap(walk(mode)))
    assert all(isinstance(wire.decode(frame)[1], wire.Ipv4) for _, frame in packets)
    interfaces = wire.pcap.read_pcapng(pcapng(walk(mode)))[0]
    device = {"ipip": "tunl0", "wireguard": "wireguard.cali"}[mode]
    bare = {each.name for each in interfaces if each.linktype == 101}
    assert bare == {f"{NODE}:{device}", f"{NODE2}:{device}"}


def test_nat_outgoing() -> None:
    """8.6: to the internet with the node's address, to another pod with the pod's own."""
    assert on_wire("ipip", "internet")[1].src == "172.18.0.3"
    assert on_wire("ipip-crosssubnet")[1].src == A


def test_an_address_nobody_has_ends_in_the_blackhole() -> None:
    """3.3: the node that owns the block drops it instead of sending it along the default route."""
    run = Network(Cluster(), "calico", "ipip").send("a", "10.244.162.160")
    last = run.traces[0].steps[-1]
    assert (run.traces[0].disposition, str(last.entry)) == ("no_route", "blackhole 10.244.162.128/26 proto 80")


def test_the_node_itself_is_told_that_the_block_has_no_such_address() -> None:
    """Recorded (calico-3.33-vxlan-iptables, exp/53): connect() fails with EINVAL; a pod is told nothing."""
    own, foreign = (
        Network(Cluster(), "calico", "vxlan").send(src, "10.244.162.160").traces for src in (NODE, "b")
    )
    assert own[0].steps[-1].why.endswith("the program's call fails, Invalid argument.")
    assert foreign[0].steps[-1].why.endswith("the packet is discarded without a word.")
    assert [len(own), len(foreign)] == [1, 1]
