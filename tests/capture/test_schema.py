"""The head of a recording, as the book describes it: what is written fits, and what does not fit is not read."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from packetwalk.capture.joining import join
from packetwalk.capture.recording import read, write
from packetwalk.errors import BadInput
from tests import ROOT
from tests.capture.joining import files

SCHEMA = json.loads((ROOT / "book" / "data" / "recording.schema.json").read_text())
KEPT = sorted((ROOT / "recordings").glob("*/recording.json"))


def mistakes(head: Any) -> list[str]:
    return [error.message for error in Draft202012Validator(SCHEMA).iter_errors(head)]


def test_it_is_a_schema() -> None:
    Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("head", KEPT, ids=lambda head: head.parent.name)
def test_every_recording_fits(head: Path) -> None:
    assert mistakes(json.loads(head.read_text())) == []


def test_what_is_written_fits(tmp_path: Path) -> None:
    of = read(ROOT / "recordings" / "flannel-vxlan")
    write(of, tmp_path / "again")
    made = [files.write(tmp_path / f"{node}.tgz", files.contents(of, node)) for node in files.nodes(of)]
    joined = join(made)
    place = joined.places[0]._replace(missing=("fdb.json", "nft.txt"))
    write(joined._replace(places=(place, *joined.places[1:])), tmp_path / "joined")
    for name in ("again", "joined"):
        assert mistakes(json.loads((tmp_path / name / "recording.json").read_text())) == []


def _drop(name: str) -> Callable[[Any], None]:
    return lambda head: head.pop(name)


@pytest.mark.parametrize(
    "change",
    [
        _drop("about"),
        _drop("sent"),
        lambda head: head["about"].update(version=2),
        lambda head: head["about"].update(plugin=3),
        lambda head: head["about"].update(emulated="wireguard"),
        lambda head: head["places"][0].update(kind="host"),
        lambda head: head["places"][0].update(netns="../up"),
        lambda head: head["places"][0].update(missing="fdb.json"),
        lambda head: head["places"][0].update(more=1),
        lambda head: head["sent"][0].update(dport=70000),
        lambda head: head["sent"][0].update(ttl=0),
        lambda head: head["sent"][0].update(proto="sctp"),
        lambda head: head["sent"][0].pop("size"),
        lambda head: head["sent"].clear(),
    ],
)
def test_what_does_not_fit_is_not_read(change: Callable[[Any], None], tmp_path: Path) -> None:
    shutil.copytree(ROOT / "recordings" / "flannel-vxlan", tmp_path / "broken")
    file = tmp_path / "broken" / "recording.json"
    head = json.loads(file.read_text())
    change(head)
    assert mistakes(head) != []
    file.write_text(json.dumps(head))
    with pytest.raises(BadInput) as error:
        read(file.parent)
    assert "\n" not in str(error.value)
