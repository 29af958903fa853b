"""Rooms without internet: everything in one folder, whole or not at all, and checked when it is loaded."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from packetwalk.cli import main
from packetwalk.lab.grounds.kind import KindGround
from packetwalk.lab.kind import pins
from packetwalk.lab.kind.running import images
from packetwalk.lab.plugins import installations
from tests.lab.kind.conftest import Machine


def _left(folder: Path) -> list[str]:
    return [each.name for each in folder.iterdir()]


@pytest.fixture
def stick(tmp_path: Path) -> Path:
    """An empty folder to write into."""
    folder = tmp_path / "stick"
    folder.mkdir()
    return folder


def test_saved_here_loaded_there(machine: Machine, stick: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["kind", "save", str(stick / "room")]) == 0
    said = capsys.readouterr().out
    for each in images.parts(installations().values()).values():
        for image in each:
            assert image.image in said
            assert ["docker", "pull", "--quiet", "--platform", "linux/amd64", image.image] in machine.calls
    listed = json.loads((stick / "room" / "images.json").read_text())
    assert listed["images"][pins.node().image]["digest"] == pins.node().digest
    assert set(listed["files"]) >= {"engine.tar", "flannel.tar", "calico.tar", "weave.tar"}
    assert _left(stick) == ["room"]
    machine.write(images={}, registry={})
    files = {name: images.sha256(stick / "room" / name) for name in listed["files"]}
    listed["files"] = files  # the fake downloads have other bytes than the real ones
    (stick / "room" / "images.json").write_text(json.dumps(listed))
    assert main(["kind", "load", str(stick / "room")]) == 0
    assert pins.node().image in machine.now()["images"]
    with KindGround("flannel", "vxlan"):
        created = machine.called("kind", "create")[0]
        assert created[-1] == pins.node().image, "by tag: a loaded image has no registry's digest"
        loaded = machine.called("kind", "load")[0]
        assert loaded[3:] == [str(stick / "room" / "flannel.tar"), "--name", "packetwalk-flannel"]


FAILURES = {
    "no engine": (["docker version", "Cannot connect to the Docker daemon"], "engine does not run"),
    "disk full": (["docker save", "write /room: no space left on device"], "disk is full"),
    "missing image": (
        ["docker pull .*netshoot", "Error response from daemon: manifest unknown"],
        "manifest unknown",
    ),
}


@pytest.mark.parametrize("name", FAILURES)
def test_what_fails_is_one_line_and_leaves_nothing(
    machine: Machine, stick: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (pattern, text), expected = FAILURES[name]
    machine.fail(pattern=pattern, text=text)
    assert main(["kind", "save", str(stick / "room")]) == 2
    said = capsys.readouterr().err
    assert expected in said and said.count("\n") == 1
    assert _left(stick) == []


def test_a_full_disk_of_ours_is_one_line(
    machine: Machine, stick: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def full(*_: object) -> bytes:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(pins, "fetch", full)
    assert main(["kind", "save", str(stick / "room")]) == 2
    assert "the disk is full; nothing was kept" in capsys.readouterr().err
    assert _left(stick) == []


def test_an_image_that_is_not_the_pinned_one_is_refused(
    machine: Machine, stick: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    machine.write(registry={**machine.state["registry"], pins.node().image: "sha256:other"})
    assert main(["kind", "save", str(stick / "room")]) == 2
    assert "pinned is sha256:" in capsys.readouterr().err
    assert _left(stick) == []


def test_a_damaged_folder_is_not_loaded(
    machine: Machine, stick: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["kind", "save", str(stick / "room")])
    (stick / "room" / "engine.tar").write_text("cut")
    capsys.readouterr()
    assert main(["kind", "load", str(stick / "room")]) == 2
    assert "damaged" in capsys.readouterr().err
    assert not machine.called("docker", "load")
    (stick / "room" / "engine.tar").unlink()
    assert main(["kind", "load", str(stick / "room")]) == 2
    assert "engine.tar: missing" in capsys.readouterr().err
    assert main(["kind", "load", str(stick)]) == 2
    assert "images.json" in capsys.readouterr().err


def test_a_folder_that_is_there_is_not_overwritten(machine: Machine, stick: Path) -> None:
    assert main(["kind", "save", str(stick)]) == 2
    assert machine.calls == []


def test_the_lock_says_what_is_pinned_and_what_is_not_yet(
    machine: Machine, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["kind", "lock"]) == 0
    lines = dict(line.split(" ", 1) for line in capsys.readouterr().out.splitlines())
    assert lines[pins.node().image].endswith("as pinned")
    assert lines[pins.tools().image].endswith("pinned: not yet")


def test_wrong_words_list_the_right_ones(machine: Machine, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main(["kind", "sing"])
    said = capsys.readouterr().err
    assert left.value.code == 2 and said.count("\n") == 1 and "'save'" in said


def test_delete_removes_only_what_was_made_here(machine: Machine, capsys: pytest.CaptureFixture[str]) -> None:
    machine.write(clusters=["packetwalk-flannel"])
    assert main(["kind", "delete", "flannel"]) == 2
    assert "not made here" in capsys.readouterr().err
    assert main(["kind", "delete", "nobody"]) == 2
    said = capsys.readouterr().err
    assert "'nobody'" in said and "flannel" in said and said.count("\n") == 1
    machine.write(clusters=[])
    KindGround("flannel", "vxlan")
    assert main(["kind", "delete", "flannel"]) == 0
    assert machine.nothing_left()
