"""All container images and files of the labs in one folder, for rooms without internet."""

from __future__ import annotations

import errno
import hashlib
import json
import shutil
import tempfile
from collections.abc import Collection, Iterable
from pathlib import Path

from packetwalk.errors import BadInput, LabError
from packetwalk.lab.kind import pins
from packetwalk.lab.kind.installation import Installation
from packetwalk.lab.kind.pins import Image
from packetwalk.lab.kind.running.programs import attempt, call

LIST = "images.json"
POINTER = "images"  # in the folder of kept files: where the loaded folder is
CHUNK = 1 << 20


def in_engine(image: str) -> bool:
    """Say whether Docker has an image."""
    return attempt(["docker", "image", "inspect", "--format", "{{.Id}}", image]).returncode == 0


def archive(plugin: str) -> Path | None:
    """Return the loaded folder's images for the nodes of a plugin's cluster; None when nothing was loaded."""
    try:
        folder = Path((pins.keep() / POINTER).read_text())
    except OSError:
        return None
    found = folder / f"{plugin}.tar"
    return found if found.exists() else None


def parts(of: Iterable[Installation]) -> dict[str, tuple[Image, ...]]:
    """Return which images each archive holds: ``engine`` for Docker, one for the nodes of each plugin."""
    of_plugins = {each.plugin: (*each.images, pins.workload()) for each in of}
    return {"engine": (pins.node(), pins.tools()), **of_plugins}


def save(folder: Path, of: Collection[Installation]) -> list[str]:
    """Pull every image and file of some plugins and write them to a new folder; return what is in it.

    The folder is written whole or not at all.

    BadInput when the folder is there already; LabError for no engine, a full disk, an image that is
    missing or not the pinned one.
    """
    if folder.exists():
        raise BadInput("folder for the images", str(folder), ["one that does not exist yet"])
    version, architecture = call(
        ["docker", "version", "--format", "{{.Server.Version}} {{.Server.Arch}}"]
    ).split()
    platform = f"linux/{architecture}"
    one = ["--platform", platform] if int(version.split(".")[0]) >= 28 else []
    listed: dict[str, dict[str, str]] = {}
    for image in dict.fromkeys(each for part in parts(of).values() for each in part):
        call(["docker", "pull", "--quiet", "--platform", platform, image.image])
        listed[image.image] = {"digest": _checked(image)}
    part: Path | None = None
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        part = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
        sums = {}
        for name, held in parts(of).items():
            tar = part / f"{name}.tar"
            call(["docker", "save", *one, "--output", str(tar), *(each.image for each in held)])
            sums[tar.name] = sha256(tar)
        for file in files(of, architecture):
            (part / file.name).write_bytes(pins.fetch(file))
            sums[file.name] = file.sha256
        (part / LIST).write_text(json.dumps({"images": listed, "files": sums}, indent=1) + "\n")
        part.chmod(0o755)
        part.rename(folder)
    except OSError as error:
        raise _disk(folder, error) from None
    finally:
        if part is not None:
            shutil.rmtree(part, ignore_errors=True)
    return [f"{name} {each['digest']}" for name, each in listed.items()]


def load(folder: Path) -> list[str]:
    """Check a folder that ``save`` wrote, load Docker's part and note where it is; return what is in it.

    BadInput when it is no such folder; LabError when a file is not what the list says.
    """
    try:
        listed = json.loads((folder / LIST).read_text())
        sums, held = listed["files"], listed["images"]
    except (OSError, ValueError, KeyError, TypeError):
        raise BadInput("folder of images", str(folder), [f"one with {LIST}, as `save` writes it"]) from None
    for name, expected in sums.items():
        file = folder / Path(name).name
        if not file.exists():
            raise LabError(f"{file}: missing")
        if sha256(file) != expected:
            raise LabError(f"{file}: damaged, its SHA-256 is not the one in {LIST}")
    call(["docker", "version", "--format", "{{.Server.Version}}"])
    call(["docker", "load", "--quiet", "--input", str(folder / "engine.tar")])
    for name in sums:
        if not name.endswith(".tar"):
            pins.put(pins.keep() / Path(name).name, (folder / Path(name).name).read_bytes())
    pins.put(pins.keep() / POINTER, str(folder.resolve()).encode())
    return [f"{name} {each['digest']}" for name, each in held.items()]


def lock(of: Iterable[Installation]) -> list[str]:
    """Ask the registries for the digest of every pinned image; return lines that say what is pinned."""
    lines = []
    for image in dict.fromkeys(each for part in parts(of).values() for each in part):
        call(["docker", "pull", "--quiet", image.image])
        found = _digest(image.image)
        verdict = "as pinned" if found == image.digest else f"pinned: {image.digest or 'not yet'}"
        lines.append(f"{image.image} {found} {verdict}")
    return lines


def files(of: Iterable[Installation], architecture: str) -> list[pins.File]:
    """Return the files that the ground downloads for some plugins, for one architecture."""
    return [file for each in of for file in each.files(architecture)]


def sha256(file: Path) -> str:
    """Return the digest of a file that may be larger than memory."""
    digest = hashlib.sha256()
    with file.open("rb") as opened:
        while chunk := opened.read(CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def _checked(image: Image) -> str:
    found = _digest(image.image)
    if image.digest is not None and found != image.digest:
        raise LabError(
            f"{image.image}: the registry has {found}, pinned is {image.digest}; nothing was written"
        )
    return found


def _digest(image: str) -> str:
    text = call(["docker", "image", "inspect", "--format", "{{json .RepoDigests}}", image])
    known = [each.split("@")[1] for each in json.loads(text) or []]
    return known[0] if known else "unknown"


def _disk(folder: Path, error: OSError) -> LabError:
    if error.errno == errno.ENOSPC:
        return LabError(f"{folder}: the disk is full; nothing was kept")
    return LabError(f"{folder}: {error.strerror}")
