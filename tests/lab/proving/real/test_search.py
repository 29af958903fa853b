"""``packetwalk prove --real``: what it draws, how it makes a difference simple, and that it finds what is wrong."""

from __future__ import annotations

import re

import pytest

from packetwalk.cli import main
from packetwalk.lab.proving import real
from packetwalk.lab.proving.real.drawing import RealCase, changed, draw, identity
from packetwalk.lab.proving.real.shrinking import simplest
from packetwalk.lab.real import programs
from tests.lab.proving.real.alterations import altered

FEW = 3


def test_the_same_seed_draws_the_same_cluster_and_another_another() -> None:
    assert draw("a-1") == draw("a-1") != draw("a-2")


def test_everything_that_services_can_say_is_drawn() -> None:
    told = "".join(str(draw(f"seen-{number}")) for number in range(60))
    for word in (
        *(
            "ClusterIP",
            "NodePort",
            "LoadBalancer",
            "ExternalName",
            "clusterIP: None",
            "externalIPs",
            "ClientIP",
        ),
        *(
            "externalTrafficPolicy: Local",
            "internalTrafficPolicy: Local",
            "loadBalancerSourceRanges",
            "ipMode",
        ),
        *(
            "protocol: SCTP",
            "protocol: UDP",
            "healthCheckNodePort",
            "terminating: true",
            "serving: false",
            "forZones",
        ),
        *("forNodes", "deleted: Service", "deleted: EndpointSlice", "kind-worker3", "trafficDistribution"),
        *("allocateLoadBalancerNodePorts: false", "targetPort: named", "# then"),
    ):
        assert word in told, word


def test_what_goes_is_deleted_and_what_cannot_be_changed_is_made_anew() -> None:
    one = {"kind": "Service", "metadata": {"name": "s", "namespace": "n"}, "spec": {"clusterIP": "10.96.1.1"}}
    other = {**one, "spec": {"clusterIP": "10.96.1.2"}}
    wider = {**one, "spec": {"clusterIP": "10.96.1.1", "type": "NodePort"}}
    assert changed([], [one]) == ([one], [])
    assert changed([other], [one]) == ([one], [other])
    assert changed([wider], [one]) == ([], [wider])


def test_a_difference_is_made_simple() -> None:
    """Whatever has an externalIP differs: one Service with one port is left."""
    case = next(
        found
        for k in range(99)
        if "externalIPs" in str(found := draw(f"simple-{k}")) and len(found.states) > 1
    )

    def differs(tried: RealCase) -> bool:
        return (
            any("externalIPs" in each.get("spec", {}) for each in tried.states[-1]) if tried.states else False
        )

    small = simplest(case, differs)
    assert differs(small) and len(small.states) == 1
    (left,) = small.states[0]
    assert identity(left)[0] == "Service"
    assert set(left["spec"]) <= {"clusterIP", "externalIPs", "type"}


def test_without_the_programs_it_says_in_a_line_what_is_missing(
    monkeypatch: pytest.MonkeyPatch, tmp_path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(programs.FOLDER, str(tmp_path))
    assert main(["prove", "--real", "1"]) == 2
    assert re.fullmatch(
        r"packetwalk: missing: what make real builds.*make real .*\n", capsys.readouterr().err
    )


@pytest.mark.kernel
@pytest.mark.real
def test_draws_do_not_differ() -> None:
    assert [each.differences for each in real.search(FEW, "few")] == [{}] * FEW


@pytest.mark.kernel
@pytest.mark.real
def test_a_wrong_plan_is_found_and_shown_simply() -> None:
    with altered("two jumps have changed places"):
        (found, *_) = real.search(1, "few")
    assert found.differences["iptables"].startswith("filter FORWARD: another order")
    assert found.case.states == ((),)
