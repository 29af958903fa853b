"""The real programs: which there are, of which version, and where ``make real`` puts them."""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

from packetwalk.errors import LabError
from packetwalk.lab.advice import GO, MAKE_REAL
from packetwalk.lab.kernel.rootless import search_path

SOURCES = Path(__file__).parent / "sources"
FOLDER = "PACKETWALK_REAL"
ETCD = "etcd"


class Source(NamedTuple):
    """A Go module that programs are built of; its folder in ``sources`` has ``go.mod``, checksums, ``source.json``.

    ``programs`` are packages of the module by the program's name; ``stamps`` are the variables that hold its
    version, each with what is put there of ``vMAJOR.MINOR.PATCH``; ``asks`` are words that make a program print its
    version.
    """

    name: str
    module: str
    programs: Mapping[str, str]
    stamps: Mapping[str, str]
    asks: Mapping[str, Sequence[str]]
    cgo: bool

    @property
    def folder(self) -> Path:
        """The folder with its ``go.mod``."""
        return SOURCES / self.name

    @property
    def version(self) -> str:
        """The version that its ``go.mod`` pins, ``v1.36.3``."""
        found = re.search(rf"^require {re.escape(self.module)} (v\S+)$", self._text, re.MULTILINE)
        assert found, self.folder
        return found[1]

    @property
    def go(self) -> tuple[int, ...]:
        """The version of Go that it needs at least."""
        found = re.search(r"^go ([\d.]+)$", self._text, re.MULTILINE)
        assert found, self.folder
        return tuple(map(int, found[1].split(".")))

    @property
    def _text(self) -> str:
        return (self.folder / "go.mod").read_text()

    @property
    def place(self) -> Path:
        """The folder of its built programs; its name says the version, so that no old one is taken."""
        return home() / f"{self.name}-{self.version}"


@cache
def sources() -> tuple[Source, ...]:
    """Return every source; each folder of ``sources`` is one."""
    files = sorted(SOURCES.glob("*/source.json"))
    return tuple(Source(name=file.parent.name, **json.loads(file.read_text())) for file in files)


def home() -> Path:
    """Return the folder of what ``make real`` built: ``.real`` beside the package, or where PACKETWALK_REAL says."""
    return Path(os.environ.get(FOLDER) or Path(__file__).parents[3] / ".real").absolute()


def built(source: Source) -> list[str]:
    """Return the programs of a source that are in their place."""
    return [name for name in source.programs if os.access(source.place / name, os.X_OK)]


def unbuilt() -> list[str]:
    """Return the programs that ``make real`` is still to bring, each with its version."""
    return [
        f"{name} {source.version}" for source in sources() for name in source.programs if name not in built(source)
    ]


def missing() -> tuple[str, ...]:
    """Return what is missing to run real programs, as the doctor says it; quick, and starts nothing."""
    lacks = [MAKE_REAL] if unbuilt() else []
    lacks += [GO] if lacks and not shutil.which("go") else []
    lacks += [] if shutil.which(ETCD, path=search_path()) else [f"program {ETCD}"]
    return tuple(lacks)


def path_of(program: str) -> str:
    """Return the path of a program by name; LabError with what to do where it is missing."""
    for source in sources():
        if program in source.programs:
            if program in built(source):
                return str(source.place / program)
            raise LabError(f"{program} {source.version} is missing: make real")
    found = shutil.which(program, path=search_path())
    if found is None:
        raise LabError(f"program missing: {program}")
    return found
