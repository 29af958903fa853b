"""Which one? What the rules say of a mode is what its walks do."""

from __future__ import annotations

from pathlib import Path

import pytest

from packetwalk.errors import BadInput
from packetwalk.walks.scenario import walk
from packetwalk.widgets.tools.chooser import Offered, WhichOne
from packetwalk.widgets.tools.traits import TRAITS, traits, wire_of
from tests import ROOT

RULES = ROOT / "book" / "data" / "choose.yaml"
CHOOSER = WhichOne(RULES)


def answer(question: str, name: str) -> Offered:
    (asked,) = (each for each in CHOOSER.questions if each.id == question)
    return next(each for each in asked.answers if each.id == name)


def verdicts(question: str, name: str) -> dict[tuple[str, str], str]:
    judged = {pair: answer(question, name).judge(*pair) for pair in CHOOSER.modes}
    return {pair: rule.verdict if rule else "" for pair, rule in judged.items()}


def test_who_is_ruled_out_behind_a_router_dies_there() -> None:
    for name in ("mixed", "cloud"):
        for pair, verdict in verdicts("underlay", name).items():
            assert (verdict == "no") == (walk(*pair, "cross-subnet").disposition != "delivered"), (name, pair)


def test_who_is_praised_on_one_segment_adds_nothing() -> None:
    for pair, verdict in verdicts("underlay", "segment").items():
        (frame, *_) = wire_of(walk(*pair, "cross-node"))
        assert (verdict == "plus") == (frame.size == 98), pair


def test_who_may_encrypt_hides_the_pods_addresses() -> None:
    for pair, verdict in verdicts("encryption", "yes").items():
        crossed = walk(*pair, "cross-node")
        pods = {crossed.traces[0].flow.src, crossed.traces[0].flow.dst}
        (frame, *_) = wire_of(crossed)
        seen = {getattr(header, name, "") for header in frame.after for name in ("src", "dst")}
        assert (verdict == "no") == bool(pods & seen), pair


def test_who_has_policies_of_its_own_denies_a_packet() -> None:
    for pair, verdict in verdicts("policy", "own").items():
        assert verdict == "no" or "policy" in traits(*pair), pair


@pytest.mark.parametrize("trait", TRAITS)
def test_every_trait_tells_modes_apart_and_is_asked_for(trait: str) -> None:
    having = [pair for pair in CHOOSER.modes if trait in traits(*pair)]
    assert 0 < len(having) < len(CHOOSER.modes)
    every = [rule for question in CHOOSER.questions for each in question.answers for rule in each.rules]
    assert any(trait in rule.has | rule.lacks for rule in every)


def test_every_rule_speaks_of_some_mode_and_its_evidence_is_a_page() -> None:
    for question in CHOOSER.questions:
        for each in question.answers:
            for rule in each.rules:
                assert any(each.judge(*pair) is rule for pair in CHOOSER.modes), rule
                assert (ROOT / "book" / f"{rule.see}.ipynb").is_file(), rule


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("flannel/vxlan", "flannel/vxlam", "mode"),
        ("[bare]", "[bear]", "trait"),
        ("is: plus", "is: good", "verdict"),
    ],
)
def test_a_rule_about_nothing_is_one_line(tmp_path: Path, old: str, new: str, said: str) -> None:
    broken = tmp_path / "choose.yaml"
    broken.write_text(RULES.read_text().replace(old, new))
    with pytest.raises(BadInput, match=f"{said}: .* is not valid; valid: "):
        WhichOne(broken)
