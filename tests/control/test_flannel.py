"""What flanneld did in recorded clusters, it does in virtual time: what it repairs, and what only a restart does."""

from __future__ import annotations

import gzip
import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from packetwalk.cni.flannel.plan import vtep
from packetwalk.control.deeds import read
from packetwalk.control.probe import network_at, spans, walk_at
from packetwalk.control.running import timeline
from packetwalk.control.timeline import COMPUTED, SECOND, LineChange, Message, ProgramState, Timeline
from packetwalk.errors import BadInput
from packetwalk.tables import FdbEntry, IptablesRule, LinkEntry, NeighEntry, RouteEntry
from packetwalk.walks.network import Network
from packetwalk.walks.scenario import network
from tests.proof.real.recording import RealRecording

FILE = Path(__file__).parents[1] / "recordings" / "timelines" / "flannel-0.28.9.json.gz"
A, B, C = "kind-worker", "kind-worker2", "kind-control-plane"
CHAINS = 2  # FLANNEL-POSTRTG and FLANNEL-FWD: what was counted were rules and chains
MODES = ("vxlan", "vxlan-directrouting", "host-gw")
OTHER = "10.244.2.0/24"  # the range of B


@cache
def recordings() -> dict[str, Any]:
    """Return what was recorded of its repairs."""
    return json.loads(gzip.decompress(FILE.read_bytes()))


def said(log: list[list[Any]], words: str) -> list[float]:
    """Return when its log says something, in seconds."""
    return [at for at, line in log if words in line]


@cache
def repaired() -> tuple[Network, Timeline]:
    """Return the recorded deeds on n1 in virtual time, the timers where they were."""
    log = recordings()["vxlan-repair"]["log"]
    net = RealRecording("flannel-vxlan-0.28.9-iptables").network
    mac = vtep(net.cluster, net.cluster.node_by_name["n2"])[1]
    (gone,), (ended, _) = said(log, "Interface flannel.1 deleted"), said(log, "shutdownHandler")
    began, again = said(log, "CLI flags")[-2:]
    deeds = [
        "0 route-del n1 10.244.2.0/24",
        "0 neigh-del n1 10.244.3.0",
        f"0 fdb-del n1 {mac}",
        "0 rule-del n1 FLANNEL-POSTRTG 2",
        "0 rule-del n1 FORWARD 1",
        f"{gone} tunnel-del n1",
        f"{ended} stop n1",
        f"{again} start n1",
    ]
    up = -said(log, "watching for new")[0]
    assert began < -up
    return net, timeline(net, read(deeds), 34 * SECOND, "repair", up=round(up * SECOND))


def test_every_shot_of_its_tables_is_the_same() -> None:
    net, made = repaired()
    names = {vtep(net.cluster, node)[1]: node.name for node in net.nodes}
    first = recordings()["vxlan-repair"]["shots"][0]["lines"]
    macs = dict(re.findall(r"(10\.244\.\d)\.0 lladdr (\S+)", "\n".join(first)))
    own = next(line.split()[2] for line in first if line.startswith("flannel.1"))
    recorded = {macs["10.244.2"]: "n2", macs["10.244.3"]: "n3", own: "n1"}
    for shot in recordings()["vxlan-repair"]["shots"]:
        there = made.tables(max(round(shot["t"] * SECOND), -1))["n1"]
        kinds = RouteEntry | NeighEntry | FdbEntry
        lines = {_named(str(x), names) for x in there if isinstance(x, kinds)}
        assert lines == {_named(x, recorded) for x in shot["lines"] if not x.startswith("flannel.1")}, shot[
            "title"
        ]
        links = [x.address for x in there if isinstance(x, LinkEntry)]
        assert [names[x] for x in links] == [
            recorded[x.split()[2]] for x in shot["lines"] if x.startswith("flannel.1")
        ]
        assert sum(isinstance(x, IptablesRule) for x in there) + CHAINS == shot["rules"], shot["title"]


def _named(line: str, names: dict[str, str]) -> str:
    """Return a line with nodes in the place of their MACs, without the device that was asked for (``show dev``)."""
    if " onlink" not in line:
        line = line.replace(" dev flannel.1", "")
    for mac, name in names.items():
        line = line.replace(mac, name)
    return line


