"""What a reader gives a page: a recording as a folder or an archive, or the files of several nodes; it becomes one recording."""

from __future__ import annotations

import gzip
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path

from packetwalk.capture.joining import join
from packetwalk.capture.recording import HEAD, Recording, read
from packetwalk.errors import BadInput
from packetwalk.proof.recordings import find

LARGEST = 128 * 2**20
"""Bytes of all that is given, unpacked."""
MOST = 5_000
"""Files of all that is given."""
VALID = (f"a folder with {HEAD}", "a .zip or .tgz of such a folder", "the .tgz of each node")
ZIP, GZIP = b"PK", b"\x1f\x8b"
OF_A_NODE = "about.txt"
"""What every file of ``record-node.sh`` holds, in its one folder."""
UNREADABLE = (
    tarfile.TarError, zipfile.BadZipFile, gzip.BadGzipFile, zlib.error, EOFError, OSError, RuntimeError, ValueError
)  # fmt: skip

Parts = tuple[str, ...]
Held = Mapping[Parts, bytes]


def opened(folder: Path, names: Sequence[str]) -> Recording:
    """Return the recording that files hold; the one that is called ``names[k]`` is ``folder/k``.

    Files of ``record-node.sh`` are joined; an archive is unpacked, in ``folder`` and nowhere else.  BadInput, in one line,
    for what is no recording, for more than LARGEST bytes or MOST files, and for a name that leads out of its folder.
    """
    given = [(_parts(name, "files"), folder / str(number)) for number, name in enumerate(names)]
    _bounded("files", len(given), sum(path.stat().st_size for _, path in given))
    held: dict[Parts, bytes] = {}
    for parts, path in given:
        held[parts if parts not in held else (path.name, *parts)] = path.read_bytes()
    if len(given) == 1:
        inside = _unpacked(given[0][0][-1], given[0][1])
        if inside is not None and not any(parts[1:] == (OF_A_NODE,) for parts in inside):
            held = dict(inside)
    return _recording(folder, held)


def found(given: Sequence[Path | str], place: Path) -> Recording:
    """Return the recording that somebody names: a folder or one of ``recordings``, an archive, the files of nodes or a folder of them.

    An archive is unpacked in ``place``, which is empty, and nowhere else; files of nodes may be larger than LARGEST.
    BadInput, in one line, for what is no recording.
    """
    paths = [Path(each) for each in given]
    if len(paths) == 1 and not paths[0].is_file():
        folder = find(str(given[0]))
        paths = [] if (folder / HEAD).is_file() else sorted(folder.glob("*.tgz"))
        if not paths:
            return read(folder)
    elif len(paths) == 1 and not _is_of_a_node(paths[0]):
        (place / "0").write_bytes(paths[0].read_bytes())
        return opened(place, [paths[0].name])
    return join(paths)


def _is_of_a_node(path: Path) -> bool:
    """Say whether a file is one that ``record-node.sh`` wrote."""
    try:
        with tarfile.open(path, "r:gz") as tar:
            return any(member.name.split("/")[1:] == [OF_A_NODE] for member in tar)
    except UNREADABLE:
        return False


def _recording(folder: Path, held: Held) -> Recording:
    """Return the recording whose head is the least deep of all, else what the nodes' files give."""
    heads = sorted((parts[:-1] for parts in held if parts[-1] == HEAD), key=len)
    beside = [each for each in heads if len(each) == len(heads[0])]
    if not heads:
        return _joined(
            folder, {parts: content for parts, content in held.items() if content.startswith(GZIP)}
        )
    if len(beside) > 1:
        raise BadInput("recordings", ", ".join("/".join(each) for each in beside), ["one at a time"])
    top, target = heads[0], folder / "recording"
    for parts, content in held.items():
        if parts[: len(top)] == top and len(parts) <= len(top) + 2:
            _write(target.joinpath(*parts[len(top) :]), content)
    return read(target)


def _joined(folder: Path, nodes: Held) -> Recording:
    if not nodes:
        raise BadInput.missing("recording", VALID)
    paths = []
    for number, (parts, content) in enumerate(nodes.items()):
        paths.append(folder / "nodes" / str(number) / parts[-1])
        _write(paths[-1], content)
    return join(paths)


def _write(path: Path, content: bytes) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    except OSError as error:
        raise BadInput("recording, name of a file", path.name[:40], [error.strerror or "another"]) from None


def _parts(name: str, where: str) -> Parts:
    """Return a name's folders and itself; BadInput where it leads out of the folder."""
    parts = tuple(part for part in name.replace("\\", "/").split("/") if part not in ("", "."))
    if not parts or ".." in parts or "\0" in name or name[0] in "/\\":
        raise BadInput(f"{where}, name of a file", name[:80], ["one inside the folder"])
    return parts


def _bounded(where: str, files: int, size: int) -> None:
    if files > MOST:
        raise BadInput(where, f"{files} files", [f"at most {MOST}"])
    if size > LARGEST:
        raise BadInput(where, f"more than {LARGEST // 2**20} MB inside", ["less"])


def _unpacked(name: str, path: Path) -> Held | None:
    """Return the files of an archive; None for what is none."""
    content = path.read_bytes()
    form = next((each for start, each in FORMS.items() if content.startswith(start)), None)
    if form is None:
        return None
    out: dict[Parts, bytes] = {}
    size = 0
    try:
        for number, (inside, length, content_of) in enumerate(form(path), start=1):
            size += length
            _bounded(name, number, size)
            out[_parts(inside, name)] = content_of()
    except BadInput:
        raise
    except UNREADABLE:
        raise BadInput(name, "no whole archive", VALID) from None
    return out


Member = tuple[str, int, Callable[[], bytes]]
"""The name of a file in an archive, its bytes, and what reads it."""


def _of_tar(path: Path) -> Iterator[Member]:
    with tarfile.open(path, "r:gz") as tar:
        for member in tar:
            file = tar.extractfile(member) if member.isfile() else None
            if file is not None:
                yield member.name, member.size, file.read


def _of_zip(path: Path) -> Iterator[Member]:
    with zipfile.ZipFile(path, metadata_encoding="utf-8") as packed:
        for member in packed.infolist():
            if not member.is_dir():
                yield member.filename, member.file_size, partial(packed.read, member)


FORMS: Mapping[bytes, Callable[[Path], Iterator[Member]]] = {ZIP: _of_zip, GZIP: _of_tar}
"""How an archive begins, and what reads it."""
