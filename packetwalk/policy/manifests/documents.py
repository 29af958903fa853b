"""Files of manifests as documents: YAML and JSON, several in a file, folders; where in its file each value stands.

The line of a value is looked for when somebody asks: most files have nothing wrong.  JSON needs the standard library
only, YAML needs PyYAML.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from packetwalk.errors import BadInput
from packetwalk.policy.manifests import json_lines, yaml_lines

ENDINGS = (".yaml", ".yml", ".json")
LARGEST = 64 * 1024 * 1024
"""Bytes of a file: ten thousand pods as ``kubectl get -o yaml`` prints them are some 40 MB."""
_BETWEEN = re.compile(r"^(?:---(?=\s|$)|\.\.\.\s*$)", re.MULTILINE)


class Document(NamedTuple):
    """One document of a file: its data, and the line at which it begins; one with the same text is the same."""

    file: str
    data: Any
    text: str
    line: int = 1
    json: bool = False

    @property
    def short(self) -> bool:
        """Whether what was read of it is remembered: whoever edits one of many waits for that one only."""
        return len(self.text) < yaml_lines.SHORT

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Document) and (self.file, self.text) == (other.file, other.text)

    def __hash__(self) -> int:
        return hash((self.file, self.text))

    def at(self, way: tuple[str | int, ...]) -> str:
        """Return file and line of a value, or of what is nearest to it."""
        find = json_lines.line if self.json else yaml_lines.line
        return f"{self.file}:{self.line + find(self.text, way)}"


def documents(file: str, text: str) -> Iterator[Document]:
    """Yield the documents of a file's text; BadInput, with file and line, where it is neither JSON nor YAML."""
    if len(text) > LARGEST:
        raise BadInput(file, f"{len(text):,} characters", [f"at most {LARGEST:,}"])
    if text.lstrip().startswith(("{", "[")) or file.endswith(".json"):
        yield Document(file, _parsed(json_lines, file, text, 1), text, json=True)
        return
    for line, part in _parts(text):
        data = _parsed(yaml_lines, file, part, line)
        if data is not None:
            yield Document(file, data, part, line)


def _parts(text: str) -> Iterator[tuple[int, str]]:
    """Yield each document of a stream with the line at which it begins."""
    begin, line = 0, 1
    for mark in _BETWEEN.finditer(text):
        yield line, text[begin : mark.start()]
        line += text.count("\n", begin, mark.end())
        begin = mark.end()
    yield line, text[begin:]


def _parsed(reader: Any, file: str, text: str, line: int) -> Any:
    """Read one document; what is wrong in it is told with its line in the file."""
    try:
        return reader.read(text)
    except reader.Mistake as mistake:
        raise BadInput(
            f"{file}:{line + mistake.line}: {mistake.what}", mistake.given, mistake.valid
        ) from None


def files(path: str) -> list[Path]:
    """Return a file, or all manifests of a folder and of those in it, sorted; BadInput where there are none."""
    place = Path(path)
    if not place.exists():
        raise BadInput("manifests", path, ["a file, a folder, or - for standard input"])
    if not place.is_dir():
        return [place]
    found = sorted(each for each in place.rglob("*") if each.is_file() and each.suffix in ENDINGS)
    if not found:
        raise BadInput("manifests", path, [f"a folder with files that end in {', '.join(ENDINGS)}"])
    return found


def read_file(path: Path) -> Iterator[Document]:
    """Yield the documents of a file."""
    if path.stat().st_size > LARGEST:
        raise BadInput(str(path), f"{path.stat().st_size:,} bytes", [f"at most {LARGEST:,}"])
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadInput(
            f"{path}, byte {error.start}", error.object[error.start : error.end], ["UTF-8"]
        ) from None
    yield from documents(str(path), text)
