"""What is known about Calico 3.33, each number beside the fact it comes from.

The sections are those of the facts this was checked against: 2 pods, 3.3 routes, 3.4 IPIP, 3.5 VXLAN,
3.7 WireGuard, 3.10 MTU, 6 policy, 8 packet walks, 11 failures.
"""

from __future__ import annotations

import pytest

from packetwalk import wire
from packetwalk.cni.calico import PLUGIN as CALICO
from packetwalk.cni.calico.names import limited
from packetwalk.cni.calico.plan import interface, vtep_mac
from packetwalk.plan.cluster import Cluster, Pod
from packetwalk.tables.iptables import IPTABLES
from packetwalk.walks.network import Network
from tests.cni.calico.walked import HOST_A, NAMES, NODE, lines, on_wire, steps, walk

# section, mode, scenario, bytes of a default ping's frame between the nodes
SIZES = [
    ("8.2", "ipip", "cross-node", 98 + 20),
    ("8.3", "vxlan", "cross-node", 98 + 50),
    ("8.4", "bgp", "cross-node", 98),
    ("8.4", "ipip-crosssubnet", "cross-node", 98),
    ("8.4", "vxlan-crosssubnet", "cross-node", 98),
    ("3.1", "ipip-crosssubnet", "cross-subnet", 118),
    ("3.1", "vxlan-crosssubnet", "cross-subnet", 148),
    ("3.7", "wireguard", "cross-node", 14 + 20 + 8 + 16 + 96 + 16),
    ("8.6", "vxlan", "internet", 98),
]


@pytest.mark.parametrize(("section", "mode", "scenario", "size"), SIZES)
def test_bytes_on_the_wire(section: str, mode: str, scenario: str, size: int) -> None:
    assert wire.size(on_wire(mode, scenario)) == size, section


# section, mode, protocol names on the wire, outer TTL, outer DF when the inner packet has it
OUTER = [
    ("3.4", "ipip", "eth ip ip icmp data", 63, True),
    ("3.5", "vxlan", "eth ip udp vxlan eth ip icmp data", 64, False),
    ("3.7", "wireguard", "eth ip udp wg wg-payload", 64, False),
    ("3.6", "bgp", "eth ip icmp data", 63, True),
]


@pytest.mark.parametrize(("section", "mode", "protos", "ttl", "df"), OUTER)
def test_outer_headers(section: str, mode: str, protos: str, ttl: int, df: bool) -> None:
    stack = on_wire(mode, df=True)
    assert " ".join(header.proto for header in stack) == protos, section
    assert (stack[1].ttl, stack[1].df) == (ttl, df), section
    if mode != "bgp":
        assert (stack[1].src, stack[1].dst) == ("172.18.0.3", "172.18.0.4"), section
    assert wire.decode(wire.encode(stack)) == stack


def test_numbers_of_the_tunnels() -> None:
    """3.4: protocol 4.  3.5: UDP 4789, VNI 4096.  3.7: UDP 51820 at both ends."""
    assert on_wire("ipip")[1].protocol == 4
    assert on_wire("vxlan")[2].dport == 4789
    assert on_wire("vxlan")[3].vni == 4096
    assert on_wire("wireguard")[2][:2] == (51820, 51820)


@pytest.mark.parametrize("mode", NAMES)
def test_time_to_live_at_the_receiver(mode: str) -> None:
    """8: a forwarding node takes one: 63 at a neighbour, 62 at a pod on another node."""

    def ttl(scenario: str) -> int:
        return [header for header in steps(mode, scenario)[-1].after if header.proto == "ip"][-1].ttl

    assert (ttl("same-node"), ttl("cross-node")) == (63, 62)
    assert steps(mode)[0].after[0].ttl == 64


# section, underlay MTU, mode, pod MTU
MTUS = [
    ("3.10", 1500, "ipip", 1480),
    ("3.10", 9000, "ipip", 8980),
    ("3.10", 1460, "ipip", 1440),
    ("3.10", 1500, "ipip-crosssubnet", 1480),
    ("3.10", 1500, "vxlan", 1450),
    ("3.10", 9001, "vxlan", 8951),
    ("3.10", 1500, "vxlan-crosssubnet", 1450),
    ("3.10", 1500, "bgp", 1500),
    ("3.10", 1500, "wireguard", 1440),
    ("3.10", 9000, "wireguard", 8940),
]


@pytest.mark.parametrize(("section", "underlay", "mode", "mtu"), MTUS)
def test_mtu(section: str, underlay: int, mode: str, mtu: int) -> None:
    assert CALICO.mode(mode).pod_mtu(underlay) == mtu, section
    ns = Network(Cluster(mtu=underlay), "calico", mode).fabric.netns("a")
    assert ns.mtus["eth0"] == mtu, section


@pytest.mark.parametrize("mode", [name for name in NAMES if "crosssubnet" not in name])
def test_the_largest_packet_fills_the_underlay(mode: str) -> None:
    size = CALICO.mode(mode).pod_mtu(1500) - 28
    assert walk(mode, size=size, df=True).disposition == "delivered"
    assert wire.size(on_wire(mode, size=size, df=True)) == 1514
    assert walk(mode, size=size + 1, df=True).disposition == "too_big"


