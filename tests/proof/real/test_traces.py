"""Which base chains a packet met on n1, in their order, and the rule that decided in each: ``nft monitor trace``."""

from __future__ import annotations

import re

import pytest

from packetwalk.datapath.run import Run
from packetwalk.tables import NftChain, NftRule
from tests.proof.real.experiment import RealExperiment, every
from tests.proof.real.replayed import replayed

TRACED = {each.name: each for each in every() if each.outcome.get("trace")}
OF_IPTABLES = re.compile(r"ip (raw|mangle|nat|filter) ")
"""Of these nft prints rules in other words; their chains are compared."""


def met(run: Run) -> list[tuple[str, str | None]]:
    """Return the base chains that packets of a walk met on n1, each with the line that decided there.

    A rule that refuses is not told by the kernel; what follows is about its message.
    """
    out = []
    for netns, verdict, _ in run.verdicts:
        if netns != "n1":
            continue
        table, _, path = verdict.met.path.removeprefix("table ").partition(", ")
        base, *inner = path.split(" > ")
        entry = verdict.met.entry
        if verdict.target == "REJECT":
            return [*out, (f"{table} {base}", None)]
        if isinstance(entry, (NftChain, NftRule)):
            last = inner[-1] if inner else base
            line = "policy" if isinstance(entry, NftChain) else f"{table} {last}: {entry}"
            out.append((f"{table} {base}", line))
        else:
            out.append((f"ip {table} {base}", None))
    return out


def recorded(experiment: RealExperiment) -> list[tuple[str, str | None]]:
    """Return the same as the kernel told it."""
    return [
        (chain, None if OF_IPTABLES.match(chain) else line) for chain, line in experiment.outcome["trace"]
    ]


@pytest.mark.parametrize("name", TRACED)
def test_a_packet_meets_the_same_chains_and_rules(name: str) -> None:
    experiment = TRACED[name]
    ours, theirs = met(replayed(experiment.recording, name).runs[0]), recorded(experiment)
    theirs = theirs[: len(ours)]
    assert ours and ours == theirs


def test_most_are_traced() -> None:
    assert len(TRACED) >= 9
    assert {chain for each in TRACED.values() for chain, _ in each.outcome["trace"]} >= {
        "ip kube-proxy nat-prerouting",
        "ip kube-proxy filter-forward",
        "ip kube-proxy nat-postrouting",
        "ip nat POSTROUTING",
        "ip filter FORWARD",
    }
