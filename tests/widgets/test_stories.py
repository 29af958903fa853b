"""The stories of the faults: written once, told wherever a broken walk is shown."""

from __future__ import annotations

import gzip
import json
from html import escape
from pathlib import Path

import pytest

import packetwalk
from packetwalk.cni import plugins
from packetwalk.widgets.bundle import Offer, offer, write_choices
from packetwalk.widgets.markup import element, steps_in_words
from tests import golden

BROKEN = {name: arguments for name, arguments in golden.cases() if "fault" in arguments}
LOST = plugins()["flannel"].fault("missing-fdb")


def test_every_fault_has_a_broken_walk() -> None:
    told = {(arguments["plugin"], arguments["fault"]) for arguments in BROKEN.values()}
    assert told == {(plugin.name, fault.name) for plugin in plugins().values() for fault in plugin.faults}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_walk_tells_its_story(name: str) -> None:
    fault = plugins()[BROKEN[name]["plugin"]].fault(BROKEN[name]["fault"])
    assert fault.title[-1].isalnum() and fault.story.endswith(".") and "  " not in fault.story
    printed, whole = golden.walk(name)
    assert printed.splitlines()[1] == f"Fault: {fault.title}. {fault.story}"
    assert whole["fault"] == {"title": fault.title, "story": fault.story}


def test_a_walk_of_which_nothing_is_broken_has_no_story() -> None:
    walk = packetwalk.walk("flannel", "vxlan", "cross-node")
    assert "fault" not in walk.to_json() and "Fault:" not in repr(walk) and walk.fault is None


def test_a_page_holds_the_story_once_for_the_player_and_once_in_words() -> None:
    walk = packetwalk.walk("flannel", "vxlan", "cross-node", fault=LOST.name)
    html, words = element(walk), steps_in_words(walk)
    assert html.replace(words, "").count(json.dumps(LOST.story)[1:-1]) == 1
    assert words.count(f"<b>{escape(LOST.title)}.</b> {escape(LOST.story)}") == 1


def test_a_file_holds_the_story_once_for_all_its_walks(tmp_path: Path, monkeypatch) -> None:
    def one(*asked: str) -> Offer:
        """Return what a mode offers, left with one scenario and one fault."""
        of = offer(*asked)
        faults = tuple(each for each in of.faults if each.name == LOST.name)
        return of._replace(scenarios=of.scenarios[1:2], faults=faults)

    monkeypatch.setattr("packetwalk.widgets.bundle.offer", one)
    write_choices("flannel", "vxlan", tmp_path, gzip.compress)
    texts = {path: gzip.decompress(path.read_bytes()).decode() for path in tmp_path.rglob("*.json.gz")}
    told = {path: text.count(json.dumps(LOST.story)) for path, text in texts.items() if LOST.story in text}
    walked = "cross-node/missing-fdb.json.gz"
    assert told == {tmp_path / walked: 1}  # with rules of nftables nothing is broken ahead
