"""Recordings into which somebody has put anything: read, replayed and asked, or refused in one line."""

from __future__ import annotations

import json
import random
import shutil
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from packetwalk.capture.recording import read
from packetwalk.errors import BadInput
from packetwalk.proof import recordings
from packetwalk.walks.replay import replay
from packetwalk.why import why
from tests import ROOT

EACH = 40
WORDS = (None, True, -1, 0, 3.5, "", "x", "<b>", "10.0.0.1", "999.1.1.1", "fe80::1", "02:00:00:00:00:zz", "eth0\n")
VALUES = (*WORDS, "\ud800", 2**70, "a" * 100_000, [], {}, [[]], [{}], {"a": []})


@pytest.mark.parametrize("name", ["flannel-vxlan", "calico-bgp", "weave-sleeve"])
@pytest.mark.parametrize("kind", [".json", ".txt", ".pcapng"])
def test_what_somebody_has_changed_is_refused_in_one_line_or_read(
    name: str, kind: str, tmp_path: Path
) -> None:
    drawn = random.Random(f"{name} {kind}")
    source = ROOT / "recordings" / name
    files = sorted(path.relative_to(source) for path in source.rglob(f"*{kind}"))
    refused = 0
    for number in range(EACH):
        folder = tmp_path / str(number)
        shutil.copytree(source, folder)
        change = {".json": _object, ".txt": _text, ".pcapng": _bytes}[kind]
        change(folder / drawn.choice(files), drawn)
        try:
            recording = read(folder)
            for sent in recording.sent[:2]:
                json.dumps(replay(recording, sent.name).to_json()).encode()
            assert str(why(recording, "a", "b")).encode()
        except BadInput as error:
            refused += 1
            assert "\n" not in str(error)
        shutil.rmtree(folder)
    assert refused, "none of the changes matters"


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


def _object(file: Path, drawn: random.Random) -> None:
    told = json.loads(file.read_text())
    for _ in range(drawn.choice((1, 1, 3))):
        place = drawn.choice([each for each in _places(told) if each] or [()])
        if place:
            _change(told, place, drawn)
    file.write_text(json.dumps(told))


def _places(value: Any, here: tuple = ()) -> Iterator[tuple]:
    yield here
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, each in inside:
        yield from _places(each, (*here, key))


def _change(value: Any, place: tuple, drawn: random.Random) -> None:
    for key in place[:-1]:
        value = value[key]
    if drawn.random() < 0.25:
        del value[place[-1]]
    else:
        value[place[-1]] = deepcopy(drawn.choice(VALUES))  # what is changed again is nobody else's


def _text(file: Path, drawn: random.Random) -> None:
    lines = file.read_text().splitlines() or [""]
    number = drawn.randrange(len(lines))
    words = lines[number].split(" ")
    words[drawn.randrange(len(words))] = str(drawn.choice(WORDS))
    lines[number] = " ".join(words)
    file.write_text("\n".join(lines))


def _bytes(file: Path, drawn: random.Random) -> None:
    data = bytearray(file.read_bytes())
    for _ in range(drawn.choice((1, 3, 10))):
        data[drawn.randrange(len(data))] = drawn.randrange(256)
    cut = drawn.randrange(len(data)) if drawn.random() < 0.2 else len(data)
    file.write_bytes(bytes(data[:cut]))
