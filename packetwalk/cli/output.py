"""What a command prints or writes: whole, or not at all."""

from __future__ import annotations

import json
import os
import stat
import sys
from pathlib import Path

from packetwalk.errors import BadInput


def show(data: object) -> None:
    """Print text as it is, and anything else as JSON; a reader who has gone is no error."""
    text = data if isinstance(data, str) else json.dumps(data, indent=1)
    try:
        print(text, flush=True)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def write(path: str | None, content: bytes) -> None:
    """Write a file whole or not at all; without a path, to standard output.

    A symbolic link stays one, and what it leads to is written.  A new file's mode is what the umask leaves, an old
    one's stays.
    """
    if path is None:
        if sys.stdout is None:
            raise BadInput("output of a pcap", "closed", ["-o FILE"])
        if sys.stdout.isatty():
            raise BadInput("output of a pcap", "the terminal", ["-o FILE"])
        sys.stdout.buffer.write(content)
        return
    if not path:
        raise BadInput("-o", path, ["the name of a file"])
    target = Path(os.path.realpath(path))
    try:
        if target.exists() and not target.is_file():
            target.write_bytes(content)
        else:
            _put(target, content)
    except OSError as error:
        raise OSError(error.errno, error.strerror, path) from None


def _put(target: Path, content: bytes) -> None:
    """Write a regular file beside its place, then put it there."""
    mode = stat.S_IMODE(target.stat().st_mode) if target.exists() else None
    part = target.parent / f".{target.name[:200]}.{os.getpid()}"
    place = os.open(
        part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o666 if mode is None else 0o600
    )
    try:
        with os.fdopen(place, "wb") as file:
            file.write(content)
            if mode is not None:
                os.fchmod(place, mode)
        os.replace(part, target)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


def new_folder(what: str, path: str) -> Path:
    """Return a folder that is not there yet, or is empty, and can be made; BadInput for another.

    OSError where it cannot: it is tried, and what was made is taken away again.
    """
    folder = Path(path).absolute()
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise BadInput(what, path, ["a folder that does not exist yet"])
    new = [each for each in (folder, *folder.parents) if not each.exists()]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / ".tried").touch()
        (folder / ".tried").unlink()
    finally:
        for each in new:
            if each.is_dir():
                each.rmdir()
    return folder