def test_it_does_so_when_its_log_says_so() -> None:
    log = recordings()["vxlan-repair"]["log"]
    _, made = repaired()
    rules = [x.at / SECOND for x in made.of(LineChange) if isinstance(x.entry, IptablesRule) and x.added]
    for at in said(log, "Some iptables rules are missing"):
        assert (
            abs(at - rules[0]) < 0.6
        )  # every 5 s and the time that the looking takes, fifteen times since its start
    (device,) = [x.at / SECOND for x in made.of(LineChange) if isinstance(x.entry, LinkEntry) and x.added]
    assert abs(device - said(log, "recreated successfully")[0]) < 0.001
    (heeds,) = [x.at / SECOND for x in made.of(ProgramState) if "heeds" in x.what]
    assert abs(heeds - said(log, "watching for new")[-1]) < 0.01
    routes = [x.at / SECOND for x in made.of(LineChange) if isinstance(x.entry, RouteEntry) and x.added]
    assert all(
        abs(here - there) < 0.01
        for here, there in zip(routes, said(log, "Received Subnet Event")[-2:], strict=True)
    )


def test_a_route_of_host_gw_comes_back_when_it_did() -> None:
    kept = recordings()["host-gw-repair"]
    assert "back after 2.1 s once (the check runs every 10 s)" in kept["said"]
    (began,), (back,) = said(kept["log"], "Watching for new"), said(kept["log"], "Route recovered")
    net = RealRecording("flannel-host-gw-0.28.9").network
    deeds = read(["0 route-del n1 10.244.2.0/24"])
    made = timeline(net, deeds, 15 * SECOND, "", up=round(-began * SECOND))
    (here,) = [x for x in made.of(LineChange) if x.added]
    assert abs(here.at / SECOND - back) < 0.1
    assert str(here.entry) == "10.244.2.0/24 via 172.18.0.3 dev eth0"


# --- read in its source -------------------------------------------------------------------------------


def done(mode: str, *deeds: str, until: int = 40) -> tuple[Network, Timeline]:
    """Return deeds done to the canonical cluster."""
    net = network("flannel", mode)
    return net, timeline(net, read(deeds), until * SECOND, "")


def routes(made: Timeline, node: str, at: float) -> list[str]:
    """Return the ranges that a node has routes to."""
    return sorted(x.dst for x in made.tables(round(at * SECOND))[node] if isinstance(x, RouteEntry))


@pytest.mark.parametrize("mode", MODES)
def test_a_route_is_looked_after_by_host_gw_alone(mode: str) -> None:
    _, made = done(mode, f"1 route-del {A} {OTHER}")
    assert (OTHER in routes(made, A, 39)) == (mode == "host-gw")
    _, made = done(mode, f"1 route-del {A} {OTHER}", f"2 kill {A}", f"20 start {A}")
    assert OTHER not in routes(made, A, 19) and OTHER in routes(made, A, 22)


@pytest.mark.parametrize("mode", MODES)
def test_a_deleted_node_is_heeded_again_when_its_flanneld_has_started_anew(mode: str) -> None:
    net, made = done(mode, f"1 delete {B}", f"5 register {B}", f"15 stop {B}", f"16 start {B}")
    assert [OTHER in routes(made, A, at) for at in (0, 2, 14, 18)] == [True, False, False, True]
    assert [len(routes(made, B, at)) for at in (0, 2, 14, 18)] == [2, 2, 2, 2]  # its own machine goes on
    pings = list(spans(net, made, "a", "b"))
    assert [x.answered for x in pings] == [True, False, True]


@pytest.mark.parametrize("mode", MODES)
def test_who_is_dead_meanwhile_keeps_the_lines_of_a_node_that_is_gone(mode: str) -> None:
    _, made = done(mode, f"0 kill {A}", f"1 delete {B}", f"5 start {A}")
    assert OTHER in routes(made, A, 30) and OTHER not in routes(made, C, 30)


def test_a_flanneld_without_its_node_ends() -> None:
    _, made = done("vxlan", f"0 kill {B}", f"1 delete {B}", f"2 start {B}")
    assert [x.what for x in made.of(ProgramState) if x.lane.node == B][-1] == f"ended: node {B} not found"


