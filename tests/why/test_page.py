"""What a page is answered is what `packetwalk why` says, in plain values."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from packetwalk.why import Loaded, load, pairs, why
from packetwalk.why.page import answer, answered
from packetwalk.widgets.tools.why import given
from tests.why.broken import BROKEN
from tests.why.example import CASE, FILE
from tests.why.test_broken import blamed


@pytest.fixture(scope="module")
def loaded() -> Loaded:
    return load(given(FILE))


def test_the_example_is_broken_as_its_page_says(loaded: Loaded) -> None:
    assert blamed(BROKEN[CASE], why(loaded, "a", "b").to_json())


def test_an_answer_has_the_lines_of_the_command(loaded: Loaded) -> None:
    found, said = answered(loaded, "why", "a", "b", {}), why(loaded, "a", "b")
    assert [(name, text) for name, _, text in found["lines"]] == [*said.told]
    assert all(title for _, title, _ in found["lines"][1:])
    assert (found["verdict"], found["mend"]["script"]) == (said.verdict, said.mend and said.mend.script)
    assert said.mend is not None and said.mend.reason in found["mend"]["reason"]


@pytest.mark.parametrize(
    ("src", "dst", "packet"),
    [
        ("a", "a2", {"proto": None, "size": None, "df": None}),
        ("a", "b:80", {"proto": "udp", "size": 900, "df": True}),
        ("a", " web ", {"proto": "tcp", "size": None}),
    ],
)
def test_what_is_left_empty_is_left_to_why(src: str, dst: str, packet: dict[str, Any], loaded: Loaded) -> None:
    found = answered(loaded, "why", src, dst, packet)
    said = why(loaded, src, dst.strip(), **{name: value for name, value in packet.items() if value is not None})
    assert [(name, text) for name, _, text in found["lines"]] == [*said.told]


def test_rows_are_those_of_every_pair(loaded: Loaded) -> None:
    every = pairs(loaded)
    assert answered(loaded, "overview")["machines"] == [*every.names]
    rows = [
        {"from": name, **each} for name in every.names for each in answered(loaded, "row", name)
    ]
    assert rows == every.to_json() and {each["verdict"] for each in rows} == {"reaches", "does not reach"}


def test_an_overview_says_what_can_be_asked(loaded: Loaded) -> None:
    found = answered(loaded, "overview")
    assert [*found["first"]] == ["a", "b"]
    assert ["b", "10.244.2.2"] in found["senders"] and ["default/web", "10.96.0.80:80"] in found["receivers"]
    nothing_sent = load(loaded.recording._replace(sent=()))
    first = answered(nothing_sent, "overview")["first"]
    assert first[0] != first[1] and answered(nothing_sent, "why", *first, {})["verdict"] == "reaches"


def test_a_walk_stands_where_it_ended(loaded: Loaded) -> None:
    found = answered(loaded, "walk", "a", "b", {})
    assert found["walk"] == why(loaded, "a", "b").walk.to_json()
    ended = next(step for trace in found["walk"]["traces"] for step in trace["steps"] if step["seq"] == found["step"])
    assert ended["event"] == "drop" and "172.18.0.9" in ended["why"]
    assert answered(loaded, "walk", "a", "a2", {})["step"] == 0


@pytest.mark.parametrize(
    ("what", "asked", "said"),
    [
        ("why", ("nobody", "b", {}), "'nobody' is not valid; valid: kind-control-plane"),
        ("why", ("a", "", {}), "'' is not valid; valid: "),
        ("why", ("a", "b:0", {}), "port in b:0"),
        ("why", ("a", "b", {"size": 70000}), "size in bytes: 70000 is not valid"),
        ("why", ("a", "b:80", {"proto": "icmp"}), "port for icmp"),
        ("why", ("a", "<img src=x>", {}), "'<img src=x>' is not valid"),
        ("walk", ("a", "nobody", {}), "'nobody' is not valid"),
        ("row", ("nobody",), "sender: 'nobody' is not valid"),
    ],
)
def test_what_is_wrong_is_an_answer(what: str, asked: tuple[Any, ...], said: str, loaded: Loaded) -> None:
    found = answered(loaded, what, *asked)
    assert said in found["wrong"] and found["wrong"].endswith(".") and "\n" not in found["wrong"]


def test_files_and_a_question_are_answered_as_json(tmp_path: Path, loaded: Loaded) -> None:
    (tmp_path / "0").write_bytes(FILE.read_bytes())
    folder, names = str(tmp_path), json.dumps([FILE.name])
    assert json.loads(answer(folder, names, "why", '["a", "b", {}]')) == answered(loaded, "why", "a", "b", {})
    assert json.loads(answer(folder, names, "row", '["a"]')) == answered(loaded, "row", "a")
    assert "name of a file" in json.loads(answer(folder, '["../x"]', "overview", "[]"))["wrong"]
