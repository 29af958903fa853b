"""The evaluator of nftables: what it knows, what it refuses, and what a map or a draw makes of a packet."""

from __future__ import annotations

import re

import pytest

from packetwalk.cni import plugins
from packetwalk.datapath.fib import Fib
from packetwalk.datapath.matches import Aside, MachineTables, View
from packetwalk.datapath.nftables.words import WordReader
from packetwalk.errors import BadInput
from packetwalk.plan.cluster import Cluster
from packetwalk.tables import NftRule, NftSet
from packetwalk.walks.network import Network
from packetwalk.walks.scenario import walk

TABLE = "ip made"
STATE = MachineTables(Fib([], [], lambda *said: None), {"172.18.0.2": "eth0", "10.244.1.1": "cni0"}, {})  # type: ignore[arg-type]
SETS = {
    each.name: each
    for each in (
        NftSet(TABLE, "few", "ipv4_addr", ("10.96.0.80", "10.96.0.81")),
        NftSet(TABLE, "pools", "ipv4_addr", ("10.244.0.0/16",), flags="interval"),
        NftSet(TABLE, "seen", "ipv4_addr", flags="dynamic,timeout", timeout="3h"),
        NftSet(
            TABLE,
            "where",
            "ipv4_addr . inet_proto . inet_service : verdict",
            ('10.96.0.80 . tcp . 80 comment "web" : goto web', "10.96.0.80 . udp . 80 : drop"),
        ),
        NftSet(TABLE, "ports", "ipv4_addr . inet_proto . inet_service", ("10.96.0.80 . tcp . 80",)),
        NftSet(TABLE, "pods", "ifname : verdict", ('"cali1" : goto of-cali1',)),
    )
}
PACKET = View("tcp", "10.244.1.2", 40000, "10.96.0.80", 80, "cali1", "eth0", 0, "NEW")
DNATTED = PACKET._replace(aside=Aside(None, None, None, False, frozenset({"dst"})))


def verdict(spec: str, packet: View = PACKET) -> str:
    return WordReader(SETS, STATE).rule(NftRule(TABLE, "chain", spec)).ask(packet).verdict


@pytest.mark.parametrize(
    ("spec", "holds"),
    [
        ("ip daddr @few", True),
        ("ip daddr != @few", False),
        ("ip saddr @pools", True),
        ("ip saddr @few", False),
        ("ip saddr @seen", False),
        ("ip saddr 10.244.0.0/16", True),
        ("ip saddr != 10.244.1.0/24", False),
        ("ip saddr != { 10.0.0.0/24, 10.244.1.0/24 }", False),
        ("ip saddr { 10.0.0.0/24, 10.244.1.0/24 }", True),
        ("meta l4proto tcp", True),
        ("meta l4proto ipencap", False),
        ("meta nfproto ipv4", True),
        ("meta nfproto ipv6", False),
        ("meta nfproto != ipv6", True),
        ("ip6 saddr fd00::/8", False),
        ("icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert }", False),
        ("tcp dport 80", True),
        ("udp dport 80", False),
        ('iifname "cali*"', True),
        ('oifname "cali*"', False),
        ('oifname "eth0"', True),
        ("ct state new", True),
        ("ct state established,related", False),
        ("ct status dnat", False),
        ("ct status != dnat", True),
        ("meta mark & 0x00004000 != 0x00000000", False),
        ("meta mark & 0x00004000 == 0x00000000", True),
        ("meta mark 0x00004000", False),
        ("meta mark set meta mark | 0x00004000 meta mark & 0x00004000 == 0x00004000", True),
        ("fib daddr type local", False),
        ("fib saddr . oif type != local", True),
        ("counter packets 0 bytes 0", True),
        ("tcp dport { 22, 79-81 }", True),
        ("tcp dport != { 22, 79-81 }", False),
        ("tcp sport != 40000-40010", False),
        ("udp sport != 1", False),
        ("ip daddr . meta l4proto . tcp dport @ports", True),
        ("ip daddr . meta l4proto . th dport != @ports", False),
        ("ip saddr . meta l4proto . tcp sport != @ports", True),
        ("ip saddr . meta l4proto . udp sport != @ports", False),
        ("meta mark set meta mark & 0xffefffff | 0x00080000 meta mark & 0x00180000 == 0x00080000", True),
        ('log prefix "calico-packet: " level info', True),
        ("icmp type echo-request", False),
        ("icmp type != echo-request", False),
    ],
)
def test_a_match_holds_or_not(spec: str, *, holds: bool) -> None:
    assert verdict(f'{spec} drop comment "why, as it says"') == ("drop" if holds else "")


