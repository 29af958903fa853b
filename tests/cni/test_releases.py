"""What the releases of plugins write otherwise, each line beside the recording or the source that says so."""

from __future__ import annotations

import pytest

import packetwalk
from packetwalk.cni import plugin, plugins
from packetwalk.errors import BadInput
from packetwalk.plan.cluster import Cluster
from packetwalk.tables.iptables import IPTABLES
from packetwalk.walks.network import Network

NODE = "kind-worker"
OLDER = [(name, each.name) for name, found in plugins().items() for each in found.releases[1:]]


def lines(name: str, mode: str, release: str | None, underlay: str = "flat") -> set[str]:
    network = Network(Cluster(underlay=underlay), name, mode, release=release)
    return {str(op.entry) for op in network.plan(NODE) if op.netns == NODE}


@pytest.mark.parametrize("name", plugins())
def test_releases_have_names_of_their_own_and_say_what_they_hold_for(name: str) -> None:
    found = plugins()[name]
    names = [each.name for each in found.releases]
    assert len(set(names)) == len(names) > 0
    assert all(each.name in each.version for each in found.releases)
    assert len(names) == 1 or all(each.evidence for each in found.releases)


def test_the_newest_is_meant_where_nobody_names_one() -> None:
    calico = plugin("calico")
    assert (calico.release.name, calico.other) == ("3.33", None)
    assert plugin("calico", "3.33") == calico
    old = plugin("calico", "3.32")
    assert (old.release.name, old.other, old.version) == ("3.32", "3.32", "Calico v3.32.1")
    assert {each.name for each in old.releases} == {each.name for each in calico.releases}


def test_a_release_that_nobody_knows_is_one_line() -> None:
    proxies = "kube-proxy-1.36, kube-proxy-1.37, kube-proxy-1.35, kube-proxy-1.34"
    for name, valid in (("calico", f"3.33, 3.32, {proxies}"), ("weave", f"2.9.0, {proxies}")):
        with pytest.raises(BadInput, match=f"release of {name}: '1' is not valid; valid: {valid}$"):
            packetwalk.walk(name, release="1")


@pytest.mark.parametrize(("name", "release"), OLDER)
def test_an_older_release_differs_somewhere(name: str, release: str) -> None:
    modes = [mode.name for mode in plugin(name).modes]
    assert [mode for mode in modes if lines(name, mode, release) != lines(name, mode, None)]


# mode, underlay, a line of 3.33, what stood in its place in 3.32; recorded: calico-3.33-ipip-control-plane and
# calico-3.33-vxlan-iptables; 3.32 by bird_ipam.cfg.template, same subnets and WireGuard in 3.33 by route_mgr.go
TO = "10.244.110.128/26 via"
CALICO = [
    ("ipip", "flat", "blackhole 10.244.162.128/26 proto 80", "blackhole 10.244.162.128/26 proto bird"),
    (
        "ipip",
        "flat",
        f"{TO} 172.18.0.4 dev tunl0 proto 80 onlink mtu 1480",
        f"{TO} 172.18.0.4 dev tunl0 proto bird metric 1024 onlink",
    ),
    (
        "wireguard",
        "flat",
        f"{TO} 172.18.0.4 dev tunl0 proto 80 onlink mtu 1480",
        f"{TO} 172.18.0.4 dev tunl0 proto bird metric 1024 onlink",
    ),
    (
        "ipip-crosssubnet",
        "flat",
        f"{TO} 172.18.0.4 dev eth0 proto 80 onlink",
        f"{TO} 172.18.0.4 dev eth0 proto bird metric 1024",
    ),
    (
        "ipip-crosssubnet",
        "routed",
        f"{TO} 172.19.0.4 dev tunl0 proto 80 onlink mtu 1480",
        f"{TO} 172.19.0.4 dev tunl0 proto bird metric 1024 onlink",
    ),
]
UDP = (
    "-A cali-POSTROUTING -o vxlan.calico -p udp -m addrtype ! --src-type LOCAL --limit-iface-out "
    "-m addrtype --src-type LOCAL -j MASQUERADE --to-ports 4790-65535 --random-fully"
)


