"""Debian's packages for the guest in the page, by name and version: fetched with apt, unpacked, never installed.

apt works in a folder of its own and for another architecture; what this machine has installed does not change, and
nobody needs to be root.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from packetwalk.errors import LabError

ARCHITECTURE = "i386"
PINNED = Path(__file__).with_name("packages.json")
PROGRAMS = ("apt-get", "dpkg", "gcc", "readelf", "node", "zstd")
"""Programs that `make kernel` starts: apt and dpkg, a compiler that can `-m32`, Node, and what packs the state for v86."""
PATIENCE = 900  # seconds for a download


def pinned() -> Mapping[str, Mapping[str, str]]:
    """Return the versions of the packages by what they are for, and by name."""
    found: Mapping[str, Mapping[str, str]] = json.loads(PINNED.read_text())
    return found


def fetch(folder: Path) -> Mapping[str, Path]:
    """Return where each package is unpacked, fetched if it is not there; LabError says what hinders."""
    folder.mkdir(parents=True, exist_ok=True)
    names = {name: version for group in pinned().values() for name, version in group.items()}
    places = {name: folder / f"{name}_{version.replace(':', '%3a')}" for name, version in names.items()}
    missing = [name for name, place in places.items() if not place.is_dir()]
    if missing:
        apt = _apt(folder / "apt")
        ask([*apt, "-qq", "update"], allowed=(0, 100))  # a part of the lists may be in the making; what is missing is told below
        for name in missing:
            _unpack(apt, name, names[name], places[name])
    return places


def _apt(state: Path) -> list[str]:
    """Return how apt is called so that all it keeps is in a folder."""
    for part in ("lists/partial", "cache/archives/partial"):
        (state / part).mkdir(parents=True, exist_ok=True)
    (state / "status").touch()
    settings = {
        "APT::Architecture": ARCHITECTURE,
        "APT::Architectures": ARCHITECTURE,
        "Dir::State": state,
        "Dir::State::lists": "lists",
        "Dir::State::status": state / "status",
        "Dir::Cache": state / "cache",
        "Acquire::Languages": "none",
        "APT::Sandbox::User": "root",
    }
    return ["apt-get", *(word for key, value in settings.items() for word in ("-o", f"{key}={value}"))]


def _unpack(apt: Sequence[str], name: str, version: str, place: Path) -> None:
    work = place.with_name(f".{place.name}")
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir()
    try:
        ask([*apt, "-qq", "download", f"{name}={version}"], work)
    except LabError as error:
        raise LabError(
            f"{error}; if Debian 12 has another version now, packages.json must name that"
        ) from None
    file = next(work.glob("*.deb"))
    ask(["dpkg", "-x", str(file), str(work / "files")])
    (work / "files").rename(place)
    shutil.rmtree(work)


def ask(
    argv: Sequence[str], folder: Path | None = None, allowed: Sequence[int] = (0,), patience: float = PATIENCE
) -> str:
    """Run a program and return what it printed; LabError, in one line, when it fails."""
    try:
        done = subprocess.run(argv, cwd=folder, capture_output=True, text=True, check=False, timeout=patience)
    except FileNotFoundError:
        raise LabError(f"{argv[0]}: not found") from None
    except subprocess.TimeoutExpired:
        raise LabError(f"{argv[0]}: not done after {patience:.0f} s") from None
    if done.returncode not in allowed:
        said = (done.stderr or done.stdout).strip().splitlines()
        raise LabError(f"{argv[0]}: {said[-1] if said else 'failed'}")
    return done.stdout
