"""The small networks of Linux show what their chapters say."""

from __future__ import annotations

import pytest

from packetwalk import BadInput
from packetwalk.walks.linux import NETWORKS, walk_linux


def names(walk) -> list[str]:
    return [trace.name for trace in walk.traces]


def test_every_trip_of_every_network_in_every_variant() -> None:
    for network in NETWORKS.values():
        for trip in network.trips:
            for variant in (None, *(v.name for v in network.variants)):
                assert walk_linux(network.name, trip.name, variant=variant).steps


def test_a_new_namespace_reaches_nothing_not_even_itself() -> None:
    assert walk_linux("netns").disposition == "no_route"
    assert walk_linux("netns", "itself").disposition == "no_route"
    assert walk_linux("netns", "itself", variant="lo-up").disposition == "delivered"


def test_a_cable_changes_nothing() -> None:
    crossing = [s for s in walk_linux("veth").steps if s.event in ("egress", "ingress")]
    assert crossing[0].after == crossing[1].after


def test_a_bridge_floods_the_first_question_and_not_the_data() -> None:
    cold, warm = walk_linux("bridge"), walk_linux("bridge", cold=False)
    assert names(cold).count("copy") == 3 and "green" in {s.netns for s in cold.steps}
    assert names(warm) == ["request", "reply"] and "green" not in {s.netns for s in warm.steps}


@pytest.mark.parametrize(
    ("trip", "line"),
    [
        ("longest", "198.51.100.0/25 via 192.0.2.2 dev eth0"),
        ("metric", "198.51.100.0/24 via 203.0.113.1 dev eth0 onlink"),
        ("default", "default via 192.0.2.254 dev eth0"),
    ],
)
def test_the_longest_prefix_wins_then_the_lowest_metric(trip: str, line: str) -> None:
    route = next(s for s in walk_linux("route", trip).steps if s.event == "route")
    assert str(route.entry) == line


def test_a_neighbour_that_nobody_is_and_one_that_is_written_down() -> None:
    assert walk_linux("neigh", "nobody").disposition == "neighbor_unreachable"
    written = walk_linux("neigh", "written-down")
    assert written.disposition == "dropped" and "arp" not in names(written)


def test_the_same_gap_two_outcomes() -> None:
    assert walk_linux("fdb", "bridge", variant="no-entry").disposition == "delivered"
    assert walk_linux("fdb", "vxlan", variant="no-entry").disposition == "dropped"


def test_the_nat_table_is_asked_once() -> None:
    steps = walk_linux("netfilter").steps
    rules = [str(s.entry) for s in steps if s.event == "nat"]
    assert rules[0].endswith("MASQUERADE") and rules[1].startswith("icmp src=10.0.0.2")
    assert len(rules) == 2


def test_wrong_names_list_the_right_ones() -> None:
    with pytest.raises(BadInput, match="valid: netns, veth"):
        walk_linux("router")
    with pytest.raises(BadInput, match="valid: across"):
        walk_linux("veth", "up")
