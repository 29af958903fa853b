"""Run the cells of a lab in this process, on a ground, and keep what each printed or showed."""

from __future__ import annotations

import ast
import contextlib
import io
import os
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import nbformat

from packetwalk.lab import CHOICE
from packetwalk.lab.grounds.ground import Handle, Output
from tests.refresh_labs import TAG, marked, stubs


class Cell(NamedTuple):
    """A code cell: ``number`` counts code cells from 1, ``stub`` is what the learner finds there."""

    number: int
    source: str
    stub: str
    tags: tuple[str, ...]

    @property
    def checks(self) -> bool:
        """Say whether it calls a check."""
        return "check(" in self.source


def cells(path: Path) -> list[Cell]:
    """Return the code cells of a notebook."""
    code = [cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]
    found = stubs([(cell.source, marked(cell)) for cell in code])
    return [
        Cell(number, cell.source, stub, tuple(cell.metadata.get("tags", [])))
        for number, (cell, stub) in enumerate(zip(code, found, strict=True), 1)
    ]


@contextlib.contextmanager
def place(folder: Path, ground: str) -> Iterator[dict[str, Any]]:
    """Work in a lab's folder on a ground; yield the names of its cells, and close its cluster after."""
    names: dict[str, Any] = {}
    before, asked = Path.cwd(), os.environ.get(CHOICE)
    os.chdir(folder)
    os.environ[CHOICE] = ground
    try:
        yield names
    finally:
        os.chdir(before)
        os.environ.pop(CHOICE)
        if asked is not None:
            os.environ[CHOICE] = asked
        if "cluster" in names:
            names["cluster"].close()


def execute(source: str, names: dict[str, Any]) -> str:
    """Run a cell as a notebook does: return what it printed, then the value of its last line."""
    tree = ast.parse(source)
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(tree, "<cell>", "exec"), names)
        value = eval(compile(ast.Expression(last.value), "<cell>", "eval"), names) if last else None
    return printed.getvalue() + (repr(value) if value is not None else "")


class LabAnswer(NamedTuple):
    """A command that was run on a node or in a pod, and what it said."""

    place: str
    command: str
    text: str
    code: int


class Session(NamedTuple):
    """A notebook that was run to its end: what each cell showed, and each command, also those of checks."""

    shown: list[tuple[Cell, str]]
    said: list[LabAnswer]


@contextlib.contextmanager
def heard() -> Iterator[list[LabAnswer]]:
    """Yield a list that grows with each command that anybody runs on any cluster."""
    log: list[LabAnswer] = []
    original = Handle.run

    def listening(handle: Handle, line: str) -> Output:
        said = original(handle, line)
        log.append(LabAnswer(handle.name, line, said.text, said.code))
        return said

    Handle.run = listening  # type: ignore[method-assign]
    try:
        yield log
    finally:
        Handle.run = original  # type: ignore[method-assign]


@cache
def run(path: Path, ground: str) -> Session:
    """Run a notebook to its end."""
    with place(path.parent, ground) as names, heard() as said:
        return Session([(cell, execute(cell.source, names)) for cell in cells(path)], said)


def left_out(path: Path, ground: str) -> Iterator[tuple[Cell, str]]:
    """Run a notebook; yield each cell of the solution with what the next check says without it.

    Then the cell is done, and the notebook goes on as if nobody had asked.
    """
    code = cells(path)
    with place(path.parent, ground) as names:
        for position, cell in enumerate(code):
            if TAG in cell.tags:
                execute(cell.stub, names)
                yield cell, _next_check(code[position + 1 :], names)
            execute(cell.source, names)


def _next_check(later: list[Cell], names: dict[str, Any]) -> str:
    """Run cells up to the next check and return what it says; nothing when another task comes first."""
    for cell in later:
        if TAG in cell.tags:
            break
        said = execute(cell.source, names)
        if cell.checks:
            return said
    return ""
