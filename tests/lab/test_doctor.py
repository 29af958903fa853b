"""The doctor names what is missing for each ground, and what to do about it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from packetwalk.lab import doctor
from packetwalk.lab.advice import ELSEWHERE
from packetwalk.lab.grounds import grounds
from packetwalk.lab.grounds.kind import KindGround


@pytest.fixture
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine without any program, without Docker, and an ordinary user."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("DOCKER_HOST", raising=False)
    monkeypatch.setattr("packetwalk.lab.grounds.kind.SOCKET", str(tmp_path / "docker.sock"))
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    return tmp_path


def _found() -> dict[str, doctor.Finding]:
    return {each.ground: each for each in doctor.examine()}


def test_every_ground_of_the_labs_is_examined() -> None:
    assert set(grounds()) <= set(_found())


def test_the_model_needs_nothing_and_says_so(bare: Path) -> None:
    found = _found()
    assert found["model"].ready and found["model"].install == ()
    assert found["binder"].ready


def test_a_bare_machine_is_told_what_to_install(bare: Path) -> None:
    found = _found()
    assert found["kind"].missing == (
        "program docker", "program kind", "program kubectl", "a running Docker engine"
    )  # fmt: skip
    assert len(found["kind"].install) == 4 and all("https://" in line for line in found["kind"].install[:3])
    assert found["qemu"].install[0].startswith("sudo apt-get install ")
    text = doctor.text(doctor.examine())
    assert "no  kind" in text and "            sudo apt-get install" in text


def test_the_plugins_own_programs_are_named_with_their_packages(
    bare: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("packetwalk.lab.kernel.rootless.search_path", lambda: str(bare))
    monkeypatch.setattr("packetwalk.lab.kernel.programs.runtime.FOLDERS", (str(bare),))
    monkeypatch.setattr("packetwalk.lab.kernel.emulators.secretbox.find_spec", lambda name: None)
    found = _found()["programs"]
    programs = ("program bird", "program wireguard-go", "program wg")
    assert found.missing == (*programs, "CNI plugins", "Python package PyNaCl")
    assert found.install[0] == "sudo apt-get install bird2 wireguard-go wireguard-tools"
    assert "containernetworking-plugins" in found.install[1] and "PyNaCl" in found.install[2]


def test_programs_without_an_engine_or_without_the_right_to_it(
    bare: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("docker", "kind", "kubectl"):
        (bare / name).write_text("#!/bin/sh\n")
        (bare / name).chmod(0o755)
    assert KindGround.missing() == ("a running Docker engine",)
    socket = bare / "docker.sock"
    socket.touch()
    assert KindGround.missing() == ()
    monkeypatch.setattr(os, "access", lambda path, how: str(path) != str(socket) or not how & os.W_OK)
    monkeypatch.setattr("shutil.which", lambda name, **_: name)
    assert KindGround.missing() == ("the right to use Docker (group docker)",)
    assert "usermod -aG docker" in _found()["kind"].install[0]
    monkeypatch.setenv("DOCKER_HOST", "tcp://elsewhere:2376")
    assert KindGround.missing() == ()


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"user/max_user_namespaces": "0"}, "user.max_user_namespaces"),
        (
            {"user/max_user_namespaces": "100", "kernel/apparmor_restrict_unprivileged_userns": "1"},
            "apparmor_restrict",
        ),
    ],
)
def test_an_ordinary_user_who_may_make_no_namespace_is_told_which_setting(
    bare: Path, monkeypatch: pytest.MonkeyPatch, settings: dict[str, str], expected: str
) -> None:
    monkeypatch.setattr(doctor, "_setting", lambda name: settings.get(name, ""))
    assert expected in " ".join(_found()["netns"].install)
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert expected not in " ".join(_found()["netns"].install)


def test_everything_missing_has_its_advice(bare: Path) -> None:
    for each in doctor.examine():
        for lack in each.missing:
            assert lack.startswith("program ") or lack in ELSEWHERE, lack
