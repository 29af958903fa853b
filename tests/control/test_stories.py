"""Stories, deeds, what is printed of them, and the packets in between."""

from __future__ import annotations

import json
from itertools import pairwise

import pytest

from packetwalk.cli import main
from packetwalk.control import flows, stories
from packetwalk.control.deeds import read
from packetwalk.control.probe import probed, spans, walk_at
from packetwalk.control.running import cluster, timeline, verbs
from packetwalk.control.text import text
from packetwalk.control.timeline import SECOND, LineChange, Message, ProgramState, Timeline
from packetwalk.errors import BadInput
from packetwalk.tables import IptablesRule, RouteEntry
from packetwalk.walks.network import Network
from packetwalk.walks.scenario import network
from tests.control.recorded import recordings
from tests.control.test_flannel import recordings as of_flannel
from tests.control.test_ipip_recorded import RECORDED as of_ipip
from tests.control.test_kube_proxy import recordings as of_kube_proxy
from tests.control.test_weave_reclaim import recording as of_reclaim
from tests.control.weave_recorded import recording as of_weave

B = "10.244.110.128/26"
every_story = pytest.mark.parametrize("each", stories.STORIES, ids=lambda each: each.name)


def test_each_story_has_a_name_of_its_own() -> None:
    assert len({each.name for each in stories.STORIES}) == len(stories.STORIES)


@every_story
def test_each_story_has_deeds_changes_and_pings(each: stories.Story) -> None:
    made, net = stories.told(each)
    assert each.deeds and made.events[0].at >= 0 and made.until == each.until * SECOND
    assert each.pings or each.flows
    for src, dst in each.pings:
        found = list(spans(net, made, src, dst))
        assert found[0].start == 0 and found[-1].until == made.until
        assert all(one.until == other.start for one, other in pairwise(found))
    for asked in each.flows:
        found = list(flows.spans(net, made, flows.flow(*asked)))
        assert found[0].start == 0 and found[0].answered and found[-1].until == made.until
        assert all(one.until == other.start for one, other in pairwise(found))
    if each.like:
        kept = of_flannel() | of_kube_proxy()[each.rules] if each.plugin == "flannel" else recordings()
        kept = of_ipip if each.mode == "ipip" else kept
        kept = of_weave()["status"] | of_reclaim()["status"] if each.plugin == "weave" else kept
        assert sum(name == each.like or name.startswith(f"{each.like}-") for name in kept) == 1


def test_a_kill_leaves_the_routes_for_two_minutes_and_a_stop_takes_them_at_once() -> None:
    gone = {}
    for name in ("bird-killed", "bird-stopped"):
        made, _ = stories.told(stories.story(name))
        gone[name] = [
            each.at for each in made.of(LineChange) if not each.added and each.node == "kind-worker"
        ]
    assert [round(at / SECOND) for at in gone["bird-killed"]] == [120]
    assert [at < SECOND / 100 for at in gone["bird-stopped"]] == [True]


def test_a_packet_of_a_moment_meets_the_tables_of_that_moment() -> None:
    made, net = stories.told(stories.story("bird-killed"))
    before, then, after = (walk_at(net, made, "a", "b", at * SECOND) for at in (119, 125, 140))
    assert before.traces[0].disposition == after.traces[0].disposition == "delivered"
    last = then.traces[0].steps[-1]
    assert (then.traces[0].disposition, last.netns) == ("no_route", "router")  # by the node's default route
    assert B not in {each.dst for each in _routes(made.tables(125 * SECOND)["kind-worker"])}
    assert B in {each.dst for each in _routes(made.tables(119 * SECOND)["kind-worker"])}


def _routes(lines: object) -> list[RouteEntry]:
    return [each for each in lines if isinstance(each, RouteEntry)]  # type: ignore[attr-defined]


def test_a_pod_is_not_reached_before_felix_has_seen_it() -> None:
    made, net = stories.told(stories.story("pod-starts-without-felix"))
    found = list(spans(net, made, "a", "b2"))
    assert [each.answered for each in found] == [False, False, True]
    assert "a blackhole" in found[0].what and "cali-to-wl-dispatch" in found[1].what
    assert found[2].start == 10_100_000


def test_a_wire_that_is_cut_has_nobody_at_its_end() -> None:
    made, net = stories.told(stories.story("link-cut"))
    first, *_ = spans(net, made, "a", "b")
    assert not first.answered and "Nobody answered for 172.18.0.4" in first.what
    told = [each for each in walk_at(net, made, "a", "b", SECOND).traces if each.name == "error"]
    assert told and told[0].disposition == "delivered"  # Destination Host Unreachable