@pytest.mark.parametrize("mode", MODES)
def test_a_node_that_joins_is_told_to_all_and_told_of_all(mode: str) -> None:
    net, made = done(mode, f"1 join {B}")
    assert [OTHER in routes(made, A, at) for at in (0, 1.5, 3)] == [False, False, True]
    assert not made.tables(0)[B] and len(routes(made, B, 3)) == 2
    assert walk_at(net, made, "a", "b", 3 * SECOND).traces[-1].disposition == "delivered"
    for node in (A, B, C):
        assert {x.entry for x in network_at(net, made, 30 * SECOND).plan(node)} == {
            x.entry for x in net.plan(node)
        }


@pytest.mark.parametrize("mode", (*MODES, "wireguard", "udp", "ipip"))
def test_a_node_whose_flanneld_writes_nothing_is_not_reached(mode: str) -> None:
    net, made = done(mode, f"1 join {B}", f"1.001 kill {B}")
    assert not any(each.answered for each in spans(net, made, "a", "b"))


def test_a_device_that_goes_with_its_program_says_so() -> None:
    for verb, said in (("kill", "flanneld was killed"), ("stop", "flanneld has ended")):
        _, made = done("udp", f"0 {verb} {A}")
        assert {each.why for each in made.of(LineChange)} == {said}


def test_another_range_is_on_every_line_as_the_fault_has_it() -> None:
    """Compare with the plan under the fault ``lease-changed``, which no timeline made."""
    net, made = done("vxlan", f"1 delete {B}", f"3 register-elsewhere {B}", f"5 stop {B}", f"6 start {B}")
    broken = network("flannel", "vxlan", fault="lease-changed")
    for node in (A, B, C):
        then = set(made.tables(20 * SECOND)[node])
        wanted = {x.entry for x in broken.plan(node) if x.netns == node and x.by == "flanneld"}
        assert {x for x in then if type(x).__name__ != "SocketEntry"} == wanted
    assert walk_at(net, made, "a", "b", 20 * SECOND).traces[-1].disposition != "delivered"


@pytest.mark.parametrize(
    ("mode", "verb", "lost"),
    [
        ("wireguard", "kill", [4.008, 4.145]),  # at its start it makes the device anew
        ("wireguard", "stop", [0, 4.145]),
        ("udp", "kill", [0, 4.145]),
        ("udp", "stop", [0, 4.145]),
        ("ipip", "kill", []),
        ("ipip", "stop", []),
        ("vxlan", "stop", []),
        ("host-gw", "stop", []),
    ],
)
def test_in_two_modes_traffic_does_not_survive_its_end(mode: str, verb: str, lost: list[float]) -> None:
    net, made = done(mode, f"0 {verb} {A}", f"3 start {A}")
    gap = [x for x in spans(net, made, "a", "b") if not x.answered]
    assert ([gap[0].start / SECOND, gap[-1].until / SECOND] if gap else []) == lost
    assert set(made.tables(39 * SECOND)[A]) == set(timeline(net, (), SECOND, "").tables(0)[A])


@pytest.mark.parametrize(("mode", "back"), [("ipip", False), ("wireguard", False), ("vxlan", True)])
def test_only_vxlan_has_its_device_made_anew(mode: str, back: bool) -> None:
    net, made = done(mode, f"1 tunnel-del {A}", f"20 kill {A}", f"21 start {A}")
    assert any(isinstance(x, LinkEntry) for x in made.tables(19 * SECOND)[A]) == back
    assert [x.answered for x in spans(net, made, "a", "b")][-1]


def test_what_comes_while_there_is_no_device_is_lost() -> None:
    deeds = f"0 delete {B}", f"0.1 register {B}", f"0.2 stop {B}", f"1 start {B}", f"2.006 tunnel-del {A}"
    _, made = done("vxlan", *deeds)
    assert OTHER in routes(made, C, 3) and routes(made, A, 30) == []


def test_what_the_api_server_says_was_not_recorded() -> None:
    _, made = done("vxlan", f"0 delete {B}", "1 endpoint-gone web b")
    assert {x.evidence for x in made.of(Message)} == {COMPUTED} and {x.kind for x in made.of(Message)} == {
        "Node",
        "EndpointSlice",
    }


