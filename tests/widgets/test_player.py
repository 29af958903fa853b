"""What pages and notebooks get: packed walks, the element, the choices made ahead."""

from __future__ import annotations

import gzip
import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import packetwalk
from packetwalk.cni import plugins
from packetwalk.errors import BadInput
from packetwalk.widgets import play, play_linux
from packetwalk.widgets.bundle import (
    catalogue,
    modes,
    offer,
    sizes_of_others,
    usual,
    write_choices,
    write_index,
)
from packetwalk.widgets.markup import element
from packetwalk.widgets.pack import OFTEN, pack, pack_apart, unpack

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


@given(st.lists(JSON, max_size=4))
def test_what_is_packed_apart_comes_together_again(values) -> None:
    roots = {f"file {number}": value for number, value in enumerate(values)}
    shared, own = json.loads(json.dumps(pack_apart(roots.items())))
    assert {name: unpack(packed, shared) for name, packed in own.items()} == roots


def test_only_what_many_files_hold_is_shared() -> None:
    def steps(number: int) -> dict:
        return {"steps": [{"node": "x", "size": number}, {"node": "y", "size": -number}]}

    walks = {str(number): steps(number) for number in range(1, OFTEN)}
    shared, own = pack_apart([*walks.items(), ("same", walks["1"])])
    common, rest = (json.dumps(each["values"]) for each in (shared, own["2"]))
    assert all(each in common and each not in rest for each in ('"node"', '"size"', '"x"', '"y"'))
    scalars = {name: [v for v in each["values"] if not isinstance(v, list)] for name, each in own.items()}
    assert scalars == {"same": [1, -1], **{str(number): [number, -number] for number in range(1, OFTEN)}}
    assert own["same"] == own["1"]
    with pytest.raises(ValueError, match="shares"):
        unpack(own["1"], {**shared, "name": "another"})
    of_two, own_of_two = pack_apart([("a", steps(1)), ("b", steps(1))])
    assert len(own_of_two["a"]["values"]) == 1 and unpack(own_of_two["a"], of_two) == steps(1)


def test_what_is_used_once_stands_where_it_is_used() -> None:
    packed = pack({"once": "a", "twice": ["b", "b"], "number": 7})
    assert packed["values"] == ["b", 7, [1, [0, "once", "twice", "number"], "a", [0, 0, 0], 1]]
    assert unpack(packed) == {"once": "a", "twice": ["b", "b"], "number": 7}
    first = {"pack": 1, "values": ["a", [0, 0], 7, [1, 1, 2]]}
    assert unpack(first) == {"a": 7}


def test_a_value_that_came_and_went_leaves_its_place_to_no_other() -> None:
    """Packing looks at each object once, by identity: no later one may pass for it."""
    roots = ((str(number), [[number]]) for number in range(1000))
    shared, own = pack_apart(roots)
    assert all(unpack(packed, shared) == [[int(name)]] for name, packed in own.items())


@pytest.mark.parametrize("wrong", [{}, [], {"pack": 3, "values": []}, None])
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


def walks_in(folder: Path, name: str) -> dict:
    """Return the walks of one choice file."""
    shared, own = (
        json.loads(gzip.decompress((folder / f"{each}.json.gz").read_bytes())) for each in ("shared", name)
    )
    return unpack(own, shared)["walks"]


def test_every_choice_of_the_catalogue_has_its_file(tmp_path: Path) -> None:
    of = offer("flannel", "host-gw")
    written = {
        path.relative_to(tmp_path).as_posix() for path in write_choices("flannel", "host-gw", tmp_path, gzip.compress)
    }
    choices = catalogue(of)
    for scenario in choices["scenarios"]:
        assert f"{scenario['name']}/none.json.gz" in written
        walks = walks_in(tmp_path, f"{scenario['name']}/none")
        for proto in choices["protos"]:
            for size in choices["sizes"][proto]:
                assert f"{proto}/{size['size']}/0/0" in walks
    for fault in choices["faults"]:
        for scenario in fault["scenarios"]:
            assert f"{scenario}/{fault['name']}.json.gz" in written
    plain = packetwalk.walk("flannel", "host-gw", "cross-node", df=True).to_json()
    assert walks_in(tmp_path, "cross-node/none")["icmp/56/1/0"] == json.loads(json.dumps(plain))


