"""Which endpoints kube-proxy uses, how long it and its rules live, and what it is not asked to do."""

from __future__ import annotations

import pytest

from packetwalk.control import flows
from packetwalk.control.deeds import read
from packetwalk.control.endpoints import NOT_READY, NOT_SERVING, READY, TERMINATING, ready
from packetwalk.control.probe import network_at, walk_at
from packetwalk.control.running import timeline
from packetwalk.control.timeline import SECOND, ConntrackDeletion, LineChange, Timeline
from packetwalk.errors import BadInput
from packetwalk.plan.cluster import Service
from packetwalk.walks.network import Network
from packetwalk.walks.scenario import network
from tests.control.test_kube_proxy import each_way

# --- what is used ---------------------------------------------------------------------------------


def test_who_terminates_is_used_only_where_nobody_is_ready() -> None:
    found = ready(Service("s", "10.96.0.9", 80, 80, ("x", "y", "z")))
    assert found.used == ("x", "y", "z")
    for name, condition, used, serving in (
        ("x", TERMINATING, {"y", "z"}, {"x", "y", "z"}),
        ("y", NOT_READY, {"z"}, {"x", "z"}),
        ("z", NOT_SERVING, {"x"}, {"x"}),
        ("x", None, set(), set()),
        ("w", READY, {"w"}, {"w"}),
    ):
        found = found.changed(name, condition)
        assert (set(found.used), set(found.serving)) == (used, serving)


@each_way
def test_rules_of_a_chain_are_in_the_plans_order_at_every_moment(rules: str) -> None:
    """Of three endpoints the one in the middle comes last: its rule stands between the others, with its share."""
    net = network("flannel", "vxlan", rules=rules)
    deeds = read(
        [
            "0 endpoint-ready web coredns",
            "2 endpoint-ready web a2",
            "4 endpoint-gone web b",
            "6 endpoint-ready web b",
        ]
    )
    made = timeline(net, deeds, 9 * SECOND, "")
    for at, backends in (
        (1, ("b", "coredns")),
        (3, ("b", "coredns", "a2")),
        (5, ("coredns", "a2")),
        (8, ("b", "coredns", "a2")),
    ):
        services = tuple(
            x._replace(backends=backends) if x.name == "web" else x for x in net.cluster.services
        )
        wanted = _with(net, services)
        for node in ("kind-worker", "kind-control-plane"):
            there = [x.entry for x in network_at(net, made, at * SECOND).plan(node) if x.netns == node]
            plan = [x.entry for x in wanted.plan(node) if x.netns == node]
            assert there == plan, (at, node)


def _with(net: Network, services: tuple[Service, ...]) -> Network:
    class Other(type(net.cluster)):
        """The same machines with other Services."""

    machines = Other()
    vars(machines)["services"] = services
    return Network(machines, "flannel", "vxlan", rules=net.rules)


@each_way
def test_a_flow_stays_with_an_endpoint_that_still_serves_while_others_are_ready(rules: str) -> None:
    """``CleanStaleEntries`` asks who serves, not who is used for new connections."""
    net = network("flannel", "vxlan", rules=rules)
    deeds = ["0 endpoint-ready web a2", "3 endpoint-terminating web b", "6 endpoint-not-serving web b"]
    made = timeline(net, read(deeds), 9 * SECOND, "")
    udp = list(flows.spans(net, made, flows.flow("a", "web", "udp")))
    assert [(x.answerer, round(x.start / SECOND, 2)) for x in udp] == [("b", 0), ("a2", 6.07)]
    assert walk_at(net, made, "a", "web", 4 * SECOND).traces[0].steps[-1].netns == "a2"


# --- its life ---------------------------------------------------------------------------------------


def _changes(made: Timeline, node: str) -> list[float]:
    return sorted({x.at / SECOND for x in made.of(LineChange) if x.node == node})


def test_changes_in_a_row_are_written_a_second_after_the_last_sync() -> None:
    deeds = [
        f"{at} endpoint-{'gone' if n % 2 else 'ready'} web b2" for n, at in enumerate((0, 0.1, 0.2, 0.9))
    ]
    made = timeline(network("flannel", "vxlan"), read(deeds), 5 * SECOND, "")
    assert [round(at, 2) for at in _changes(made, "kind-worker")] == [0.06, 1.14]


def test_a_dead_kube_proxy_writes_nothing_and_a_start_catches_up() -> None:
    for verb in ("kill", "stop"):
        deeds = [
            f"0 kube-proxy-{verb} kind-worker",
            "1 endpoint-replaced web b b2",
            "5 kube-proxy-start kind-worker",
        ]
        net = network("flannel", "host-gw")
        made = timeline(net, read(deeds), 8 * SECOND, "")
        assert [round(at, 2) for at in _changes(made, "kind-worker")] == [5.36]
        assert [round(at, 2) for at in _changes(made, "kind-worker2")] == [1.06]
        assert walk_at(net, made, "a", "web", 3 * SECOND).traces[0].steps[-1].netns == "b"
        assert walk_at(net, made, "a", "web", 6 * SECOND).traces[0].steps[-1].netns == "b2"


def test_a_kill_amid_a_sync_leaves_the_old_rules_whole() -> None:
    deeds = read(["0 endpoint-gone web b", "0.03 kube-proxy-kill kind-worker"])
    made = timeline(network("flannel", "vxlan"), deeds, 5 * SECOND, "")
    assert _changes(made, "kind-worker") == [] and _changes(made, "kind-worker2")


