"""Where the recordings are that anybody can replay: a folder beside the package, which a wheel does not carry."""

from __future__ import annotations

import os
from pathlib import Path

from packetwalk.capture import recording
from packetwalk.capture.recording import HEAD, Recording
from packetwalk.errors import BadInput, LabError

VARIABLE = "PACKETWALK_RECORDINGS"
BESIDE = Path(__file__).parents[2] / "recordings"


def folder() -> Path:
    """Return the folder of recordings: PACKETWALK_RECORDINGS, else the one beside the package."""
    return Path(os.environ.get(VARIABLE) or BESIDE)


def missing() -> str:
    """Return where to get the recordings when they are not there, on one line; else nothing."""
    if folder().is_dir():
        return ""
    return f"no recordings at {folder()}: name the folder `recordings` of the book's repository by {VARIABLE}"


def names() -> list[str]:
    """Return what the recordings are called: PLUGIN-MODE, and more where a mode has several."""
    return sorted(path.parent.name for path in folder().glob(f"*/{HEAD}"))


def find(name: str) -> Path:
    """Return the folder of a recording: a path, or the name of one of these recordings.

    BadInput lists the names; LabError, in one line, when there are none.
    """
    path = Path(name)
    if path.exists() or len(path.parts) != 1:
        return path
    if missing():
        raise LabError(f"{name}: {missing()}")
    if name not in names():
        raise BadInput("recording", name, [f"a folder with {HEAD}", *names()])
    return folder() / name


def recordings(plugin: str | None = None, mode: str | None = None) -> list[Recording]:
    """Return the recordings, of one mode or of all; LabError, in one line, when there are none."""
    if missing():
        raise LabError(missing())
    found = (recording.read(folder() / name) for name in names())
    return [
        each
        for each in found
        if plugin in (None, each.about["plugin"]) and mode in (None, each.about["mode"])
    ]
