"""What readers give a page: the example as a folder, an archive, and as the files of its nodes."""

from __future__ import annotations

import io
import tarfile
import zipfile
from collections.abc import Mapping
from pathlib import Path

from packetwalk.capture.recording import read
from tests.capture.joining import files
from tests.why.example import FILE, NAME

Given = dict[str, bytes]


def folder() -> Given:
    """Return the example's files by their names, as a browser tells those of a folder."""
    with tarfile.open(FILE) as tar:
        members = ((member.name, tar.extractfile(member)) for member in tar)
        return {name: file.read() for name, file in members if file is not None}


def tgz(contents: Mapping[str, bytes]) -> bytes:
    held = io.BytesIO()
    with tarfile.open(fileobj=held, mode="w:gz") as tar:
        for name, content in contents.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return held.getvalue()


def zipped(contents: Mapping[str, bytes]) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in contents.items():
            packed.writestr(name, content)
    return held.getvalue()


def nodes(place: Path) -> Given:
    """Return what ``record-node.sh`` would have written on the example's nodes."""
    for name, content in folder().items():
        path = place / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    recording = read(place / NAME)
    return {
        f"{node}.tgz": files.write(place / f"{node}.tgz", files.contents(recording, node)).read_bytes()
        for node in files.nodes(recording)
    }