def test_behind_a_cut_wire_it_waits_for_the_nodes() -> None:
    _, made = done(
        "vxlan", f"0 stop {A}", f"1 route-del {A} {OTHER}", f"2 cut {A}", f"3 start {A}", f"12.2 mend {A}"
    )
    assert [OTHER in routes(made, A, at) for at in (5, 12, 14)] == [False, False, True]


def test_it_keeps_the_range_with_which_it_started() -> None:
    """Its Node may have another one meanwhile, or be gone: it asks when it starts."""
    again = f"2 stop {B}", f"3 start {B}"
    _, made = done("vxlan", f"0 delete {B}", f"1 register-elsewhere {B}")
    assert not [x for x in made.of(LineChange) if x.node == B]
    _, made = done("vxlan", f"0 delete {B}", f"1 register-elsewhere {B}", *again, f"9 delete {B}")
    assert max(x.at for x in made.of(LineChange) if x.node == B) < 5 * SECOND


def test_a_tunnel_made_anew_takes_in_the_nodes_that_come_after() -> None:
    net, made = done(
        "vxlan", f"1 tunnel-del {A}", f"3 delete {B}", f"4 register {B}", f"5 stop {B}", f"6 start {B}"
    )
    assert routes(made, A, 2) == [] and routes(made, A, 10) == [OTHER]
    assert [x.answered for x in spans(net, made, "a", "b")] == [True, False, True]
    assert [x.answered for x in spans(net, made, "a", "coredns")] == [True, False]


def test_without_flanneld_no_tunnel_comes_back_and_nothing_is_written() -> None:
    _, made = done("vxlan", f"0 kill {A}", f"1 tunnel-del {A}", f"2 rule-del {A} FLANNEL-FWD 1")
    assert not [x for x in made.of(LineChange) if x.added]


def test_rules_of_nftables_are_not_looked_after() -> None:
    net = network("flannel", "vxlan", rules="nftables")
    deeds = [f"1 rule-del {A} postrtg 2", f"20 stop {A}", f"21 start {A}"]
    made = timeline(net, read(deeds), 30 * SECOND, "")
    back = {x.at // SECOND for x in made.of(LineChange) if x.added}
    assert back == {22}
    assert set(made.tables(29 * SECOND)[A]) == set(made.tables(0)[A])


@pytest.mark.parametrize(
    ("mode", "line", "valid"),
    [
        ("vxlan", "0 start kind-worker", "one that has ended"),
        ("vxlan", "0 kill worker9", "valid: kind-control-plane, kind-worker, kind-worker2"),
        ("vxlan", "0 join worker9", "valid: kind-control-plane, kind-worker, kind-worker2"),
        ("vxlan", "0 register kind-worker", "one that was deleted"),
        ("vxlan", "0 route-del kind-worker 10.9.9.0/24", "valid: 10.244.0.0/24, 10.244.2.0/24"),
        ("vxlan", "0 neigh-del kind-worker 10.9.9.0", "valid: 10.244.0.0, 10.244.2.0"),
        ("vxlan", "0 fdb-del kind-worker x", "valid: 66:b8"),
        ("vxlan", "0 rule-del kind-worker FORWARD 2", "POSTROUTING 1"),
        ("vxlan", "0 rule-del kind-worker FORWARD", "SECOND rule-del NODE CHAIN NUMBER"),
        ("host-gw", "0 tunnel-del kind-worker", "in a mode that has a tunnel of the kernel's"),
        ("udp", "0 tunnel-del kind-worker", "in a mode that has a tunnel of the kernel's"),
        ("host-gw", "0 neigh-del kind-worker 10.244.2.0", "none there now"),
        ("vxlan", "0 cut-all kind-worker", "valid: kill, stop"),
    ],
)
def test_a_deed_that_cannot_be_is_told(mode: str, line: str, valid: str) -> None:
    with pytest.raises(BadInput) as error:
        timeline(network("flannel", mode), read([line]), SECOND, "")
    assert valid in str(error.value) and "\n" not in str(error.value)


@pytest.mark.parametrize(
    "again", [("0 delete kind-worker", "1 delete kind-worker"), ("0 kill kind-worker", "1 stop kind-worker")]
)
def test_what_is_gone_cannot_go_again(again: tuple[str, ...]) -> None:
    with pytest.raises(BadInput):
        timeline(network("flannel", "vxlan"), read(again), 5 * SECOND, "")
