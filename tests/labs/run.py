"""Run the cells of a lab in this process, on a ground, and keep what each printed or showed."""

from __future__ import annotations

import ast
import contextlib
import io
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import nbformat

from packetwalk.lab import CHOICE
from tests.refresh_labs import marked, stubs


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


def run(path: Path, ground: str, without: int | None = None) -> list[tuple[Cell, str]]:
    """Run a notebook; ``without`` is the solution cell to leave to the learner: then up to its check."""
    out, code = [], cells(path)
    with place(path.parent, ground) as names:
        for cell in code:
            left = cell.number == without
            out.append((cell, execute(cell.stub if left else cell.source, names)))
            if without is not None and cell.number > without and cell.checks:
                break
    return out
