"""The file that `record-node.sh` writes on a node, read whole: whatever somebody made of it, what is wrong is one line."""

from __future__ import annotations

import re
import tarfile
import zlib
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

from packetwalk.capture.recording import COMMANDS
from packetwalk.errors import BadInput
from packetwalk.tables import text
from packetwalk.wire.pcap import Capture, read_capture

FORM = "1"
LARGEST = 512 * 2**20  # bytes of all that a file holds
BEFORE, AFTER, FRAMES = "before", "after", "frames"
LOST = re.compile(r"^(\d+) packets dropped by kernel", re.M)
NAMELESS = "-"


class NodePlace(NamedTuple):
    """A namespace of a node: ``name`` is empty where it was not told; captures are by device and direction.

    ``lost`` are the frames that a tap had no room for, by device.
    """

    kind: str
    name: str
    files: Mapping[str, str]
    before: Mapping[str, str]
    missing: tuple[str, ...]
    captures: Mapping[tuple[str, str], Capture]
    lost: Mapping[str, int]


class NodeFile(NamedTuple):
    """What one node gave: the file's name, what it says of itself, and the namespaces, the node's own first."""

    file: str
    about: Mapping[str, str]
    places: tuple[NodePlace, ...]


def read(path: Path) -> NodeFile:
    """Read one file; BadInput in one line for what is none, or was cut off."""
    held = _unpacked(path)
    about = held.get(("about.txt",), b"").decode(errors="replace").splitlines()
    facts = dict(line.split(" ", 1) for line in about if " " in line and not line.startswith("place "))
    if facts.get("version") != FORM:
        raise BadInput(f"{path.name}, form", facts.get("version"), [f"{FORM}, as record-node.sh writes it"])
    if "end" not in about:
        raise BadInput(path.name, "the recorder had not ended")
    named = [line.split(" ", 3)[1:] for line in about if line.startswith("place ")]
    if not named or any(len(each) != 3 for each in named) or [each[1] for each in named].count("node") != 1:
        raise BadInput(path.name, "no list of namespaces with one node")
    places = [_place(path.name, held, *each) for each in named]
    return NodeFile(path.name, facts, tuple(sorted(places, key=lambda place: place.kind != "node")))


def _unpacked(path: Path) -> dict[tuple[str, ...], bytes]:
    """Return the files inside, by their folders and names, without writing any."""
    out: dict[tuple[str, ...], bytes] = {}
    left = LARGEST
    try:
        with tarfile.open(path, "r:gz") as tar:
            for member in tar:
                left -= member.size
                if left < 0:
                    raise BadInput(path.name, f"more than {LARGEST} bytes inside")
                content = tar.extractfile(member) if member.isfile() else None
                if content is not None:
                    out[tuple(member.name.split("/")[1:])] = content.read()
    except (tarfile.TarError, EOFError, zlib.error, ValueError):
        raise BadInput(path.name, "no whole .tgz, as record-node.sh writes it") from None
    except OSError as error:
        raise BadInput(str(path), error.strerror or "no whole .tgz, as record-node.sh writes it") from None
    return out


def _place(file: str, held: Mapping[tuple[str, ...], bytes], folder: str, kind: str, name: str) -> NodePlace:
    if kind not in ("node", "pod"):
        raise BadInput(f"{file}, kind of {folder}", kind, ["node", "pod"])
    after, before = (_printed(file, held, folder, when) for when in (AFTER, BEFORE))
    if "link.json" not in after:
        raise BadInput(file, f"no devices of {folder}")
    said = held.get((folder, AFTER, "missing"), b"").decode(errors="replace").splitlines()
    missing = (line.partition(" ")[0] for line in said)
    captures: dict[tuple[str, str], Capture] = {}
    lost: dict[str, int] = {}
    for names, content in held.items():
        if names[:2] != (folder, FRAMES) or len(names) != 3:
            continue
        dev, _, what = names[2].rpartition(".")
        dev, _, way = dev.rpartition(".")
        if what == "pcap" and content and way in ("in", "out"):
            try:
                captures[dev, way] = read_capture(content)
            except ValueError as error:
                raise BadInput(f"{file}, {'/'.join(names)}", str(error)) from None
        elif what == "said" and (found := LOST.search(content.decode(errors="replace"))):
            lost[dev] = lost.get(dev, 0) + int(found[1])
    return NodePlace(
        kind, "" if name == NAMELESS else name, after, before, tuple(_known(missing, after)), captures, lost
    )


def _known(names: Iterable[str], there: Collection[str]) -> list[str]:
    """Return the names of files that a recording may have; without its text nothing is known of what is JSON there."""
    listed = {*names}
    told = listed | {name.replace(".txt", ".json") for name in listed} - set(there)
    return sorted(told & set(COMMANDS))


def _printed(file: str, held: Mapping[tuple[str, ...], bytes], folder: str, when: str) -> dict[str, str]:
    """Return what the tools printed, with what ``-j`` would have printed beside what is text."""
    files = {
        names[2]: content.decode(errors="replace")
        for names, content in held.items()
        if names[:2] == (folder, when) and len(names) == 3 and names[2] != "missing"
    }
    try:
        return text.told({name: content for name, content in files.items() if re.fullmatch(r"[\w.-]+", name)})
    except ValueError as error:
        raise BadInput(f"{file}, {folder}", str(error)) from None