# section, what, value
NAMED = [
    ("2", interface(Pod("web-1", "", 0, 0)), "cali0761ccbeace"),
    ("2", interface(Pod("pod-a", "", 0, 0)), "cali5e1c4d6c68c"),
    ("6.5", limited("cali-pri-", "ksa.kube-system.coredns"), "cali-pri-_u2Tn2rSoAPffvE7JO6"),
    ("3.5", vtep_mac(Cluster().nodes[1]._replace(name="node-1")), "66:b3:68:28:39:8e"),
    ("3.5", vtep_mac(Cluster().nodes[1]._replace(name="node-2")), "66:c0:93:2e:56:2c"),
]


@pytest.mark.parametrize(("section", "made", "wanted"), NAMED)
def test_names_made_by_hashes(section: str, made: str, wanted: str) -> None:
    assert made == wanted, section


VTEP2 = vtep_mac(Cluster().nodes[2])
OUTGOING = "-m set --match-set cali40masq-ipam-pools src -m set ! --match-set cali40network-ip-pools dst"
# section, mode, underlay, a line of a table on kind-worker (or in pod a)
LINES = [
    ("2", "bgp", "flat", "a", "169.254.1.1 dev eth0 scope link"),
    ("2", "bgp", "flat", "a", "default via 169.254.1.1 dev eth0"),
    ("2", "bgp", "flat", "a", "inet 10.244.162.128/32 scope global eth0"),
    ("2", "bgp", "flat", NODE, f"10.244.162.128 dev {HOST_A} scope link metric 1024"),
    ("2", "ipip", "flat", NODE, f"{HOST_A}: mtu 1480 link/ether ee:ee:ee:ee:ee:ee veth"),
    ("3.3", "ipip", "flat", NODE, "blackhole 10.244.162.128/26 proto 80"),
    ("3.3", "ipip", "flat", NODE, "10.244.110.128/26 via 172.18.0.4 dev tunl0 proto 80 onlink mtu 1480"),
    ("3.3", "bgp", "flat", NODE, "10.244.110.128/26 via 172.18.0.4 dev eth0 proto bird metric 1024"),
    ("3.3", "bgp", "routed", NODE, "10.244.110.128/26 via 172.18.0.1 dev eth0 proto bird metric 1024"),
    (
        "3.3",
        "ipip-crosssubnet",
        "routed",
        NODE,
        "10.244.110.128/26 via 172.19.0.4 dev tunl0 proto 80 onlink mtu 1480",
    ),
    ("3.3", "vxlan", "flat", NODE, "blackhole 10.244.162.128/26 proto 80"),
    ("3.3", "vxlan", "flat", NODE, "10.244.110.128/26 via 10.244.110.128 dev vxlan.calico onlink mtu 1450"),
    ("3.3", "vxlan-crosssubnet", "flat", NODE, "10.244.110.128/26 via 172.18.0.4 dev eth0 proto 80 onlink"),
    ("3.5", "vxlan", "flat", NODE, f"10.244.110.128 dev vxlan.calico lladdr {VTEP2} PERMANENT"),
    ("3.5", "vxlan", "flat", NODE, f"{VTEP2} dev vxlan.calico dst 172.18.0.4 self permanent"),
    ("3.4", "ipip", "flat", NODE, "inet 10.244.162.128/32 scope global tunl0"),
    ("3.7", "wireguard", "flat", NODE, "99:\tnot from all fwmark 0x200000/0x200000 lookup 1"),
    ("3.7", "wireguard", "flat", NODE, "10.244.110.128/26 dev wireguard.cali scope link"),
    ("3.7", "wireguard", "flat", NODE, "throw 10.244.162.128/26"),
    ("6.5", "ipip", "flat", NODE, f"-A cali-from-wl-dispatch -i {HOST_A} -g cali-fw-{HOST_A}"),
    ("3.5", "vxlan", "flat", NODE, "-A cali-PREROUTING -p udp -m udp --dport 4789 -j NOTRACK"),
    ("8.6", "bgp", "flat", NODE, f"-A cali-nat-outgoing {OUTGOING} -j MASQUERADE --random-fully"),
]


@pytest.mark.parametrize(("section", "mode", "underlay", "netns", "line"), LINES)
def test_lines_of_tables(section: str, mode: str, underlay: str, netns: str, line: str) -> None:
    assert line in lines(mode, netns, underlay), section


def test_felix_comes_first_and_last() -> None:
    """3.8: jumps are inserted at the top, except nat POSTROUTING; the final ACCEPT is appended."""
    ns = Network(Cluster(), "calico", "ipip").fabric.netns(NODE)

    def chain(table: str, name: str) -> list[str]:
        return [rule.spec for rule in ns.entries(IPTABLES) if (rule.chain_table, rule.chain) == (table, name)]

    assert chain("filter", "FORWARD")[0] == "-j cali-FORWARD"
    assert chain("filter", "FORWARD")[-1] == "-j MARK --set-xmark 0x10000/0x10000"
    assert chain("nat", "POSTROUTING")[-1] == "-j cali-POSTROUTING"
    assert "KUBE-POSTROUTING" in chain("nat", "POSTROUTING")[0]
