"""What pages and notebooks get: packed walks, the element, the choices made ahead."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import packetwalk
from packetwalk.widgets import play, play_piece
from packetwalk.widgets.bundle import catalogue, offer, write_choices
from packetwalk.widgets.markup import element
from packetwalk.widgets.pack import pack, unpack

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(JSON)
def test_unpack_is_the_inverse_of_pack(value) -> None:
    assert unpack(json.loads(json.dumps(pack(value)))) == value


def test_pack_keeps_true_and_1_apart() -> None:
    packed = unpack(pack([1, True, 0, False]))
    assert [type(each) for each in packed] == [int, bool, int, bool]


@pytest.mark.parametrize("wrong", [{}, [], {"pack": 2, "values": []}, None])
def test_what_is_not_packed_is_refused(wrong) -> None:
    with pytest.raises(ValueError, match="not packed"):
        unpack(wrong)


def test_the_element_holds_the_walk_and_the_words() -> None:
    walk = packetwalk.walk("flannel", "vxlan", "cross-node", df=True)
    html = element(walk)
    data = re.search(r'<script type="application/json" class="walk">(.*?)</script>', html, re.S)
    page = unpack(json.loads(data[1]))
    assert page["walks"]["icmp/56/1/0"] == json.loads(json.dumps(walk.to_json()))
    assert html.count("<li>") == len(walk.steps)
    assert 'plugin="flannel" mode="vxlan" scenario="cross-node"' in html


def test_text_of_a_walk_cannot_become_markup() -> None:
    walk = packetwalk.walk("flannel", "vxlan", "cross-node")
    evil = '</script><script>alert(1)</script>"><img onerror=x>'
    object.__setattr__(walk, "title", evil)
    tags: list[str] = []
    parser = HTMLParser()
    parser.handle_starttag = lambda tag, attrs: tags.append(tag)
    parser.feed(element(walk))
    assert tags.count("script") == 1 and "img" not in tags


def test_every_choice_of_the_catalogue_has_its_file(tmp_path: Path) -> None:
    of = offer("flannel", "host-gw")
    written = {
        path.relative_to(tmp_path).as_posix() for path in write_choices("flannel", "host-gw", tmp_path)
    }
    choices = catalogue(of)
    for scenario in choices["scenarios"]:
        assert f"{scenario['name']}/none.json" in written
        walks = unpack(json.loads((tmp_path / scenario["name"] / "none.json").read_text()))["walks"]
        for proto in choices["protos"]:
            for size in choices["sizes"][proto]:
                assert f"{proto}/{size['size']}/0/0" in walks
    for fault in choices["faults"]:
        for scenario in fault["scenarios"]:
            assert f"{scenario}/{fault['name']}.json" in written


def test_a_player_is_its_text_in_a_notebook() -> None:
    player = play("flannel", "vxlan", "cross-node")
    data, _ = player._repr_mimebundle_()
    assert data["text/plain"] == repr(packetwalk.walk("flannel", "vxlan", "cross-node"))
    assert data["text/html"].startswith("<packet-walk ")


def test_a_live_player_answers_for_any_size() -> None:
    player, sent = play_piece("veth"), []
    player.send = sent.append
    ask = {
        "type": "walk",
        "id": 7,
        "options": {
            "plugin": "flannel",
            "mode": "vxlan",
            "size": 1234,
            "scenario": "cross-node",
            "proto": "udp",
        },
    }
    player._asked(None, ask, None)
    assert (sent[0]["id"], unpack(sent[0]["walk"])["options"]["size"]) == (7, 1234)
    player._asked(None, {**ask, "options": {**ask["options"], "size": 0}}, None)
    assert "1 to 65507" in sent[1]["error"]
