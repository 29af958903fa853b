"""What must hold for every packet in every cluster, whatever is broken in it."""

from __future__ import annotations

import random
from dataclasses import replace
from functools import cache
from ipaddress import IPv4Address, IPv4Network
from typing import NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from packetwalk import wire
from packetwalk.cni import plugin
from packetwalk.datapath.run import Run
from packetwalk.plan.cluster import INTERNET, ROUTER, Cluster
from packetwalk.tables import FdbEntry, NeighEntry, RouteEntry
from packetwalk.tables.route import ROUTES
from packetwalk.trace.packet import Packet
from packetwalk.trace.step import DISPOSITIONS, EVENTS, Step, Trace
from packetwalk.walks.listing import Listings
from packetwalk.walks.network import Network
from packetwalk.wire import Ethernet, Ipv4

FLANNEL = plugin("flannel")
SETTINGS = settings(
    max_examples=150,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
NOBODY = (
    "10.244.200.9",
    "10.244.1.99",
    "172.18.0.99",
    "172.19.0.99",
    "198.51.100.7",
    "10.96.0.7",
    "127.0.0.1",
    "10.244.1.0",
    "10.244.1.1",
)
LISTED = {"route", "neigh", "fdb", "iptables", "link"}


class DrawnCase(NamedTuple):
    """One packet in one cluster."""

    nodes: int
    pods: int
    underlay: str
    mode: str
    fault: str | None
    src: str
    dst: str
    packet: Packet

    def network(self) -> Network:
        """Build the cluster anew."""
        return Network(
            Cluster(self.nodes, self.pods, underlay=self.underlay), "flannel", self.mode, self.fault
        )

    def send(self, network: Network) -> Run:
        """Send the packet."""
        return network.send(self.src, self.dst, self.packet)


@cache
def faults(mode: str) -> list[str | None]:
    return [None, None, *(fault.name for fault in FLANNEL.faults_of(mode))]


@st.composite
def cases(draw: st.DrawFn) -> DrawnCase:
    mode = draw(st.sampled_from([mode.name for mode in FLANNEL.modes]))
    nodes = draw(st.integers(2, 6) | st.integers(2, 300))
    pods = draw(st.integers(1, 3))
    underlay = draw(st.sampled_from(["flat", "routed"]))
    cluster = Cluster(nodes, pods, underlay=underlay)
    few = st.integers(0, min(4, nodes - 1))
    pod = st.builds(lambda n, k: cluster.pods[n * pods + k].name, few, st.integers(0, pods - 1))
    node = st.builds(lambda n: cluster.nodes[n].name, few)
    service = st.sampled_from([service.name for service in cluster.services])
    src = draw(pod | pod | node | st.just(INTERNET))
    dst = draw(pod | pod | node | service | st.sampled_from([INTERNET, ROUTER, *NOBODY]))
    proto = draw(st.sampled_from(["icmp", "udp", "tcp"]))
    size = draw(st.integers(1, 100) | st.integers(1300, 1500) | st.integers(1, 9000))
    ttl = draw(st.sampled_from([64, 64, 1, 2, 3, 4, 255]))
    return DrawnCase(
        nodes,
        pods,
        underlay,
        mode,
        draw(st.sampled_from(faults(mode))),
        src,
        dst,
        Packet(proto, size, draw(st.booleans()), ttl, draw(st.booleans())),
    )


@given(cases())
@SETTINGS
def test_every_walk_is_sound(case: DrawnCase) -> None:
    network = case.network()
    run = case.send(network)
    for trace in run.traces:
        chained(trace)
        time_to_live(trace)
        for one, other in zip(trace.steps, (*trace.steps[1:], None), strict=True):
            frame(network, one, other)
            if isinstance(one.entry, RouteEntry) and one.event in ("route", "drop"):
                longest_match(network, one)
    order = [step.seq for trace in run.traces for step in trace.steps]
    assert sorted(order) == list(range(len(order)))
    cited(run)


def chained(trace: Trace) -> None:
    """A step begins with what the one before it left, and nothing follows a drop."""
    assert trace.steps and trace.steps[0].before == ()
    for one, other in zip(trace.steps, trace.steps[1:], strict=False):
        assert one.after == other.before
        assert one.seq < other.seq
        assert one.event != "drop"
    assert trace.disposition in DISPOSITIONS
    assert (trace.steps[-1].event == "drop") == (trace.disposition != "delivered")
    assert {step.event for step in trace.steps} <= set(EVENTS)


def time_to_live(trace: Trace) -> None:
    """One IP header loses one where a machine forwards; none loses anything elsewhere."""
    for step in trace.steps:
        before = [h for h in step.before if isinstance(h, Ipv4)]
        after = [h for h in step.after if isinstance(h, Ipv4)]
        if step.event in ("encap", "decap"):  # the outermost header comes or goes
            pairs = [(a, b) for a in before for b in after if (a.src, a.dst) == (b.src, b.dst)]
        else:
            pairs = list(zip(before, after, strict=False))
        fallen = [a.ttl - b.ttl for a, b in pairs]
        assert set(fallen) <= {0, 1}
        assert sum(fallen) == (step.event == "forward")


def frame(network: Network, step: Step, following: Step | None) -> None:
    """A frame survives its own bytes, fits its device, and comes out of a cable as it went in."""
    if step.event not in ("ingress", "egress"):
        return
    first = step.after[0]  # the loopback and layer-3 tunnels have no Ethernet
    assert isinstance(first, (Ethernet, Ipv4))
    assert wire.decode(wire.encode(step.after), first=first.proto) == step.after
    if step.event == "egress":
        limit = (step.mtu or 0) + (first.size if isinstance(first, Ethernet) else 0)
        # a bridge takes a packet gathered from fragments whole, and cuts it again at its port
        assert step.size <= limit or (following is not None and following.event in ("drop", "fdb"))
        if following is not None and following.event == "ingress":
            assert following.size == step.size


def longest_match(network: Network, step: Step) -> None:
    """The cited route is the kernel's choice, found here by trying all."""
    dst = IPv4Address(step.note[1])
    routes = network.fabric.netns(step.netns).entries(ROUTES)
    for table in ("local", "main"):
        fitting = [
            (net.prefixlen, -route.metric)
            for route in routes
            if route.table == table
            for net in [IPv4Network(route.dst.replace("default", "0.0.0.0/0"))]
            if dst in net
        ]
        if fitting:
            break
    cited = IPv4Network(step.entry.dst.replace("default", "0.0.0.0/0"))
    assert dst in cited
    assert (step.entry.table, cited.prefixlen, -step.entry.metric) == (table, *max(fitting))


def cited(run: Run) -> None:
    """Each cited entry stands in the listed table, in the line that is named."""
    listings = Listings(run)
    for step in (step for trace in run.traces for step in trace.steps):
        citation = listings.cite(step)
        if citation and citation["table"] in LISTED:
            lines = listings.tables[citation["id"]]["lines"]
            assert citation["index"] is not None, citation
            assert lines[citation["index"]] == citation["line"] == str(step.entry)


@given(cases())
@settings(SETTINGS, max_examples=60)
def test_what_was_sent_before_changes_nothing(case: DrawnCase) -> None:
    """The same packet again, also after others, gives the same walk as in a cluster just built."""
    network = case.network()
    first = case.send(network).traces
    assert case.send(network).traces == first
    case._replace(packet=replace(case.packet, cold=not case.packet.cold)).send(network)
    case._replace(packet=replace(case.packet, proto="icmp", ttl=64)).send(network)
    assert case.send(network).traces == first
    assert case.send(case.network()).traces == first


class Shuffled(Network):
    """A cluster whose routes, neighbours and FDB entries were written in another order."""

    seed = 0

    def _plan(self, node):
        known = node.name in self._plans
        parts = super()._plan(node)
        for name, operations in () if known else parts.items():
            kinds = (RouteEntry, NeighEntry, FdbEntry)
            places = [k for k, op in enumerate(operations) if isinstance(op.entry, kinds)]
            moved = places[:]
            random.Random(f"{self.seed} {name}").shuffle(moved)
            parts[name] = [
                operations[dict(zip(places, moved, strict=True)).get(k, k)] for k in range(len(operations))
            ]
        return parts


@given(cases(), st.integers(0, 99))
@settings(SETTINGS, max_examples=60)
def test_order_of_insertion_changes_nothing(case: DrawnCase, seed: int) -> None:
    network = Shuffled(
        Cluster(case.nodes, case.pods, underlay=case.underlay), "flannel", case.mode, case.fault
    )
    network.seed = seed
    assert case.send(network).traces == case.send(case.network()).traces


@pytest.mark.parametrize("nodes", [2, 3, 16, 255, 256, 257, 300])
@pytest.mark.parametrize("mode", [mode.name for mode in FLANNEL.modes])
def test_clusters_of_any_size(nodes: int, mode: str) -> None:
    """The first worker's pod reaches the last node's; each peer costs the same few entries."""
    network = Network(Cluster(nodes), "flannel", mode)
    last = network.cluster.pods[-1].name
    names = [trace.name for trace in network.send("a", last).traces]
    assert names[:2] == ["request", "reply"]
    entries = {
        n: len(Network(Cluster(n, services=False), "flannel", mode).plan("kind-worker"))
        for n in {2, 3, nodes}
    }
    assert 1 <= entries[3] - entries[2] <= 3
    assert entries[nodes] == entries[2] + (nodes - 2) * (entries[3] - entries[2])