def test_it_stands_beside_calico_and_hears_nothing_over_a_cut_wire() -> None:
    deeds = ["0 cut kind-worker", "1 endpoint-replaced web b b2", "5 mend kind-worker"]
    net = network("calico", "bgp")
    made = timeline(net, read(deeds), 20 * SECOND, "")
    assert [round(at, 1) for at in _changes(made, "kind-control-plane")] == [1.1]
    late = [at for at in _changes(made, "kind-worker") if at > 5]
    assert len(late) == 1 and late[0] < 10
    assert walk_at(net, made, "a", "web", 15 * SECOND).traces[0].steps[-1].netns == "b2"


def test_started_behind_a_cut_wire_it_waits_for_the_api_server() -> None:
    deeds = [
        "0 kube-proxy-kill kind-worker",
        "1 endpoint-replaced web b b2",
        "2 cut kind-worker",
        "3 kube-proxy-start kind-worker",
        "9.1 mend kind-worker",
    ]
    for plugin, mode in (("flannel", "vxlan"), ("calico", "bgp")):
        made = timeline(network(plugin, mode), read(deeds), 12 * SECOND, "")
        lines = {x.at for x in made.of(LineChange) if x.node == "kind-worker" and x.by == "kube-proxy"}
        assert len(lines) == 1 and 9.1 * SECOND < min(lines) < 10.2 * SECOND


def test_timelines_without_deeds_about_it_have_no_line_of_it() -> None:
    made = timeline(network("calico", "bgp"), read(["0 kill kind-worker"]), SECOND, "")
    assert "kube-proxy" not in {by for *_, by in made.initial}
    assert "kube-proxy" not in {lane.program for lane in made.lanes}


def test_json_has_the_entries_of_conntrack_that_were_deleted() -> None:
    made = timeline(network("flannel", "vxlan"), read(["0 endpoint-replaced web b b2"]), SECOND, "").json()
    assert made["conntrack"][1] == {
        "at": 70.05,
        "node": "kind-worker",
        "by": "kube-proxy",
        "dst": "10.96.0.80",
        "dport": 80,
        "endpoint": "10.244.2.2",
        "why": "b no longer serves web, and somebody else does",
    }
    lanes = {each["id"] for each in made["lanes"]}
    assert {each["src"] for each in made["messages"]} | {each["dst"] for each in made["messages"]} <= lanes


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("0 endpoint-gone nosuch b", "Service: 'nosuch' is not valid; valid: web, near, kubernetes"),
        ("0 endpoint-gone web a", "endpoint of web: 'a' is not valid; valid: b"),
        ("0 endpoint-ready web z9", "pod: 'z9' is not valid"),
        ("0 endpoint-replaced web a b2", "endpoint of web"),
        ("0 endpoint-replaced web b nobody", "pod: 'nobody' is not valid"),
        ("0 endpoint-ready web", "SECOND endpoint-ready SERVICE POD"),
        ("0 affinity web maybe", "valid: on, off"),
        ("0 kube-proxy-start kind-worker", "one that has ended"),
        ("0 kube-proxy-kill worker9", "valid: kind-control-plane, kind-worker, kind-worker2"),
    ],
)
def test_a_deed_that_cannot_be_is_told(line: str, said: str) -> None:
    for net in (network("flannel", "vxlan"), network("calico", "bgp")):
        with pytest.raises(BadInput) as error:
            timeline(net, read([line]), SECOND, "")
        assert said in str(error.value) and "\n" not in str(error.value)


def test_flows_to_a_node_port_and_a_load_balancer_are_forgotten_too() -> None:
    net = network("flannel", "vxlan", special="nodeport")
    made = timeline(net, read(["1 endpoint-replaced shop b b2"]), 4 * SECOND, "")
    here = [(x.dst, x.dport) for x in made.of(ConntrackDeletion) if x.node == "kind-worker"]
    assert here == [("10.96.0.84", 80), ("", 30080)]
    asked = {kind: flows.flow("internet", "kind-worker:30080", kind) for kind in ("udp", "tcp")}
    assert [x.answerer for x in flows.spans(net, made, asked["udp"])] == ["b", "b2"]
    assert [x.answerer for x in flows.spans(net, made, asked["tcp"])] == ["b"]
    guarded = network("flannel", "vxlan", special="load-balancer")
    made = timeline(guarded, read(["1 endpoint-replaced guarded b b2"]), 4 * SECOND, "")
    assert ("198.51.100.7", 80) in {(x.dst, x.dport) for x in made.of(ConntrackDeletion)}


@pytest.mark.parametrize(
    "deed", ["endpoint-terminating shop b", "endpoint-not-ready shop b", "affinity shop on"]
)
def test_of_services_of_policy_local_endpoints_only_come_and_go(deed: str) -> None:
    """What a node does with its own that terminate is not told in time; that they are there or not is."""
    net = network("flannel", "vxlan", special="nodeport-local")
    with pytest.raises(BadInput, match="one whose traffic policies are Cluster"):
        timeline(net, read([f"0 {deed}"]), SECOND, "")
    assert timeline(net, read(["0 endpoint-gone shop b"]), SECOND, "").events


def test_a_flow_of_no_known_kind_is_refused() -> None:
    with pytest.raises(BadInput, match="valid: udp, tcp, connections"):
        flows.flow("a", "web", "icmp")