def test_json_has_every_line_its_author_and_its_time_in_milliseconds() -> None:
    made, net = stories.told(stories.story("bird-stopped"))
    found = json.loads(json.dumps(made.json()))
    lanes = {each["id"] for each in found["lanes"]}
    assert {"kind-worker/BIRD", "kind-worker/kernel"} < lanes
    assert {each["src"] for each in found["messages"]} | {each["dst"] for each in found["messages"]} <= lanes
    gone = next(each for each in found["changes"] if each["node"] == "kind-worker")
    assert gone == {
        "at": 0.05,
        "node": "kind-worker",
        "table": "route",
        "line": f"{B} via 172.18.0.4 dev eth0 proto bird metric 1024",
        "by": "BIRD",
        "added": False,
        "why": "kind-worker2 said: NOTIFICATION 6/2: administrative shutdown",
    }
    assert gone["line"] in [each["line"] for each in found["initial"]["kind-worker"]]
    shown = probed("a", "b", spans(net, made, "a", "b"), walks=True)
    assert [each["answered"] for each in shown["spans"]] == [True, False, True]
    assert shown["spans"][1]["walk"]["traces"][0]["disposition"] == "no_route"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("kill kind-worker", "time of 'kill kind-worker': 'kill' is not valid"),
        ("-1 kill kind-worker", "valid: seconds from 0 to 3600"),
        ("nan kill kind-worker", "valid: seconds from 0 to 3600"),
        ("1e9 kill kind-worker", "valid: seconds from 0 to 3600"),
        ("0", "SECOND VERB"),
        ("0 kil kind-worker", "'kil' is not valid; valid: kill, stop"),
        ("0 kill", "SECOND kill NODE"),
        ("0 kill a b", "SECOND kill NODE"),
        ("0 kill worker9", "valid: kind-control-plane, kind-worker, kind-worker2"),
        ("0 start kind-worker", "one that has ended"),
        ("0 mesh maybe", "valid: on, off"),
        ("0 pod z9", "pod: 'z9' is not valid"),
        ("0 route-del kind-worker 10.9.9.0/24", "valid: 10.244"),
    ],
)
def test_a_deed_that_cannot_be_is_told_in_a_line(line: str, said: str, capsys) -> None:
    with pytest.raises(BadInput, match=None) as error:
        timeline(network("calico", "bgp"), read([line]), SECOND, "")
    assert said in str(error.value) and "\n" not in str(error.value)
    assert main(["timeline", "--do", line]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_the_command_tells_prints_and_lists(capsys) -> None:
    assert main(["timeline", "bird-stopped", "--messages"]) == 0
    printed = capsys.readouterr().out
    assert "*** SIGTERM to BIRD on kind-worker2" in printed and "NOTIFICATION 6/2" in printed
    assert "0.000 to 0.000  answered" in printed and "lost: router: No route matches" in printed
    assert main(["timeline", "--list"]) == 0
    printed = capsys.readouterr().out
    assert all(each.name in printed for each in stories.STORIES)
    assert all(verb in printed for each in verbs().values() for verb in each)
    assert main(["timeline", "link-cut", "--at", "10", "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out)[0]["traces"]
    assert main(["timeline", "endpoint-replaced"]) == 0
    printed = capsys.readouterr().out
    assert "kind-worker: conntrack - UDP to 10.96.0.80:80 that 10.244.2.2 answers" in printed
    assert "a to web, udp, one socket: conntrack sends each packet where it sent the first" in printed
    assert "     0.000 to 1.570  b answers\n     1.570 to 6.000  b2 answers" in printed
    asked = ["timeline", "--plugin", "flannel", "--rules", "nftables", "--do", "1 endpoint-gone web b"]
    asked += ["--flow", "a", "web", "connections", "--flow", "a", "web", "tcp", "--format", "json"]
    assert main(asked) == 0
    found = json.loads(capsys.readouterr().out)["flows"]
    assert [x["answerer"] for x in found[0]["spans"]] == ["b", ""] and len(found[1]["spans"]) == 1
    assert main([*asked, "--at", "3"]) == 0
    refused, kept = json.loads(capsys.readouterr().out)
    assert [x["traces"][0]["disposition"] for x in (refused, kept)] == ["rejected", "delivered"]
    for wrong in (["timeline"], ["timeline", "nosuch"], ["timeline", "link-cut", "--at", "400"]):
        assert main(wrong) == 2
        assert capsys.readouterr().err.count("\n") == 1
    for wrong in (
        ["--rules", "legacy"],
        ["--flow", "a", "web", "sctp"],
        ["--flow", "a", "nosuch", "udp"],
        ["--plugin", "kindnet", "--mode", "ptp"],
        ["--until", "x"],
        ["--ping", "a", "nobody"],
    ):
        assert main(["timeline", "--do", "0 cut kind-worker", *wrong]) == 2
        assert capsys.readouterr().err.count("\n") == 1


def test_the_list_keeps_names_and_titles_apart_and_says_whose_a_story_is(capsys) -> None:
    assert main(["timeline", "--list"]) == 0
    found = capsys.readouterr().out.split("\n\n")[0].splitlines()[1:]
    assert [line.split()[0] for line in found] == [each.name for each in stories.STORIES]
    assert len({line.split(maxsplit=1)[1] for line in found}) == len(found)
    assert not any("the same" in line.lower() for line in found)  # each stands alone above its own timeline


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--do", "5 kill kind-worker", "--until", "4"), "--until: '4' is not valid; valid: 5 or more"),
        (("--do", "61 kill kind-worker"), "--until: '60' is not valid; valid: 61 or more"),
        (("--do", "0 kill kind-worker", "--at", "3"), "missing; valid: --ping SRC DST"),
    ],
)
def test_a_question_that_would_have_no_answer_is_refused(words: tuple[str, ...], said: str, capsys) -> None:
    assert main(["timeline", *words]) == 2
    told = capsys.readouterr()
    assert said in told.err and not told.out and told.err.count("\n") == 1


def test_calico_by_its_name_is_calico_left_out(capsys) -> None:
    assert main(["timeline", "--do", "0 kill kind-worker"]) == 0
    without = capsys.readouterr().out
    assert main(["timeline", "--plugin", "calico", "--do", "0 kill kind-worker"]) == 0
    assert capsys.readouterr().out == without


def test_only_messages_have_passing_states() -> None:
    made, _ = stories.told(stories.story("bird-stopped"))
    assert "Idle" not in text(made) and "Idle" in text(made, messages=True)


B2_ROUTE = "10.244.110.129"  # pod b2's


@pytest.mark.parametrize(
    ("deeds", "until"),
    [
        (("1 pod b2",), 1.2),
        (("0 felix-ends kind-worker2", "1 pod b2"), 10),
        (("0 felix-ends kind-worker2", "1 pod b2", "3 route-del kind-worker2 10.244.110.129"), 100),
    ],
)
def test_a_pod_that_felix_never_saw_is_never_reached(deeds: tuple[str, ...], until: float) -> None:
    made, net = made_by(deeds, until)
    assert [each.answered for each in spans(net, made, "a", "b2")].count(True) == 0


def test_before_the_first_block_is_told_no_pod_reaches_another() -> None:
    made, net = made_by(("0 add kind-worker x", "0 add kind-worker2 y"), 0.1)
    assert not any(each.answered for each in spans(net, made, "x", "y"))


def test_a_felix_that_has_ended_writes_nothing_until_it_starts() -> None:
    route = "10.244.162.128"
    deeds = ("0 felix-ends kind-worker", f"1 route-del kind-worker {route}", "2 felix-writes")
    made, _ = made_by((*deeds, "200 felix-starts kind-worker"), 300)
    mine = [
        each
        for each in made.of(LineChange)
        if each.node == "kind-worker" and each.by == "Felix" and each.added
    ]
    assert {each.at for each in mine} == {200_100_000}
    assert next(str(each.entry.dst) for each in mine) == route and len(mine) == 4


FELIX_TOO = ("0 felix-writes", f"20 route-del kind-worker {B}", "30 bird-writes off", "40 bird-writes on")


def test_the_kernel_has_one_route_of_a_prefix_and_a_metric_and_felix_s_stays() -> None:
    """Both write, as after exp/46 of calico-3.33-bgp-mesh: Felix's stay, BIRD says "File exists"."""
    made, _ = made_by(FELIX_TOO, 200)
    for at in sorted({each.at for each in made.of(LineChange)}):
        for node, lines in made.tables(at).items():
            kept = [(each.dst, each.metric) for each in _routes(lines)]
            assert len(kept) == len(set(kept)), (node, at)
    assert any(
        each.by == "Felix" and each.entry.type == "blackhole" and "proto bird" in str(each.entry)
        for each in made.of(LineChange)
        if not each.added
    )
    told = {each.lane.node for each in made.of(ProgramState) if each.what.startswith("Netlink: File exists")}
    assert told == {"kind-control-plane", "kind-worker", "kind-worker2"}
    stays = [str(each) for each in _routes(made.tables(200 * SECOND)["kind-worker"]) if each.dst == B]
    assert stays == [f"{B} via 172.18.0.4 dev eth0 proto 80 onlink"]


def test_what_felix_never_wrote_it_does_not_repair_under_another_name() -> None:
    made, _ = made_by(("0 pod b2", f"0.4 route-del kind-worker2 {B2_ROUTE}"), 100)
    there = [str(each) for each in _routes(made.tables(100 * SECOND)["kind-worker2"]) if each.dst == B2_ROUTE]
    assert there == [f"{B2_ROUTE} dev calib97587a89e0 scope link metric 1024"]


def test_a_felix_that_has_ended_leaves_the_lines_of_a_pod_that_goes() -> None:
    deeds = ("0 add kind-worker x", "1 felix-ends kind-worker", "2 del x", "5 felix-starts kind-worker")
    made, _ = made_by(deeds, 8)
    gone = [each.at for each in made.of(LineChange) if each.why == "the pod has gone"]
    assert len(gone) > 10 and set(gone) == {5_100_000}
    assert [str(each) for each in made.tables(8 * SECOND)["kind-worker"]] == [
        "blackhole 10.244.100.20/30 proto bird"
    ]


@pytest.mark.parametrize("gone", [0.1, 0.4])
def test_of_a_pod_that_goes_while_it_comes_nothing_stays(gone: float) -> None:
    made, _ = made_by(("0 add kind-worker x", f"{gone} del x"), 5)
    lines = made.tables(5 * SECOND)
    assert [str(each) for each in lines["kind-worker"]] == ["blackhole 10.244.100.20/30 proto bird"]


@pytest.mark.parametrize(
    ("deeds", "said"),
    [
        (("0 felix-starts kind-worker",), "'Felix on kind-worker' is not valid; valid: one that has ended"),
        (("0 felix-ends kind-worker",) * 2, "'Felix on kind-worker' is not valid; valid: one that runs"),
        (
            ("0 delete kind-worker",) * 2,
            "'kind-worker' is not valid; valid: kind-control-plane, kind-worker2",
        ),
    ],
)
def test_what_is_done_already_cannot_be_done(deeds: tuple[str, ...], said: str) -> None:
    with pytest.raises(BadInput) as error:
        made_by(deeds, 5)
    assert said in str(error.value)


def test_a_reset_is_no_answer() -> None:
    made, net = made_by(("0 cut kind-worker2",), 5)
    (ping,) = spans(net, made, "internet", "kind-worker:30080")
    (tcp,) = flows.spans(net, made, flows.flow("internet", "kind-worker:30080", "tcp"))
    for each in (ping, tcp):
        assert not each.answered and not each.answerer and "RST" in each.what


def made_by(deeds: tuple[str, ...], until: float) -> tuple[Timeline, Network]:
    """Return what deeds do to Calico's cluster in so many seconds, and the cluster."""
    asked = read(deeds)
    net = cluster("calico", "bgp", asked)
    return timeline(net, asked, round(until * SECOND), ""), net


def test_two_rules_in_another_order_are_another_moment() -> None:
    """The same lines, of which the first decides: a ping is asked anew."""
    net = network("flannel", "vxlan")
    lets, drops = (
        IptablesRule("filter", "FORWARD", f"-p icmp -j {verdict}") for verdict in ("ACCEPT", "DROP")
    )
    made = timeline(net, (), 2 * SECOND, "")
    swap = (LineChange(SECOND, "kind-worker", "by hand", lets, added, "test") for added in (False, True))
    first = (("kind-worker", each, "by hand") for each in (lets, drops))
    empty = [op.entry for op in net.plan("kind-worker") if getattr(op.entry, "chain", "") == "FORWARD"]
    gone = tuple(("kind-worker", entry) for entry in empty)
    made = made._replace(initial=(*first, *made.initial), events=tuple(swap), governed=gone)
    assert [each.answered for each in spans(net, made, "a", "b")] == [True, False]


def test_an_address_of_ipv6_is_refused_by_its_name(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["timeline", "--do", "0 kill kind-worker", "--ping", "a", "::1"]) == 2
    said = capsys.readouterr().err
    assert said.startswith("packetwalk: end of the packet's way: '::1' is not valid; valid: coredns, ")
    assert "an IPv4 address" in said and said.count("\n") == 1


def test_a_range_of_services_is_told_to_everybody_and_written_by_nobody() -> None:
    """confd's templates: a static route, exported, and rejected by the kernel filter of who is configured (computed)."""
    made, _ = made_by(
        ("1 service-range on", "5 kill kind-worker2", "6 start kind-worker2", "20 service-range off"), 25
    )
    told = [each for each in made.of(Message) if "10.96.0.0/16" in each.text]
    first = {(x.src.node, x.dst.node) for x in told if x.at < 2 * SECOND and x.text.startswith("announce")}
    assert len(first) == 6
    assert {x.text for x in told if x.at > 20 * SECOND} == {"withdraw 10.96.0.0/16"}
    assert any(5 * SECOND < x.at < 20 * SECOND and x.src.node == "kind-worker2" for x in told)
    for at in (3, 5, 15, 25):
        assert not [x for lines in made.tables(at * SECOND).values() for x in lines if "10.96." in str(x)], at
    early = [x for x in made.of(LineChange) if "10.96." in str(x.entry)]
    assert all(
        x.why == "BIRD was configured anew" or "told of it" in x.why or "took it" in x.why for x in early
    )
