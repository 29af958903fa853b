"""Which of Felix's rules packets meet on all nodes is what the counters of a real Felix's rules told."""

from __future__ import annotations

from typing import Any

import pytest

from packetwalk.cni.calico.plan import interface
from packetwalk.plan.cluster import Pod
from packetwalk.plan.rules import IPTABLES
from tests.cni.calico.recorded import CASES
from tests.cni.calico.test_verdicts import network, pod, send
from tests.policy import cases

RECORDED = {each["name"].partition("/")[2]: each for each in cases("calico-3.33-hits")}
SEGMENTS = {
    "02-denied-at-egress": ("cali32f7310dd65",),
    "06-nodeport-under-policy": ("cali-fw-calib096231e621 -m conntrack --ctstate RELATED,ESTABLISHED",),
}
"""What a walk does not send: a segment of a connection of before, and those that close one."""


def cables(manifests: list[dict[str, Any]]) -> dict[str, str]:
    """Return the names of the pods' interfaces, as they are here, with the recorded ones."""
    pods = [(each["metadata"]["namespace"], each["metadata"]["name"]) for each in manifests if each["kind"] == "Pod"]
    return {
        interface(Pod(pod(space, name), "", 0, 0, space)): interface(Pod(name, "", 0, 0, space)) for space, name in pods
    }


@pytest.mark.parametrize("name", RECORDED)
def test_packets_meet_the_rules_that_counted(name: str) -> None:
    case, manifests = RECORDED[name], CASES["00-none"]["manifests"]
    net, renamed = network("00-none", IPTABLES, [*manifests, *case["objects"]]), cables(manifests)
    met: set[str] = set()
    for step in case["steps"]:
        for netns, verdict, _ in send(net, step).verdicts:
            for rule in verdict.counts:
                line = f"{netns} {rule.entry.chain_table} {rule.entry}"
                for ours, theirs in renamed.items():
                    line = line.replace(ours, theirs)
                met.add(line)
    counted = {line for line in case["hits"] if "cali" in line}
    left = {line for line in counted if any(word in line for word in SEGMENTS.get(name, ()))}
    assert {line for line in met if "cali" in line} == counted - left
    assert bool(left) == (name in SEGMENTS)