@pytest.mark.parametrize(("mode", "underlay", "new", "old"), CALICO)
def test_routes_of_ip_in_ip_pools(mode: str, underlay: str, new: str, old: str) -> None:
    newest, older = (lines("calico", mode, release, underlay) for release in (None, "3.32"))
    assert new in newest - older
    assert old in older - newest


@pytest.mark.parametrize("mode", ["vxlan", "vxlan-crosssubnet"])
def test_udp_into_vxlan_is_masqueraded_by_a_rule_of_its_own(mode: str) -> None:
    assert lines("calico", mode, None) - lines("calico", mode, "3.32") == {UDP}
    assert not lines("calico", mode, "3.32") - lines("calico", mode, None)


def test_without_encapsulation_nothing_has_changed() -> None:
    assert lines("calico", "bgp", None) == lines("calico", "bgp", "3.32")


@pytest.mark.parametrize("rules", ["iptables", "nftables"])
def test_a_bound_socket_gets_a_port_behind_vxlans_own(rules: str) -> None:
    """The rule is asked for UDP only: for TCP it is the next one, with any port that is free."""
    network = Network(Cluster(), "calico", "vxlan", rules=rules)

    def rewritten(proto: str):
        run = network.send("172.18.0.3", "b:8080", proto=proto, sport=4300)
        return next(step for step in run.traces[0].steps if step.event == "nat")

    udp, tcp = rewritten("udp"), rewritten("tcp")
    assert "4790-65535" in str(udp.entry) and "4790" not in str(tcp.entry)
    assert 4790 <= udp.after[-2].sport <= 65535
    assert udp.after[-3].src == network.address("a").replace("129", "128")


def test_a_lost_bgp_session_cuts_pools_of_ip_in_ip_up_to_3_32() -> None:
    def cut(release: str | None) -> set[str]:
        found = plugin("calico", release)
        return {mode.name for mode in found.modes if "bgp-down" in {f.name for f in found.faults_of(mode.name)}}

    assert cut("3.32") == {"ipip", "ipip-crosssubnet", "bgp"}
    assert cut(None) == {"bgp"}
    broken = packetwalk.walk("calico", "ipip", "cross-node", fault="bgp-down", release="3.32")
    assert (broken.disposition, broken.holds_for) == ("no_route", "Calico v3.32.1")


def test_flannel_had_five_rules_and_put_its_jumps_first() -> None:
    """That the rules are these, in this order, is compared with recordings: tests/proof/test_tables.py."""

    def chain(release: str | None, name: str) -> list[str]:
        ns = Network(Cluster(), "flannel", "vxlan", release=release).fabric.netns(NODE)
        return [rule.spec for rule in ns.entries(IPTABLES) if rule.chain == name]

    assert [len(chain(release, "FLANNEL-POSTRTG")) for release in ("0.20.2", None)] == [5, 6]
    for hook in ("POSTROUTING", "FORWARD"):
        assert "FLANNEL" in chain("0.20.2", hook)[0]
        assert "FLANNEL" in chain(None, hook)[-1]


def test_rules_of_nftables_are_newer_than_flannel_0_20_2() -> None:
    with pytest.raises(BadInput, match="rules of flannel"):
        packetwalk.walk("flannel", release="0.20.2", rules="nftables")
    assert packetwalk.walk("calico", "vxlan", release="3.32", rules="nftables").disposition == "delivered"


def test_a_walk_says_its_release_where_it_is_not_the_newest() -> None:
    old, new = (packetwalk.walk("calico", "ipip", release=each) for each in ("3.32", "3.33"))
    assert (old.options["release"], old.title) == ("3.32", "Calico ipip, 3.32: pod to pod on another node")
    assert "release" not in new.options
    assert new.title == "Calico ipip: pod to pod on another node"
