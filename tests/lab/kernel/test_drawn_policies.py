"""Drawn sets of policies in the kernel: real connections fare as the walk and the judge say, and rules count as often."""

from __future__ import annotations

from typing import NamedTuple

import pytest

from packetwalk.lab.proving.search import counters
from packetwalk.lab.proving.workers import side_by_side
from packetwalk.plan.cluster import Cluster
from packetwalk.walks.network import Network
from tests.lab.kernel.policed import fare
from tests.policy.walked import drawn, judged

FORMS = (("calico", "vxlan", "iptables"), ("calico", "bgp", "nftables"), ("weave", "sleeve", "iptables"))
PAIRS = (("a", "b"), ("a2", "b"), ("b", "a"), ("coredns", "a2"), ("b2", "b"), ("kind-worker", "b"), ("a", "web"))
SETS = 14
"""Of each form."""


class DrawnSet(NamedTuple):
    """One set in one cluster, to be tried in a process of its own."""

    plugin: str
    mode: str
    rules: str
    seed: int

    def __call__(self) -> list[tuple[str, str, str]]:
        """Return what differs: which set, which packet, how."""
        made = Network(Cluster(), self.plugin, self.mode, rules=self.rules, policies=drawn(self.seed))
        asked = {(src, dst if dst == "web" else f"{dst}:8080"): judged(made, src, dst) for src, dst in PAIRS}
        fared = fare(made, asked)
        wrong = fared.differences()
        wrong += [
            (" to ".join(ends), f"the judge says {said}")
            for ends, said in asked.items()
            if (fared.ends[ends] == "delivered") != (said == "allow")
        ]
        # weaver's own messages, by which this ground carries sleeve's packets, count in rules too
        differs = "" if self.plugin == "weave" else counters.difference(fared.runs, fared.recording)
        wrong += [("counters", differs)] if differs else []
        return [(repr(self), *each) for each in wrong]


@pytest.mark.kernel("ipset", "nft")
@pytest.mark.parametrize(("plugin", "mode", "rules"), FORMS)
def test_drawn_policies_fare_in_the_kernel_as_walk_and_judge_say(plugin: str, mode: str, rules: str) -> None:
    tasks = [DrawnSet(plugin, mode, rules, seed) for seed in range(SETS)]
    assert list(side_by_side(tasks)) == []
