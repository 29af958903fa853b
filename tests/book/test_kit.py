"""The kit: book, labs and wheels in one archive, which is whole or not there; a lab works from what is in it."""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile

import pytest
import yaml

from book import kit
from packetwalk.lab.kind import pins
from tests import ROOT

LAB = """
from packetwalk import lab
cluster = lab.open("flannel", "vxlan")
check, hint = lab.checks(cluster)
check("1", cluster.node("kind-worker2").run("ip -br link show flannel.1").split()[2])
import packetwalk
print(packetwalk.__version__, packetwalk.__file__)
"""


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A kit without other people's wheels, unpacked."""
    place = tmp_path_factory.mktemp("kit")
    site = place / "html"
    (site / "lite").mkdir(parents=True)
    (site / "index.html").write_text("<p>Packet Walk</p>")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(kit, "SITE", site)
        patch.setattr(kit, "wheels", list)
        assert kit.pack(place / "packetwalk-kit.zip") == (place / "packetwalk-kit.zip").stat().st_size
    assert sorted(path.name for path in place.iterdir()) == ["html", "packetwalk-kit.zip"]
    with ZipFile(place / "packetwalk-kit.zip") as packed:
        packed.extractall(place)
    return place / "packetwalk-kit"


def test_it_has_the_book_the_labs_and_what_is_said_of_them(unpacked: Path) -> None:
    assert (unpacked / "site" / "index.html").read_text() == "<p>Packet Walk</p>"
    for path in (ROOT / "labs").glob("[0-9]*/*"):
        if path.is_file():
            assert (unpacked / path.relative_to(ROOT)).read_bytes() == path.read_bytes()
    told = (unpacked / "README.md").read_text()
    named = set(re.findall(r"`([\w./-]+(?:\.\w+|/))`", told)) - {"solution.ipynb"}
    assert {"images.txt", "labs/", "site/"} <= named
    assert [name for name in named if not (unpacked / name).exists()] == []
    assert {"serve.py", "requirements.txt"} <= {path.name for path in unpacked.iterdir()}


def test_every_wheel_is_pinned_by_its_digest(unpacked: Path) -> None:
    (wheel,) = (unpacked / "wheels").iterdir()
    pinned = (unpacked / "requirements.txt").read_text()
    assert hashlib.sha256(wheel.read_bytes()).hexdigest() in pinned
    names = re.findall(r"^([\w.-]+)==", pinned, re.MULTILINE)
    blocks = re.split(r"^(?=[\w.-]+==)", pinned, flags=re.MULTILINE)[1:]
    assert {"jupyterlab", "anywidget", "ipykernel", "packetwalk"} <= set(names)
    assert all("--hash=sha256:" in block for block in blocks)


def test_images_are_those_that_kind_pulls(unpacked: Path) -> None:
    listed = (unpacked / "images.txt").read_text()
    for image in (pins.node(), pins.tools(), pins.workload()):
        assert f"{image.image}  {image.digest or 'by its tag alone'}" in listed
    assert "flannel" in listed and "calico" in listed and "weave" in listed


def test_a_lab_is_checked_by_what_is_in_it(unpacked: Path, tmp_path: Path) -> None:
    (wheel,) = (unpacked / "wheels").iterdir()
    with ZipFile(wheel) as packed:
        packed.extractall(tmp_path)
    config = next(tmp_path.glob("packetwalk-*.data/data/etc/ipython/ipython_kernel_config.py"))
    assert "packetwalk.lab.late" in config.read_text(), "kernels tell a late cell its step"
    (tmp_path / "yaml").symlink_to(Path(yaml.__file__).parent)
    done = subprocess.run(
        [sys.executable, "-S", "-c", LAB],
        cwd=unpacked / "labs" / "1-flannel",
        env={**os.environ, "PYTHONPATH": str(tmp_path), "PACKETWALK_GROUND": "model"},
        capture_output=True,
        check=False,
        text=True,
    )
    assert "Step 1: done." in done.stdout, done.stderr
    assert f"{kit.version()}+labs {tmp_path}" in done.stdout


def test_nothing_half_written_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "packetwalk-kit.zip"
    target.write_text("the one before")

    def half(_: Path) -> dict[str, str | Path]:
        return {"a": "first", "b": tmp_path / "gone"}

    monkeypatch.setattr(kit, "contents", half)
    with pytest.raises(FileNotFoundError):
        kit.pack(target)
    assert [path.name for path in tmp_path.iterdir()] == [target.name]
    assert target.read_text() == "the one before"


def test_without_a_network_it_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kit, "KEPT", tmp_path / "kept")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    with pytest.raises(SystemExit) as ended:
        kit.wheels()
    assert str(ended.value).startswith("make kit: pip download failed: ERROR: ")
    assert "\n" not in str(ended.value)
    assert list((tmp_path / "kept").iterdir()) == []
