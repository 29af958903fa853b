"""A router outside that nodes tell of Services: the range, and one address as long as a node has an endpoint of it."""

from __future__ import annotations

import pytest

from packetwalk.control import stories
from packetwalk.control.deeds import read
from packetwalk.control.probe import network_at, spans, walk_at
from packetwalk.control.running import CONTROL_PLANES, cluster, timeline
from packetwalk.control.timeline import COMPUTED, SECOND, Message, Timeline
from packetwalk.errors import BadInput
from packetwalk.tables import RouteEntry
from packetwalk.walks.network import Network

NODES = ("kind-control-plane", "kind-worker", "kind-worker2")
SERVED = ("0 router-peers", "0 service-range on")


def made_by(*deeds: str, until: float, mode: str = "bgp") -> tuple[Timeline, Network]:
    asked = read(deeds)
    net = cluster("calico", mode, asked)
    return timeline(net, asked, round(until * SECOND), ""), net


def routes(made: Timeline, at: float, node: str = "router") -> list[str]:
    lines = made.tables(round(at * SECOND))[node]
    return sorted(
        str(each) for each in lines if isinstance(each, RouteEntry) and each.dst.startswith("10.96.")
    )


def test_the_router_has_the_range_by_one_node_and_the_address_by_the_node_of_its_endpoint() -> None:
    made, _ = stories.told(stories.story("service-announced"))
    everywhere = "10.96.0.0/16 via 172.18.0.2 dev eth0 proto bird"
    assert routes(made, 1) == []
    assert routes(made, 5) == [everywhere, "10.96.0.82 via 172.18.0.4 dev eth0 proto bird"]
    assert routes(made, 11) == [everywhere, "10.96.0.82 via 172.18.0.3 dev eth0 proto bird"]
    assert routes(made, 18) == [everywhere]
    assert [routes(made, at, node) for at in (5, 11, 18) for node in NODES] == [[]] * 9


def test_a_client_outside_is_answered_while_there_is_an_endpoint_and_then_refused_by_a_node() -> None:
    made, net = stories.told(stories.story("service-announced"))
    found = list(spans(net, made, "internet", "shop"))
    assert [each.answered for each in found] == [False, True, False, False]
    assert found[0].what == "router: No route matches 10.96.0.82."
    assert found[-1].what.startswith("kind-control-plane: ") and "REJECT" in found[-1].what
    passed = [
        {step.netns for step in walk_at(net, made, "internet", "shop", at * SECOND).traces[0].steps}
        & set(NODES)
        for at in (5, 11)
    ]
    assert passed == [{"kind-worker2"}, {"kind-worker"}]


def test_all_that_is_said_with_the_router_and_of_services_is_computed() -> None:
    made, _ = stories.told(stories.story("service-announced"))
    for each in made.of(Message):
        outside = "router" in (each.src.node, each.dst.node) or "10.96." in each.text
        assert outside <= (each.evidence == COMPUTED), each
    with_router = [x for x in made.of(Message) if "router" in (x.src.node, x.dst.node) and x.kind == "UPDATE"]
    assert len(with_router) > 6
    assert {x.src.node for x in with_router if x.text.startswith(("announce", "withdraw"))} == set(NODES)


def test_a_router_keeps_what_a_silent_peer_told_for_two_minutes_and_forgets_one_that_was_stopped() -> None:
    killed, _ = made_by(*SERVED, "10 kill kind-worker2", until=140)
    assert [len(routes(killed, at)) for at in (9, 11, 129, 131)] == [2, 2, 2, 1]
    stopped, _ = made_by(*SERVED, "10 stop kind-worker2", "20 start kind-worker2", until=40)
    assert [len(routes(stopped, at)) for at in (9, 11, 39)] == [2, 1, 2]


def test_without_the_range_no_address_is_told() -> None:
    made, _ = made_by(*SERVED, "10 service-range off", until=20)
    assert routes(made, 9) and routes(made, 19) == []


def test_every_node_with_an_endpoint_tells_of_the_address() -> None:
    """Of two that tell, the router takes the lower identifier; conditions of a node's own endpoints are not told in time."""
    made, _ = made_by(*SERVED, "5 endpoint-ready shop a", "10 endpoint-gone shop b", until=20)
    assert "10.96.0.82 via 172.18.0.3 dev eth0 proto bird" in routes(made, 6)
    with pytest.raises(BadInput, match="traffic policies"):
        made_by(*SERVED, "5 endpoint-not-ready shop b", until=20)


def test_the_router_s_lanes_stand_together_above_the_api_s() -> None:
    made, _ = stories.told(stories.story("service-announced"))
    assert [str(each) for each in made.lanes][:3] == ["router/BIRD", "router/kernel", "API/kube-apiserver"]


def test_a_router_peers_once() -> None:
    with pytest.raises(BadInput, match="one that is no peer yet"):
        made_by("0 router-peers", "1 router-peers", until=5)


@pytest.mark.parametrize("mode", [mode for plugin, mode in CONTROL_PLANES if plugin == "calico"])
def test_a_node_that_joins_has_the_plan_s_tables_in_the_end(mode: str) -> None:
    made, net = made_by("1 join kind-worker2", until=30, mode=mode)
    first, *_, last = spans(net, made, "a", "b")
    assert not first.answered and last.answered
    then = network_at(net, made, made.until)
    for node in NODES:
        assert sorted(f"{x.netns} {x.entry}" for x in then.plan(node)) == sorted(
            f"{x.netns} {x.entry}" for x in net.plan(node)
        )


@pytest.mark.parametrize(
    "deeds",
    [
        ("0 kill kind-worker2", "1 join kind-worker2"),
        ("0 register kind-worker2", "1 join kind-worker2"),
        ("0 delete kind-worker2", "1 join kind-worker2"),
        ("0 pod b", "1 join kind-worker2"),
        ("0 join kind-worker2", "1 join kind-worker2"),
    ],
    ids=" ".join,
)
def test_a_node_that_never_was_there_can_only_join_and_once(deeds: tuple[str, ...]) -> None:
    with pytest.raises(BadInput):
        made_by(*deeds, until=5)