ECHO = View("icmp", "10.244.1.2", 0, "10.96.0.80", 0, aside=Aside(None, None, None, False, icmp=(8, 0)))


@pytest.mark.parametrize(
    ("spec", "holds"),
    [
        ("icmp type echo-request", True),
        ("icmp type != echo-request", False),
        ("icmp type echo-reply", False),
        ("icmp type echo-request icmp code net-unreachable", True),
        ("icmp type != destination-unreachable icmp code != 0", False),
        ("icmp type 40", False),
    ],
)
def test_types_and_codes_of_icmp(spec: str, *, holds: bool) -> None:
    assert verdict(f"{spec} drop", ECHO) == ("drop" if holds else "")


def test_continue_goes_on() -> None:
    assert verdict("continue") == ""


def test_a_connection_whose_destination_was_changed_has_the_status_dnat() -> None:
    assert verdict("ct status dnat drop", DNATTED) == "drop"


def test_a_map_leads_on_or_ends_the_rule() -> None:
    asked = "ip daddr . meta l4proto . th dport vmap @where"
    assert verdict(asked) == "goto web"
    assert verdict(asked, PACKET._replace(protocol="udp")) == "drop"
    assert verdict(asked, PACKET._replace(dport=81)) == ""
    assert verdict("iifname vmap @pods") == "goto of-cali1"


def test_a_draw_depends_on_the_ends_of_the_connection_alone() -> None:
    rule = WordReader(SETS, STATE).rule(
        NftRule(
            TABLE,
            "chain",
            "meta l4proto tcp dnat ip to numgen random mod 2 map { 0 : 10.0.0.1 . 80, 1 : 10.0.0.2 . 80 }",
        )
    )
    drawn = [rule.ask(PACKET._replace(sport=port, mark=port)).verdict for port in range(40000, 40400)]
    assert set(drawn) == {"dnat 10.0.0.1:80", "dnat 10.0.0.2:80"}
    assert 120 < drawn.count("dnat 10.0.0.1:80") < 280
    assert rule.ask(PACKET._replace(mark=7)).verdict == rule.ask(PACKET).verdict


@pytest.mark.parametrize(
    "spec",
    [
        "meta iif 3 drop",
        "ip saddr @nobody drop",
        "tcp flags syn drop",
        "ip daddr . tcp dport vmap @where",
        "reject with icmp host-unreachable",
        "drop accept",
        "continue accept",
        "icmp type ping drop",
        "ip daddr . tcp dport @ports drop",
        "masquerade to :1024-2048 persistent",
        "limit rate 3/second drop",
        "fib saddr oif 3 drop",
        "notrack drop",
    ],
)
def test_what_is_not_known_is_refused_in_one_line(spec: str) -> None:
    with pytest.raises(ValueError, match=re.escape(f"nft rule {spec!r}: ")) as said:
        verdict(spec)
    assert "\n" not in str(said.value)


def test_a_plugin_without_that_form_says_so() -> None:
    lacking = [each for each in plugins().values() if "nftables" not in each.rules]
    assert lacking
    for each in lacking:
        with pytest.raises(BadInput, match=f"rules of {each.name}: 'nftables' is not valid; valid: iptables"):
            Network(Cluster(), each.name, rules="nftables")


@pytest.mark.parametrize("asked", ["10.96.0.200:80", "10.96.0.80:81"])
def test_the_rule_of_nftables_is_the_line_that_decides(asked: str) -> None:
    found = walk("flannel", "vxlan", src="a", dst=asked, rules="nftables")
    step = found.traces[0].steps[-1]
    (cited,) = [each["entry"] for each in found.to_json()["traces"][0]["steps"] if each["seq"] == step.seq]
    listed = found.to_json()["tables"][cited["id"]]
    assert listed["command"] == "nft list chain ip kube-proxy cluster-ips-check"
    assert listed["lines"][cited["index"]].strip() == cited["line"] == str(step.entry)
    assert cited["by"] == "kube-proxy"
