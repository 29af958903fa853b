"""kube-proxy's rules are deleted: who misses them, when, and who talks meanwhile (computed, from kubernetes' sources)."""

from __future__ import annotations

import pytest

from packetwalk.cli import main
from packetwalk.control import flows
from packetwalk.control.deeds import read
from packetwalk.control.probe import network_at
from packetwalk.control.running import timeline
from packetwalk.control.timeline import SECOND, LineChange, ProgramState, Timeline
from packetwalk.walks.network import Network
from packetwalk.walks.scenario import network

A = "kind-worker"
LOOKS = 10.0  # seconds: kube-proxy runs since -140 and looks every 30


def made_by(rules: str, *deeds: str, until: float = 80) -> tuple[Timeline, Network]:
    """Return what deeds do to a cluster with Flannel."""
    net = network("flannel", "vxlan", rules=rules)
    return timeline(net, read(deeds), round(until * SECOND), ""), net


def outage(made: Timeline, net: Network, kind: str) -> list[tuple[float, float]]:
    """Return when pod a does not reach the Service web, in seconds."""
    found = flows.spans(net, made, flows.flow("a", "web", kind))
    return [(each.start / SECOND, each.until / SECOND) for each in found if not each.answered]


def told(made: Timeline) -> list[tuple[float, str]]:
    """Return what the kube-proxy of a's node says."""
    return [(x.at / SECOND, x.what) for x in made.of(ProgramState) if str(x.lane) == f"{A}/kube-proxy"]


def test_a_missing_canary_is_noticed_within_half_a_minute_and_all_is_written_in_its_place() -> None:
    made, net = made_by("iptables", f"1 kube-proxy-flush {A}")
    assert told(made) == [(LOOKS, "misses its chain KUBE-PROXY-CANARY"), (LOOKS, "syncs all its rules")]
    assert outage(made, net, "connections") == [(1, LOOKS + 0.06)]
    then = network_at(net, made, made.until)
    assert [x.entry for x in then.plan(A)] == [x.entry for x in net.plan(A)]
    gone = [each for each in made.of(LineChange) if not each.added]
    assert (
        len(gone) > 40 and {each.by for each in gone} == {"by hand"} and {each.node for each in gone} == {A}
    )


@pytest.mark.parametrize("rules", ["iptables", "nftables"])
def test_connections_that_are_open_need_no_rule(rules: str) -> None:
    made, net = made_by(rules, f"1 kube-proxy-flush {A}", until=9)
    assert outage(made, net, "tcp") == [] and outage(made, net, "connections") == [(1, 9)]


def test_with_nftables_nobody_looks_and_a_change_fails_before_all_is_written() -> None:
    made, net = made_by("nftables", f"1 kube-proxy-flush {A}", until=3000)
    assert told(made) == [] and outage(made, net, "connections") == [(1, 3000)]
    made, net = made_by("nftables", f"1 kube-proxy-flush {A}", "20 endpoint-replaced web b b2")
    (_, syncs), (failed, fails), (again, all_of_it) = told(made)
    assert (syncs, all_of_it) == ("syncs its rules", "syncs all its rules")
    assert fails.startswith("nft fails") and again == pytest.approx(failed + 30)
    assert outage(made, net, "connections") == [(1, pytest.approx(again + 0.06))]


def test_once_an_hour_everything_is_written() -> None:
    made, _ = made_by("nftables", f"1 kube-proxy-flush {A}", until=3600)
    assert told(made) == [(3460, "syncs all its rules")]


def test_who_is_dead_misses_nothing_and_writes_all_when_it_starts() -> None:
    deeds = f"0 kube-proxy-kill {A}", f"1 kube-proxy-flush {A}", f"50 kube-proxy-start {A}"
    made, net = made_by("iptables", *deeds)
    assert outage(made, net, "connections") == [(1, 50.36)]


def test_the_command_has_the_deed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["timeline", "--plugin", "flannel", "--do", "1 kube-proxy-flush nobody"]) == 2
    assert "node: 'nobody' is not valid" in capsys.readouterr().err
