"""Recordings into which somebody has put anything: read, replayed and asked, or refused in one line."""

from __future__ import annotations

import json
import random
import shutil
from pathlib import Path

import pytest

from packetwalk.capture.recording import read
from packetwalk.errors import BadInput
from packetwalk.proof import recordings
from packetwalk.why import why
from tests import ROOT
from tests.capture import mutations

EACH = 40


@pytest.mark.parametrize("name", ["flannel-vxlan", "calico-bgp", "weave-sleeve"])
@pytest.mark.parametrize("kind", [".json", ".txt", ".pcapng"])
def test_what_somebody_has_changed_is_refused_in_one_line_or_read(
    name: str, kind: str, tmp_path: Path
) -> None:
    drawn = random.Random(f"{name} {kind}")
    refused = 0
    for number in range(EACH):
        folder = tmp_path / str(number)
        shutil.copytree(ROOT / "recordings" / name, folder)
        mutations.mutated(folder, kind, drawn)
        refused += not mutations.asked(lambda place=folder: read(place), timed=False)
        shutil.rmtree(folder)
    assert refused, "none of the changes matters"


@pytest.mark.parametrize(
    "number",
    [680, 918, 4727, 5163],
    ids=[
        "a set's option without a value",
        "a name that no file can have",
        "a port that is not there",
        "a route by a device that is not there",
    ],
)
def test_what_was_found_once_is_one_line(number: int, tmp_path: Path) -> None:
    _, open_ = mutations.draw("nov30", number, tmp_path)
    assert not mutations.asked(open_, timed=False)


@pytest.mark.parametrize("form", mutations.FORMS[3:], ids=lambda form: form.__name__)
def test_files_of_nodes_and_archives_are_refused_or_read(form: mutations.Form, tmp_path: Path) -> None:
    for number in range(8):
        place = tmp_path / str(number)
        place.mkdir()
        mutations.asked(
            form(place, "flannel-host-gw", random.Random(f"{form.__name__} {number}")), timed=False
        )


def test_markup_in_a_page_is_found() -> None:
    mutations.plain("<p>&lt;pwn&gt;</p>")
    with pytest.raises(mutations.Finding, match="markup"):
        mutations.plain("<p><pwn></p>")


@pytest.mark.parametrize(
    "text", ["[" * 100_000, f"[{'9' * 5000}]", '[{"ifname": "\\ud800"}]', "{", "null", "3"], ids=range(6)
)
def test_json_that_no_tool_prints_is_one_line(text: str, tmp_path: Path) -> None:
    shutil.copytree(recordings.find("flannel-vxlan"), tmp_path / "r")
    (tmp_path / "r" / "a" / "link.json").write_text(text)
    with pytest.raises(BadInput, match="recording"):
        read(tmp_path / "r")


def test_a_namespace_without_a_loopback_is_one_line() -> None:
    recorded = recordings.recordings("flannel", "vxlan")[0]
    place = recorded.place("b")
    links = [each for each in place.printed("link.json") if each["ifname"] != "lo"]
    without = place._replace(files={**place.files, "link.json": json.dumps(links)})
    places = tuple(without if each.netns == "b" else each for each in recorded.places)
    with pytest.raises(BadInput, match="no device lo"):
        why(recorded._replace(places=places), "a", "b")
