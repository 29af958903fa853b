"""Manifests named on a command line: files, folders, and standard input."""

from __future__ import annotations

import sys
from typing import Any

STANDARD_INPUT = "-"


def divided(paths: list[str]) -> tuple[list[str], dict[str, str]]:
    """Return the files and folders, and the text of standard input by its name where ``-`` asks for it."""
    texts = {"standard input": sys.stdin.read()} if STANDARD_INPUT in paths else {}
    return [path for path in paths if path != STANDARD_INPUT], texts


def gathered(paths: list[str]) -> Any:
    """Return what manifests hold, for a walk; LabError, in one line, where policies were left out of a wheel."""
    from packetwalk.lab.rooms import room

    files, texts = divided(paths)
    return room("policy").gather(*files, texts=texts)
