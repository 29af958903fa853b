"""Which changes are tried: only those after which something may become otherwise."""

from __future__ import annotations

from dataclasses import replace

import pytest

from packetwalk.proof import recordings
from packetwalk.why import load, why
from packetwalk.why.asking import Fate
from packetwalk.why.loading import Loaded
from packetwalk.why.mends import candidates

LIMIT = 200  # of 355 that were tried once


def broken(plugin: str, mode: str) -> Loaded:
    """Return a cluster in which a pod has lost its routes, and nothing that is tried brings all of them back."""
    recorded = recordings.recordings(plugin, mode)[0]
    places = (
        place._replace(files={**place.files, "route.json": "[]"}) if place.netns == "b" else place
        for place in recorded.places
    )
    return load(recorded._replace(places=tuple(places)))


@pytest.fixture(scope="module")
def failed() -> Fate:
    loaded = broken("calico", "bgp")
    return why(loaded, "a", loaded.recording.place("b").netns).fate


def test_nothing_is_tried_where_the_packet_did_not_ask(failed: Fate) -> None:
    assert failed.verdict == "does not reach"
    met = failed.loaded.untouched()
    met.send(failed.question.src.netns, failed.question.dst.address, failed.walk.packet)
    tried = {mend.netns for mend in candidates(failed)}
    assert tried and tried <= met.fabric.met < set(failed.loaded.plans)


def test_no_rule_about_the_cable_of_a_pod_is_taken_from_its_node_or_given_to_another(failed: Fate) -> None:
    cables = failed.loaded.pod_cables
    assert len(cables) == len([each for each in failed.loaded.plans.values() if each.kind == "pod"])
    found = [mend for mend in candidates(failed) if mend.commands[0][0] == "iptables"]
    cited = "the line that decided"
    assert not [m for m in found if m.reason != cited and any(cable in str(m) for cable in cables)]
    assert len([*candidates(failed)]) < LIMIT


def test_unchanged_machines_are_not_built_again(failed: Fate) -> None:
    loaded = failed.loaded
    other = loaded.edited({"b": [lambda plan: plan]})
    assert other.fabric.netns("a") is loaded.fabric.netns("a")
    assert other.fabric.netns("b") is not loaded.fabric.netns("b")
    again = replace(loaded, beside=None)
    assert again.fabric.netns("a") is not loaded.fabric.netns("a")
