"""A recording that a notebook asks: the form of the page, answered by the kernel."""

from __future__ import annotations

import json
import tarfile
from pathlib import Path
from typing import Any

import pytest

import packetwalk.why
from packetwalk.errors import BadInput
from packetwalk.widgets import why
from packetwalk.widgets.player import built
from packetwalk.widgets.tools.why import WhyPage, given
from tests.why.example import FILE, NAME
from tests.why.given import folder, zipped


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    said: list[dict[str, Any]] = []
    monkeypatch.setattr("packetwalk.widgets.investigation.Investigation.send", lambda _, content: said.append(content))
    return said


def test_its_text_is_what_the_command_prints() -> None:
    asked = why(FILE, "b", "a")
    assert repr(asked) == str(packetwalk.why.why(given(FILE), "b", "a"))
    assert asked.walk.traces[0].disposition == "delivered"  # the request; its reply is lost
    assert asked.walk.traces[1].disposition == "neighbor_unreachable"


def test_where_no_end_is_named_it_asks_what_was_recorded() -> None:
    assert repr(why(FILE)).startswith("a (10.244.1.2) to b (10.244.2.2), icmp, 56 bytes: does not reach")
    assert repr(why("flannel-vxlan", "a", "b", size=1000)).startswith("a (10.244.1.2) to b (10.244.2.2), icmp, 1000 bytes: reaches")


def test_a_folder_an_archive_and_a_value_are_the_same(tmp_path: Path) -> None:
    with tarfile.open(FILE) as tar:
        tar.extractall(tmp_path, filter="data")
    packed = tmp_path / "it.zip"
    packed.write_bytes(zipped(folder()))
    assert given(tmp_path / NAME) == given(FILE) == given(packed) == given(given(FILE))


def test_the_page_has_what_the_form_needs_before_it_asks() -> None:
    first = json.loads(why(FILE, "b", "a", proto="udp", size=500).first)
    assert first["asked"] == ["b", "a", {"proto": "udp", "size": 500}]
    assert first["overview"]["machines"] and first["why"]["verdict"] == "does not reach"


def test_questions_of_the_element_are_answered(sent: list[dict[str, Any]]) -> None:
    asked = why(FILE)
    asked._asked(None, {"type": "why", "id": 1, "what": "row", "asked": ["a"]}, None)
    asked._asked(None, {"type": "why", "id": 2, "what": "why", "asked": ["nobody", "b", {}]}, None)
    asked._asked(None, {"type": "why", "id": 3, "what": "everything", "asked": []}, None)
    asked._asked(None, {"type": "player", "id": 4}, None)
    asked._asked(None, {"type": "another", "id": 5}, None)
    assert [each["id"] for each in sent] == [1, 2, 3, 4]
    assert {each["to"]: each["verdict"] for each in sent[0]["why"]}["b"] == "does not reach"
    assert "'nobody' is not valid" in sent[1]["why"]["wrong"]
    assert "everything" in sent[2]["error"]
    assert sent[3]["player"] == built().read_text()


def test_without_a_kernel_the_lines_are_read_and_names_are_text() -> None:
    recording = given(FILE)
    evil = "<img src=x onerror=alert(1)>"
    places = tuple(each._replace(label=evil) if each.netns == "b" else each for each in recording.places)
    html = why(recording._replace(places=places), "a", evil)._repr_mimebundle_()[0]["text/html"]
    assert "&lt;img" in html and "<img" not in html
    assert all(f"<dt>{title}</dt>" in html for title in ("Where it ends", "Deciding line", "What mends it"))


@pytest.mark.parametrize(
    ("asked", "said"),
    [((FILE, "nobody"), "'nobody' is not valid"), (("no-such-recording",), "recording: 'no-such-recording'")],
)
def test_what_is_wrong_is_one_line(asked: tuple, said: str) -> None:
    with pytest.raises(BadInput, match=said):
        why(*asked)


def test_the_page_tells_the_example_before_a_script_runs() -> None:
    page = WhyPage(FILE)
    html = page._repr_html_()
    assert repr(page) == repr(why(FILE))
    assert "<walk-why>" in html and "172.18.0.9 dev eth0 FAILED" in html.partition("<script")[0]
