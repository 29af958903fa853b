"""The tables that flanneld, the CNI plugins and the kernel made, against those of the model."""

from __future__ import annotations

import pytest

from packetwalk.tables import ChainPolicy, LinkEntry
from packetwalk.tables.iptables import IPTABLES
from packetwalk.tables.neighbour import NEIGHBOURS
from packetwalk.tables.route import ROUTES
from tests.proof import differences
from tests.proof.cluster import RecordedNetwork
from tests.proof.recording import RecordedState

MODES = ("vxlan", "vxlan-directrouting", "host-gw")
PLACES = [
    (mode, netns)
    for mode in MODES
    for netns in ("n1", "n2", "n3", "p1a", "p1b", "p2a", "p2b", "p3a", "p3b", "rt", "ext")
]


@pytest.fixture(scope="module")
def networks() -> dict[str, RecordedNetwork]:
    return {mode: RecordedNetwork(RecordedState(mode), mode) for mode in MODES}


@pytest.fixture(params=PLACES, ids="/".join)
def pair(request: pytest.FixtureRequest, networks: dict[str, RecordedNetwork]):
    """(the network, the recorded namespace's name, the model's namespace)."""
    mode, netns = request.param
    network = networks[mode]
    name = {"rt": "router", "ext": "internet"}.get(netns, netns)
    return network, netns, network.fabric.netns(name)


def same(recorded, model) -> None:
    """Compare two tables line by line, whatever their order."""
    there, here = sorted(map(str, recorded)), sorted(map(str, model))
    assert [f"recorded only: {x}" for x in there if x not in here] + [
        f"model only: {x}" for x in here if x not in there
    ] == []
    assert len(there) == len(here)


def named(network: RecordedNetwork, netns: str, entries):
    """Write recorded entries with the model's device names and MACs."""

    def device(name: str | None) -> str | None:
        return network.devices.get((netns, name), (netns, name))[1]

    def mac(address: str | None) -> str | None:
        return network.macs.get(address, address)

    change = dict.fromkeys(("dev", "ifname", "master", "link"), device) | dict.fromkeys(
        ("lladdr", "mac", "address"), mac
    )
    return [
        entry._replace(
            **{field: change[field](getattr(entry, field)) for field in entry._fields if field in change}
        )
        for entry in entries
    ]


def test_routes(pair) -> None:
    network, netns, model = pair
    same(named(network, netns, network.state.routes(netns)), model.entries(ROUTES))


def test_addresses(pair) -> None:
    network, netns, model = pair
    recorded = named(network, netns, network.state.addresses(netns))
    assert not any(entry.brd for entry in recorded)
    same(recorded, map(differences.plain, model.addrs))


def test_links(pair) -> None:
    network, netns, model = pair
    recorded = [differences.nic(entry) for entry in named(network, netns, network.state.links(netns))]
    same(recorded, [LinkEntry(*entry)._replace(peer=None) for entry in model.links.values()])


def test_permanent_neighbours(pair) -> None:
    network, netns, model = pair
    recorded = named(network, netns, network.state.neighbours(netns))
    same([n for n in recorded if n.state == "PERMANENT"], model.neighs.values())


def test_learnt_neighbours(pair) -> None:
    """What ARP found out is what the model's ARP finds out, asked for the same addresses."""
    network, netns, model = pair
    for entry in named(network, netns, network.state.neighbours(netns)):
        if entry.state == "PERMANENT" or differences.not_modelled(entry.dst):
            continue
        run = network.send(model.name, entry.dst, cold=True)
        assert run.learnt[model.name, NEIGHBOURS.name, entry.dev, entry.dst].lladdr == entry.lladdr


def test_permanent_forwarding_entries(pair) -> None:
    network, netns, model = pair
    recorded = named(network, netns, network.state.forwarding(netns))
    same([f for f in recorded if f.state == "permanent"], model.fdb.values())


def test_learnt_forwarding_entries(pair) -> None:
    """Behind each port of cni0 is the pod that the bridge saw there."""
    network, netns, model = pair
    for entry in named(network, netns, network.state.forwarding(netns)):
        if entry.state == "permanent":
            continue
        pod = model.links[entry.ifname].peer[0]
        assert entry.mac == network.fabric.netns(pod).links["eth0"].address


def test_rules(pair) -> None:
    network, netns, model = pair
    same(
        [rule for rule in network.state.rules(netns) if not isinstance(rule, ChainPolicy)],
        [rule for rule in model.entries(IPTABLES) if not isinstance(rule, ChainPolicy)],
    )


def test_rules_stand_in_the_recorded_order(pair) -> None:
    network, netns, model = pair

    def chains(rules) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for rule in rules:
            if not isinstance(rule, ChainPolicy):
                found.setdefault(f"{rule.chain_table} {rule.chain}", []).append(rule.spec)
        return found

    assert chains(network.state.rules(netns)) == chains(model.entries(IPTABLES))


def test_policies(pair) -> None:
    network, netns, model = pair
    recorded = [rule for rule in network.state.rules(netns) if isinstance(rule, ChainPolicy)]
    assert {policy.target for policy in recorded} <= {"ACCEPT"}
    assert not [each for each in model.entries(IPTABLES) if isinstance(each, ChainPolicy)]


@pytest.mark.parametrize("mode", ["vxlan", "vxlan-directrouting"])
@pytest.mark.parametrize("node", ["n1", "n2", "n3"])
def test_vxlan_attributes(mode: str, node: str) -> None:
    """ttl 0 and df unset are what the model writes into outer headers: 64, and no DF."""
    for data in RecordedState(mode).vxlan_attributes(node):
        assert (data["ttl"], data["df"], data["udp_csum"], data["learning"]) == (0, "unset", True, False)
        assert data["port_range"] == {"low": 0, "high": 0}


@pytest.mark.parametrize("key", ["net.ipv4.ip_forward", "net.bridge.bridge-nf-call-iptables"])
@pytest.mark.parametrize("node", ["n1", "n2", "n3", "rt"])
def test_sysctls(networks, node: str, key: str) -> None:
    network = networks["vxlan"]
    model = network.fabric.netns({"rt": "router"}.get(node, node))
    assert model.sysctl(key) == network.state.sysctl(node, key)


def test_routes_are_printed_in_the_kernels_order(pair) -> None:
    network, netns, model = pair
    recorded = [str(r) for r in named(network, netns, network.state.routes(netns))]
    if netns == "rt":  # its NICs have other numbers in the model
        recorded = [line for line in recorded if " dev lo " in line]
    printed = [str(r) for r in ROUTES.in_order(model.entries(ROUTES))]
    assert [line for line in printed if line in recorded] == recorded


@pytest.mark.parametrize("netns", ["n1", "p1a"])
@pytest.mark.parametrize("table", ["routes", "addresses"])
def test_a_stale_cni0(netns: str, table: str) -> None:
    """What the refused CNI ADD left behind is what the fault makes."""
    network = RecordedNetwork(RecordedState("stale-cni0"), "vxlan", "stale-cni0")
    model = network.fabric.netns(netns)
    recorded = getattr(network.state, table)(netns)
    same(named(network, netns, recorded), model.entries(ROUTES) if table == "routes" else map(differences.plain, model.addrs))


def test_a_router_of_1400() -> None:
    """The recorded router's routes carry the MTU that the walks of this folder are sent with."""
    routes = [r for r in RecordedState("mtu-router-1400").routes("rt") if r.mtu]
    assert {(r.dst, r.mtu) for r in routes} == {("172.18.0.0/16", 1400), ("172.19.0.0/16", 1400)}
