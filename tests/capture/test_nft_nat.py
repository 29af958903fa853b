"""A rule of nftables that rewrote an address is cited where the recorded ruleset leaves only one."""

from __future__ import annotations

import pytest

from packetwalk import lab
from packetwalk.capture.nft_nat import BeforeNat, NftNat
from packetwalk.walks.replay import replay

KUBE_PROXY = """table ip kube-proxy {
	set cluster-ips {
		type ipv4_addr
		elements = { 10.96.0.1, 10.96.0.80 }
	}

	set hairpin {
		type ipv4_addr . ipv4_addr . inet_proto . inet_service
		elements = { 10.1.1.2 . 10.1.1.2 . tcp . 8080 }
	}

	map service-ips {
		type ipv4_addr . inet_proto . inet_service : verdict
		elements = { 10.96.0.80 . tcp . 80 comment "web" : goto service-web,
			     10.96.0.80 . udp . 80 : goto service-dns }
	}

	map ports {
		type inet_service : ipv4_addr . inet_service
		elements = { 31000 : 10.1.1.2 . 8080, 31001 : 10.1.1.3 . 8080 }
	}

	chain nat-prerouting {
		type nat hook prerouting priority dstnat; policy accept;
		jump services
	}

	chain services {
		ip daddr @cluster-ips ip saddr != 10.1.0.0/16 meta mark set meta mark | 0x00004000
		ip daddr . meta l4proto . th dport vmap @service-ips
		ip daddr 172.18.0.3 dnat ip to tcp dport map @ports
		ip daddr 172.18.0.4 tcp dport 30000-30100 redirect to :8443
	}

	chain service-web {
		numgen random mod 2 vmap { 0 : goto endpoint-2, 1 : goto endpoint-3 }
	}

	chain endpoint-2 {
		ip saddr 10.1.1.2 meta mark set meta mark | 0x00004000
		meta l4proto tcp dnat to 10.1.1.2:8080
	}

	chain endpoint-3 {
		meta l4proto tcp dnat to 10.1.1.3:8080
	}

	chain service-dns {
		meta l4proto udp dnat to 10.1.1.2:8080
	}

	chain elsewhere {
		meta l4proto tcp dnat to 10.1.1.2:8080
	}

	chain nat-postrouting {
		type nat hook postrouting priority srcnat; policy accept;
		ip saddr 10.9.0.0/16 counter packets 0 bytes 0 masquerade
		ct status dnat ip saddr . ip daddr . meta l4proto . th dport @hairpin masquerade fully-random
		oifname "eth0" ip daddr 10.1.0.0/16 return
		oifname { "eth0", "eth1" } ip saddr 10.1.0.0/16 ip daddr != 224.0.0.0/4 masquerade fully-random
		ip saddr 10.2.0.0/16 snat to 192.0.2.1
		ip saddr 10.3.0.0/16 snat to 192.0.2.1
		ip saddr 10.3.0.0/16 masquerade
	}
}
"""


@pytest.mark.parametrize(
    ("asking", "goal", "chains"),
    [
        (("tcp", "10.1.9.9", 4000, "10.96.0.80", 80), ("10.1.1.2", 8080), ["endpoint-2"]),
        (("tcp", "10.1.9.9", 4000, "10.96.0.80", 80), ("10.1.1.3", 8080), ["endpoint-3"]),
        (("udp", "10.1.9.9", 4000, "10.96.0.80", 80), ("10.1.1.2", 8080), ["service-dns"]),
        (("tcp", "10.1.9.9", 4000, "10.96.0.80", 81), ("10.1.1.2", 8080), []),
        (("tcp", "10.1.9.9", 4000, "10.96.0.80", 80), ("10.1.1.4", 8080), []),
        (("tcp", "192.0.2.9", 4000, "172.18.0.3", 31001), ("10.1.1.3", 8080), ["services"]),
        (("tcp", "192.0.2.9", 4000, "172.18.0.4", 30001), ("172.18.0.4", 8443), ["services"]),
        (("tcp", "192.0.2.9", 4000, "172.18.0.4", 30101), ("172.18.0.4", 8443), []),
        (("udp", "192.0.2.9", 4000, "172.18.0.4", 30001), ("172.18.0.4", 8443), []),
    ],
)
def test_a_new_destination(asking: tuple, goal: tuple[str, int], chains: list[str]) -> None:
    proto, *ends = asking
    found = NftNat(KUBE_PROXY).to(BeforeNat(proto, tuple(ends)), *goal)
    assert [rule.chain for rule in found] == chains


@pytest.mark.parametrize(
    ("ends", "oif", "new", "said"),
    [
        (("10.1.1.2", 4000, "192.0.2.9", 80), "eth0", "172.18.0.3", ["oifname {"]),
        (("10.1.1.2", 4000, "192.0.2.9", 80), "eth2", "172.18.0.3", []),
        (("10.1.1.2", 4000, "10.1.7.7", 80), "eth0", "172.18.0.3", []),
        (("10.1.1.2", 4000, "10.1.7.7", 80), "eth1", "172.18.0.3", ["oifname {"]),
        (("10.1.1.2", 4000, "10.1.1.2", 8080), "cni0", "10.1.1.1", ["ct status dnat"]),
        (("10.2.1.2", 4000, "192.0.2.9", 80), "eth9", "192.0.2.1", ["ip saddr 10.2.0.0/16"]),
        (("10.2.1.2", 4000, "192.0.2.9", 80), "eth9", "192.0.2.2", []),
        (("10.9.1.2", 4000, "192.0.2.9", 80), "eth9", "172.18.0.3", []),
        (("10.3.1.2", 4000, "192.0.2.9", 80), "eth9", "192.0.2.1", ["ip saddr 10.3", "ip saddr 10.3"]),
    ],
)
def test_a_new_source(ends: tuple[str, int, str, int], oif: str, new: str, said: list[str]) -> None:
    found = NftNat(KUBE_PROXY).source(BeforeNat("tcp", ends, oif=oif), new)
    assert len(found) == len(said)
    assert all(rule.spec.startswith(start) for rule, start in zip(found, said, strict=True))


@pytest.mark.kernel
@pytest.mark.parametrize("rules", ["nftables", "iptables"])
def test_the_rule_decides_about_the_first_packet_and_conntrack_about_the_rest(rules: str) -> None:
    with lab.open("flannel", "vxlan", "netns", rules=rules) as cluster:
        walk = replay(cluster.capture("a", "web", proto="tcp"))
        own = replay(cluster.capture("kind-worker", "web", proto="tcp"))
    told = [(trace.name, step.entry) for trace in walk.traces for step in trace.steps if step.event == "nat"]
    assert [name for name, _ in told] == ["request", "reply", "ack"]
    assert "10.244.2.2" in str(told[0][1]) and "dnat" in str(told[0][1]).lower()
    assert {type(entry).__name__ for _, entry in told[1:]} == {"ConntrackEntry"}
    assert own.summary.startswith("Delivered and answered"), "a node's own address was changed on the way out"
