"""The wheel: small, without recordings, and enough for every command that needs no cluster."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path
from zipfile import ZipFile

import pytest
import yaml

import packetwalk
from packetwalk.errors import LabError
from packetwalk.lab import rooms
from packetwalk.widgets import player
from tests import ROOT

LARGEST = 500_000  # bytes
PIP = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of what is here, made from a copy: a build leaves folders behind."""
    folder = tmp_path_factory.mktemp("wheel")
    source = folder / "source"
    shutil.copytree(ROOT / "packetwalk", source / "packetwalk", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    offline = ["--no-deps", "--no-build-isolation", "--no-index"]
    subprocess.run([*PIP, "wheel", source, *offline, "--wheel-dir", folder], check=True)
    return next(folder.glob("*.whl"))


@pytest.fixture(scope="module")
def command(wheel: Path) -> Path:
    """The command of an environment that has the wheel and PyYAML, and nothing else."""
    home = wheel.parent / "environment"
    venv.create(home)
    python = home / "bin" / "python"
    offline = ["--no-deps", "--no-index", "--no-compile"]
    subprocess.run([*PIP, "--python", python, "install", *offline, wheel], check=True)
    site = next(home.glob("lib/python*/site-packages"))
    shutil.copytree(Path(yaml.__file__).parent, site / "yaml")
    return home / "bin" / "packetwalk"


def run(command: Path, *words: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run the command away from the repository."""
    clean = {name: value for name, value in os.environ.items() if name != "PACKETWALK_RECORDINGS"}
    return subprocess.run(
        [command, *words],
        cwd=command.parent,
        env={**clean, **variables},
        capture_output=True,
        check=False,
        text=True,
    )


def test_it_is_small_and_holds_the_package_and_no_recording(wheel: Path) -> None:
    assert wheel.name == f"packetwalk-{packetwalk.__version__}-py3-none-any.whl"
    assert wheel.stat().st_size <= LARGEST
    names = set(ZipFile(wheel).namelist())
    files = [each for each in (ROOT / "packetwalk").rglob("*") if each.is_file() and each.suffix != ".pyc"]
    left_out = [each for room in rooms.LEFT_OUT for each in (ROOT / "packetwalk").glob(room.replace(".", "/"))]
    package = {str(each.relative_to(ROOT)) for each in files if not set(left_out) & set(each.parents)}
    assert not [name for name in names for room in left_out if name.startswith(f"{room.relative_to(ROOT)}/")]
    package -= {f"packetwalk/proof/{name}.json" for name in ("guest", "matrix", "page")}  # what the book's pages say of proofs
    assert package <= names, "what is in the folder, not in the wheel"
    assert {name.partition("/")[0].partition("-")[0] for name in names} == {"packetwalk"}
    assert "packetwalk/py.typed" in names
    assert not [name for name in names if name.endswith((".pcapng", ".pcap", "recording.json"))]


def test_what_needs_no_cluster_works_from_it(command: Path) -> None:
    walk = run(command, "walk", "flannel", "vxlan", "cross-node")
    assert walk.stdout == repr(packetwalk.walk("flannel", "vxlan", "cross-node")) + "\n"
    kept = str(ROOT / "recordings" / "flannel-vxlan")
    for words, said in [
        (["--version"], packetwalk.__version__),
        (["list"], "weave"),
        (["tables", "calico", "bgp", "--node", "kind-worker"], "bird"),
        (["mtu", "weave", "sleeve"], "MTU"),
        (["doctor"], "yes model"),
        (["replay", kept], "recorded in Linux"),
        (["prove", "--replay", kept], "by replay of its recording"),
    ]:
        done = run(command, *words)
        assert (done.returncode, done.stderr) == (0, ""), words
        assert said in done.stdout, words
    modes = json.loads(run(command, "list", "--format", "json").stdout)
    assert {row["plugin"] for row in modes} == set(packetwalk.cni.plugins())


def test_what_reads_recordings_says_where_to_get_them(command: Path) -> None:
    for words in (["replay", "flannel-vxlan"], ["prove", "--replay", "flannel-vxlan"]):
        done = run(command, *words)
        assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
        assert "PACKETWALK_RECORDINGS" in done.stderr and "book's repository" in done.stderr
        found = run(command, *words, PACKETWALK_RECORDINGS=str(ROOT / "recordings"))
        assert (found.returncode, found.stderr) == (0, "")
    wrong = run(command, "replay", "nobody", PACKETWALK_RECORDINGS=str(ROOT / "recordings"))
    assert wrong.returncode == 2 and "flannel-vxlan" in wrong.stderr and wrong.stderr.count("\n") == 1


def test_what_needs_a_room_that_was_left_out_says_so_in_one_line(command: Path) -> None:
    done = run(command, "prove", "--random", "1")
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert "packetwalk.shell" in done.stderr and "book's repository" in done.stderr
    for words in (["policy", "--manifests", "x.yaml", "--matrix"], ["record", "mine", "recording"], ["why"]):
        done = run(command, *words)
        assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
        assert "packetwalk.cli.of_repository, which comes with the book's repository" in done.stderr
    opened = "from packetwalk import lab; lab.open('flannel', 'vxlan', 'model')"
    asked = subprocess.run(
        [command.with_name("python"), "-c", opened], cwd=command.parent, capture_output=True, check=False, text=True
    )
    assert asked.stderr.splitlines()[-1].endswith("packetwalk.lab.grounds, which comes with the book's repository")


def test_the_player_is_missing_in_one_line(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(player, "STATIC", tmp_path)
    with pytest.raises(LabError, match="book's repository") as error:
        player.built()
    assert "\n" not in str(error.value)
