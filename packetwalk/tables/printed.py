"""Tables as tools print them: a list of objects (``ip -j``, ``bridge -j``), or text."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from packetwalk.tables.table import Contents, E, Files, Table, as_object

Object = Mapping[str, Any]


def objects(files: Files, name: str) -> list[dict[str, Any]]:
    """Return what a command with ``-j`` printed, parsed; nothing where it printed nothing."""
    text = files.get(name, "")
    return json.loads(text) if text.strip() else []


def as_text(printed: Iterable[Object]) -> str:
    """Return objects as a command with ``-j`` prints them."""
    return json.dumps(list(printed)) + "\n"


class JsonTable(Table[E]):
    """A table that a command prints as a list of objects."""

    def entry(self, printed: Object) -> Iterator[E]:
        """Yield the lines of one object: none of what the model does not know (IPv6, multicast)."""
        raise NotImplementedError

    def is_recorded(self, files: Files) -> bool:
        """Return True: ``ip`` and ``bridge`` are always there, and where they print nothing no file is kept."""
        return True

    def read(self, files: Files) -> list[E]:
        """Return the lines, of all objects."""
        (name,) = self.files
        return [entry for each in objects(files, name) for entry in self.entry(each)]

    def printed(self, netns: str, around: Mapping[str, Contents]) -> dict[str, str]:
        """Return all lines as objects, in order."""
        (name,) = self.files
        return {name: as_text(map(as_object, self.in_order(around[netns].entries(self))))}


class TextTable(Table[E]):
    """A table that a command prints as text."""

    def parse(self, text: str) -> Iterator[E]:
        """Yield the lines of a text; ValueError names what is none of this command's."""
        raise NotImplementedError

    def text(self, contents: Contents) -> str:
        """Return the text: each entry on a line."""
        return "".join(f"{line}\n" for line in self.lines(contents.entries(self)))

    def read(self, files: Files) -> list[E]:
        """Return the lines of the text."""
        (name,) = self.files
        return list(self.parse(files.get(name, "")))

    def printed(self, netns: str, around: Mapping[str, Contents]) -> dict[str, str]:
        """Return the text."""
        (name,) = self.files
        return {name: self.text(around[netns])}