def test_rules_of_nftables_are_made_ahead_in_every_mode_of_a_plugin_that_has_them() -> None:
    offered = {pair for pair in modes() if "rules" in catalogue(offer(*pair))}
    assert offered == {pair for pair in modes() if len(plugins()[pair[0]].rules) > 1}
    assert {"flannel", "calico"} <= {plugin for plugin, _ in offered} and len(offered) > 10
    of = offer("flannel", "vxlan", "nftables")
    bare = of._replace(scenarios=of.scenarios[:1])
    ((name, content),) = usual(bare)
    assert name == f"{bare.scenarios[0].name}/none"
    assert {walk["options"]["rules"] for walk in content["walks"].values()} == {"nftables"}
    assert {walk["options"]["proto"] for walk in content["walks"].values()} == set(of.protos)
    assert catalogue(of)["proof"]["nftables"]["where"] == "kernel"


def test_a_page_says_which_rules_its_walk_has() -> None:
    shown = element(packetwalk.walk("flannel", "vxlan", "service", rules="nftables"))
    assert ' rules="nftables"' in shown
    assert " rules=" not in element(packetwalk.walk("flannel", "vxlan", "service"))


def test_the_sizes_of_other_modes_have_their_file(tmp_path: Path, monkeypatch) -> None:
    of = offer("flannel", "host-gw")
    sizes = {packet["size"] for packet in sizes_of_others(of)}
    assert {1422, 1423} <= sizes and not sizes & {56, 1472, 1473, 4000}
    bare = of._replace(scenarios=(), faults=())
    monkeypatch.setattr(
        "packetwalk.widgets.bundle.offer", lambda *pair: bare if pair == bare[:2] else offer(*pair)
    )
    write_choices("flannel", "host-gw", tmp_path, gzip.compress)
    walks = walks_in(tmp_path, "cross-node/sizes")
    assert {f"{proto}/1423/{df}/0" for proto in ("icmp", "udp") for df in (0, 1)} <= walks.keys()


def test_the_index_lists_the_modes_that_have_files(tmp_path: Path) -> None:
    for mode in ("flannel/vxlan", "calico/bgp", "linux/veth"):
        (tmp_path / mode).mkdir(parents=True)
    listed = json.loads(write_index(tmp_path).read_text())
    assert [(one["plugin"], one["mode"]) for one in listed] == [("calico", "bgp"), ("flannel", "vxlan")]
    assert listed[0]["title"] == "BGP without encapsulation"
    assert "cross-node" in listed[0]["scenarios"] and listed[0]["holds_for"]


def test_a_comparison_travels_in_the_page() -> None:
    player = play(
        "flannel",
        "vxlan",
        "cross-node",
        size=1400,
        fault="missing-fdb",
        compare=[("flannel", "host-gw"), ("calico", "bgp")],
    )
    html = player._repr_mimebundle_()[0]["text/html"]
    assert 'with="flannel/host-gw,calico/bgp"' in html
    data = re.search(r'<script type="application/json" class="walk">(.*?)</script>', html, re.S)
    page = unpack(json.loads(data[1]))
    assert page == unpack(json.loads(player.walk))
    for mode in ("flannel/host-gw", "calico/bgp"):
        other = page["compare"][mode]
        assert (f"{other['plugin']}/{other['mode']}", other["scenario"]) == (mode, "cross-node")
        assert (other["options"]["size"], other["options"]["fault"]) == (1400, None)


def test_three_modes_beside_one_are_refused() -> None:
    with pytest.raises(BadInput, match="compare"):
        play("flannel", "vxlan", compare=[("calico", "bgp")] * 3)


def test_a_live_player_lists_the_modes() -> None:
    player, sent = play_linux("veth"), []
    player.send = sent.append
    player._asked(None, {"type": "modes", "id": 3}, None)
    assert (sent[0]["type"], sent[0]["id"]) == ("modes", 3)
    assert [(one["plugin"], one["mode"]) for one in sent[0]["modes"]] == modes()


def test_a_player_is_its_text_in_a_notebook() -> None:
    player = play("flannel", "vxlan", "cross-node")
    data, _ = player._repr_mimebundle_()
    assert data["text/plain"] == repr(packetwalk.walk("flannel", "vxlan", "cross-node"))
    assert data["text/html"].startswith("<packet-walk ")


def test_a_live_player_answers_for_any_size() -> None:
    player, sent = play_linux("veth"), []
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
