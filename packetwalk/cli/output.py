"""What a command prints or writes: whole, or not at all."""

from __future__ import annotations

import json
import os
import sys
import tempfile
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
    """Write a file whole or not at all; without a path, to standard output."""
    if path is None:
        if sys.stdout is None:
            raise BadInput("output of a pcap", "closed", ["-o FILE"])
        if sys.stdout.isatty():
            raise BadInput("output of a pcap", "the terminal", ["-o FILE"])
        sys.stdout.buffer.write(content)
        return
    target = Path(path)
    if target.exists() and not target.is_file():
        target.write_bytes(content)
        return
    try:
        with tempfile.NamedTemporaryFile(dir=target.parent, delete=False) as part:
            part.write(content)
        os.chmod(part.name, 0o644)
        os.replace(part.name, target)
    except OSError as error:
        if "part" in locals():
            Path(part.name).unlink(missing_ok=True)
        raise OSError(error.errno, error.strerror, path) from None


def new_folder(what: str, path: str) -> Path:
    """Return a folder that is not there yet, or is empty; BadInput for another."""
    folder = Path(path).absolute()
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise BadInput(what, path, ["a folder that does not exist yet"])
    return folder
