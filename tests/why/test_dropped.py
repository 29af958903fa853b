"""Whatever form a recording is given in, it is the same; whatever else is given, one line says what is wrong."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from packetwalk.capture.recording import Recording
from packetwalk.errors import BadInput
from packetwalk.why import dropped, why
from tests.why import given
from tests.why.example import FILE, NAME
from tests.why.given import Given, folder, tgz, zipped

HEAD = f"{NAME}/recording.json"


def opened(place: Path, contents: Given) -> Recording:
    """Read files as a page gives them: under numbers, the names beside."""
    place.mkdir(exist_ok=True)
    for number, content in enumerate(contents.values()):
        (place / str(number)).write_bytes(content)
    return dropped.opened(place, [*contents])


FORMS: dict[str, Callable[[], Given]] = {
    "a folder": folder,
    "a folder in folders": lambda: {f"home/me/{name}": content for name, content in folder().items()},
    "a .tgz": lambda: {"broken.tgz": tgz(folder())},
    "a .zip": lambda: {"broken.zip": zipped(folder())},
    "a .zip of Windows": lambda: {"broken.zip": zipped({name.replace("/", "\\"): c for name, c in folder().items()})},
    "a .zip without a folder": lambda: {"x.zip": zipped({name.partition("/")[2]: c for name, c in folder().items()})},
    "a .zip with more": lambda: {"x.zip": zipped({"__MACOSX/._a": b"", "notes/deep/er/x.txt": b"x"} | folder())},
}


@pytest.mark.parametrize("form", FORMS)
def test_a_recording_is_the_same_in_every_form(form: str, tmp_path: Path) -> None:
    assert opened(tmp_path / "given", FORMS[form]()) == opened(tmp_path / "whole", {FILE.name: FILE.read_bytes()})


@pytest.mark.parametrize("inside", ["files", "a folder", "a .zip"])
def test_files_of_nodes_are_joined_and_answer_alike(inside: str, tmp_path: Path) -> None:
    nodes = given.nodes(tmp_path)
    forms = {"files": nodes, "a folder": {f"all/{name}": c for name, c in nodes.items()}, "a .zip": {"n.zip": zipped(nodes)}}
    joined = opened(tmp_path / "given", forms[inside])
    assert {place.netns for place in joined.places} >= {"a", "b", "kind-worker", "kind-worker2"}
    assert joined.about["ground"] == "nodes"
    found = why(joined, "a", "b")
    assert found.verdict == "does not reach" and found.line.startswith("172.18.0.9 dev eth0")


def test_the_file_of_one_node_is_a_recording(tmp_path: Path) -> None:
    ((name, content), *_) = given.nodes(tmp_path).items()
    assert opened(tmp_path / "given", {name: content}).about["ground"] == "nodes"


def test_nodes_whose_files_have_one_name_are_told_apart(tmp_path: Path) -> None:
    nodes = given.nodes(tmp_path).values()
    joined = opened(tmp_path / "given", {f"{number}/node.tgz": content for number, content in enumerate(nodes)})
    assert len([place for place in joined.places if place.kind == "node"]) == len(nodes) > 2


def encrypted() -> bytes:
    """Return a .zip that says of its files that they are encrypted."""
    data = bytearray(zipped({HEAD: b"{}"}))
    for start, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(start) + flags] |= 1
    return bytes(data)


WRONG: dict[str, tuple[Callable[[], Given], str]] = {
    "nothing": (dict, "recording: missing; valid: a folder with recording.json, a .zip or .tgz"),
    "an empty file": (lambda: {"x.tgz": b""}, "recording: missing"),
    "another file": (lambda: {"x.txt": b"hello"}, "recording: missing"),
    "a .zip of others": (lambda: {"x.zip": zipped({"x.txt": b"hello"})}, "recording: missing"),
    "a .tgz that ends early": (lambda: {"x.tgz": FILE.read_bytes()[:9000]}, "x.tgz: 'no whole archive'"),
    "a .zip that ends early": (lambda: {"x.zip": zipped(folder())[:9000]}, "x.zip: 'no whole archive'"),
    "a .gz of no .tar": (lambda: {"x.gz": b"\x1f\x8b\x08" + b"\0" * 40}, "x.gz: 'no whole archive'"),
    "a .zip that is encrypted": (lambda: {"x.zip": encrypted()}, "x.zip: 'no whole archive'"),
    "a way out of a .tgz": (lambda: {"x.tgz": tgz({"../../etc/x": b"", HEAD: b""})}, "x.tgz, name of a file: '../../etc/x'"),
    "a way out of a .zip": (lambda: {"x.zip": zipped({"a/../../x": b""})}, "x.zip, name of a file: 'a/../../x'"),
    "a way out by Windows": (lambda: {"x.zip": zipped({"..\\x": b""})}, "x.zip, name of a file: '..\\\\x'"),
    "a root": (lambda: {"x.tgz": tgz({"/etc/x": b""})}, "x.tgz, name of a file: '/etc/x'"),
    "a way out of a folder": (lambda: {"../x": b"", HEAD: b""}, "files, name of a file: '../x'"),
    "two recordings": (lambda: {"a/recording.json": b"", "b/recording.json": b""}, "recordings: 'a, b' is not valid; valid: one at a time"),
    "no table": (lambda: {n: c for n, c in folder().items() if not n.endswith("/b/link.json")}, "no b/link.json"),
    "no head": (lambda: folder() | {HEAD: b"[]"}, "recording, recording.json: 'no about'"),
    "a table that is none": (lambda: folder() | {f"{NAME}/b/link.json": b"{"}, "recording, link.json: 'no JSON at line 1"),
    "a file where a folder is": (lambda: folder() | {f"{NAME}/a": b""}, "recording, name of a file"),
}  # fmt: skip


@pytest.mark.parametrize("what", WRONG)
def test_what_is_wrong_is_one_line(what: str, tmp_path: Path) -> None:
    make, said = WRONG[what]
    with pytest.raises(BadInput) as error:
        opened(tmp_path / "given", make())
    assert said in str(error.value) and "\n" not in str(error.value) and str(tmp_path) not in str(error.value)
    assert [path.name for path in tmp_path.iterdir()] == ["given"]


@pytest.mark.parametrize("form", ["a folder", "a .tgz", "a .zip"])
def test_what_is_too_much_is_refused_before_it_is_read(form: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dropped, "LARGEST", 50 * 2**10)
    with pytest.raises(BadInput, match="more than 0 MB inside"):
        opened(tmp_path / "size", FORMS[form]())
    monkeypatch.undo()
    monkeypatch.setattr(dropped, "MOST", 20)
    with pytest.raises(BadInput, match="valid: at most 20"):
        opened(tmp_path / "number", FORMS[form]())
