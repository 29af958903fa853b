"""Transcripts of a terminal: which commands were typed where, and what was printed.

A transcript is text. ``== words`` name a part, ``PLACE$ COMMAND`` is a command typed in a node or pod, and all
lines up to the next are what came; ``(exit 2)`` stands last when the exit code was not 0.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).parent / "usual"
PROMPT = re.compile(r"([a-z][\w-]*)\$ (.*)")
EXIT = re.compile(r"\(exit (\d+)\)")


class Said(NamedTuple):
    """A command with what it printed; ``title`` names the part it stands in."""

    title: str
    place: str
    command: str
    lines: tuple[str, ...] = ()
    code: int = 0

    @property
    def prompt(self) -> str:
        """The line in which it was typed."""
        return f"{self.place}$ {self.command}"

    def __str__(self) -> str:
        end = [f"(exit {self.code})"] if self.code else []
        return "\n".join([self.prompt, *self.lines, *end])


def read(path: Path) -> list[Said]:
    """Return the commands of a transcript in their order."""
    found: list[Said] = []
    title, lines = "", list[str]()
    for line in path.read_text().splitlines():
        typed = PROMPT.fullmatch(line)
        if line.startswith("== ") or typed:
            found = _with(found, lines)
            lines = []
        if line.startswith("== "):
            title = line[3:]
        elif typed:
            found.append(Said(title, typed[1], typed[2]))
        else:
            lines.append(line)
    return _with(found, lines)


def _with(found: list[Said], lines: list[str]) -> list[Said]:
    if not found:
        return []
    end = EXIT.fullmatch(lines[-1]) if lines else None
    kept = lines[:-1] if end else lines
    return (
        [*found[:-1], found[-1]._replace(lines=tuple(kept), code=int(end[1]) if end else 0)]
        if lines
        else found
    )


def text(said: Iterable[Said]) -> str:
    """Return a transcript as it stands in a file."""
    out, title = [], ""
    for each in said:
        if each.title != title:
            title = each.title
            out.append(f"== {title}")
        out.append(str(each))
    return "\n".join(out) + "\n"
