"""An altered plan is found out by the recordings: nothing here is equal because nothing is compared."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from packetwalk.plan.operation import Operation
from packetwalk.tables import (
    AddrEntry,
    BroadcastEntry,
    CaptureEntry,
    ConnectionEntry,
    FdbEntry,
    IpSet,
    IptablesRule,
    LinkEntry,
    MeshPeerEntry,
    NeighEntry,
    NftChain,
    NftRule,
    NftSet,
    RingEntry,
    RouteEntry,
    SysctlEntry,
    UnicastEntry,
    UserChain,
)
from tests.proof.real.compare import compare
from tests.proof.real.experiment import RealExperiment
from tests.proof.real.recording import RealRecording
from tests.proof.real.replayed import lines, network, walked

SLEEVE, POLICY = "weave-2.9.0-sleeve", "weave-2.9.0-policy"
FLANNEL, VXLAN, BGP = "flannel-vxlan-0.28.9-iptables", "calico-3.33-vxlan-iptables", "calico-3.33-bgp-mesh"
NFTABLES, CALICO_NFTABLES = "flannel-vxlan-0.28.9-nftables", "calico-3.33-vxlan-nftables"
Edit = Callable[[list[Operation]], list[Operation]]


def _changed(kind: type, word: str, **fields: object) -> Edit:
    def edit(plan: list[Operation]) -> list[Operation]:
        found = [op for op in plan if isinstance(op.entry, kind) and word in str(op.entry)]
        assert found, "alters nothing"
        return [
            op._replace(entry=op.entry._replace(**fields)) if op is found[0] else op  # type: ignore[attr-defined]
            for op in plan
        ]

    return edit


def _gone(kind: type, word: str) -> Edit:
    def edit(plan: list[Operation]) -> list[Operation]:
        found = [op for op in plan if isinstance(op.entry, kind) and word in str(op.entry)]
        assert found, "alters nothing"
        return [op for op in plan if op is not found[0]]

    return edit


def _first(word: str, kind: type = IptablesRule) -> Edit:
    """Move a rule before all others of its chain, or a set before the others."""

    def edit(plan: list[Operation]) -> list[Operation]:
        (found,) = [op for op in plan if isinstance(op.entry, kind) and word in str(op.entry)]
        return [found, *(op for op in plan if op is not found)]

    return edit


ALTERATIONS = {
    "a rule moved": (FLANNEL, "iptables/nat", _first("-s 10.244.1.0/24 -d 10.244.0.0/16")),
    "a jump appended": (FLANNEL, "iptables/filter", _changed(IptablesRule, "KUBE-FORWARD", inserted=False)),
    "a canary missing": (FLANNEL, "iptables/mangle", _gone(UserChain, "KUBE-PROXY-CANARY")),
    "an endpoint's share": (
        FLANNEL,
        "iptables/nat",
        _changed(IptablesRule, "0.33333333349", spec="-j KUBE-MARK-MASQ"),
    ),
    "a forwarding entry": (FLANNEL, "fdb", _gone(FdbEntry, "dst 172.18.0.3")),
    "a mark": (
        VXLAN,
        "iptables/raw",
        _changed(IptablesRule, "0x1b0000", spec="-j MARK --set-xmark 0x0/0x1f0000"),
    ),
    "a metric dropped": (VXLAN, "route", _changed(RouteEntry, "metric 1024", metric=0)),
    "a route's mtu": (VXLAN, "route", _changed(RouteEntry, "mtu 1450", mtu=None)),
    "a neighbour for a pod": (
        VXLAN,
        "neigh",
        _changed(NeighEntry, "vxlan.calico", dst="10.244.40.129", dev="cali64ff110b497"),
    ),
    "a set's member": (VXLAN, "ipset", _changed(IpSet, "cali40this-host", members=("127.0.0.1",))),
    "a chain for hosts": (BGP, "iptables/filter", _gone(IptablesRule, "cali-to-hep-forward")),
    "who wrote a route": (BGP, "route", _changed(RouteEntry, "proto bird metric", protocol="80")),
    "a rule of nftables moved": (NFTABLES, "nft", _first("vmap @service-ips", NftRule)),
    "a rule of nftables dropped": (NFTABLES, "nft", _gone(NftRule, "Drop traffic to unallocated")),
    "an element of a map": (NFTABLES, "nft", _changed(NftSet, "map service-nodeports", elements=())),
    "a chain's priority": (
        NFTABLES,
        "nft",
        _changed(NftChain, "priority srcnat", hook="type nat hook postrouting priority 99; policy accept;"),
    ),
    "a dispatch by interface": (CALICO_NFTABLES, "nft", _gone(NftRule, "iifname vmap @filter-cali-from-wl")),
    "a mark of nftables": (
        CALICO_NFTABLES,
        "nft",
        _changed(
            NftRule, "& 0xffe5ffff", spec="counter packets 0 bytes 0 meta mark set meta mark & 0xffe4ffff"
        ),
    ),
    "a pod's own address": (VXLAN, "nft", _gone(NftRule, "arp saddr ip 10.244.40.129")),
    "a setting": (BGP, "sysctl", _changed(SysctlEntry, "route_localnet", value="0")),
    "a pod in no set": (SLEEVE, "ipset", _changed(IpSet, "weave-k?Z", members=())),
    "a namespace's set": (SLEEVE, "ipset", _gone(IpSet, "weave-4vtqMI")),
    "sets in another order": (POLICY, "ipset", _first("weave-b2Fp8t9", IpSet)),
    "a set without room for comments": (POLICY, "ipset", _changed(IpSet, "weave-s_", options="")),
    "a rule of another namespace": (POLICY, "iptables/filter", _gone(IptablesRule, "namespace: other")),
    "a drop at the end": (
        SLEEVE,
        "iptables/filter",
        _changed(UserChain, "EGRESS-CUSTOM", chain="WEAVE-NPC-EGRESS-DROP"),
    ),
    "weaver's own port": (SLEEVE, "iptables/filter", _first("-A INPUT -i weave")),
    "a chain to notice a flush": (POLICY, "iptables/mangle", _gone(UserChain, "WEAVE-CANARY")),
    "a rule in a pod": (SLEEVE, "iptables/filter", _gone(IptablesRule, "-i eth0 -j DROP"), "p1a"),
    "a broadcast address": (SLEEVE, "addr", _changed(AddrEntry, "10.40.0.1", brd=False), "p1a"),
    "a part of the ring": (SLEEVE, "ipam", _changed(RingEntry, "10.38.0.0", size=262144)),
    "who dialled": (SLEEVE, "connections", _changed(ConnectionEntry, "172.18.0.4", port=6783)),
    "a way to a peer": (SLEEVE, "unicast", _changed(UnicastEntry, "ba:d2", via="1e:f8:b4:e0:9e:99")),
    "copies for everybody": (SLEEVE, "broadcast", _changed(BroadcastEntry, "fe:b7", via=())),
    "a peer without connections": (SLEEVE, "peers", _changed(MeshPeerEntry, '"n3"', connections=())),
    "a socket": (SLEEVE, "capture", _gone(CaptureEntry, "vethwe-pcap")),
}


PACKETS = {
    "hairpin off": ("23-clusterip-hairpin", _changed(LinkEntry, "vethwepl7e77de3", hairpin=False)),
    "a bound socket keeps its address": (
        "10-cross-n1-n2-node-to-remote-pod-bound",
        _gone(IptablesRule, "WEAVE ! -s 10.32.0.0/12"),
    ),
    "pods keep theirs outside": ("31-pod-to-outside-ping", _gone(IptablesRule, "WEAVE -s 10.32.0.0/12 ! -d")),
    "a Service that is refused": ("27-clusterip-no-endpoint", _gone(IptablesRule, "-i weave ! -o weave")),
    "everything from outside is masqueraded": (
        "41-outside-to-local-pod-via-n1",
        _gone(IptablesRule, "weaver-no-masq-local"),
    ),
    "a smaller MTU": ("10-cross-n1-n2-ping-max-df", _changed(ConnectionEntry, "172.18.0.3", mtu=1414)),
    "no relay": ("60-relay-ping-warm", _changed(UnicastEntry, "ba:d2", via="ba:d2:ed:b0:d1:ba")),
    "another gateway": (
        "34-pod-to-outside-traceroute",
        _changed(IptablesRule, "-i weave ! -o weave", spec="-i weave ! -o weave -j REJECT"),
    ),
}


@pytest.mark.parametrize("name", PACKETS)
def test_it_changes_a_recorded_packets_way(name: str) -> None:
    experiment = RealExperiment(SLEEVE, PACKETS[name][0])
    found = walked(experiment, network(experiment, {"n1": PACKETS[name][1]}))
    assert sorted(lines(experiment, found.model)) != sorted(lines(experiment, found.recorded))


@pytest.mark.parametrize("name", ALTERATIONS)
def test_it_is_found(name: str) -> None:
    recording, table, edit, *where = ALTERATIONS[name]
    netns = where[0] if where else "n1"
    found = RealRecording(recording)
    found.network = found.network.edited({netns: [edit]})
    assert [(each.netns, each.table) for each in compare(found) if each.differences] == [(netns, table)]
