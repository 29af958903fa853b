"""Make each lab's notebook from its solution: ``python -m tests.refresh_labs``.

``solution.ipynb`` is the source. A code cell with the tag ``solution`` keeps in ``lab.ipynb`` its first
comment lines (the task) and the names it gives a value that later cells use, with dots in place of the
value. A markdown cell with that tag is left out, and so are the words `` (solution)`` of the title. Text is
made readable where notebooks are run (``tests.jupyter_form``).
"""

from __future__ import annotations

import ast
from collections.abc import Iterable
from itertools import takewhile
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from tests.jupyter_form import jupyter
from tests.refresh_notebooks import ROOT, normalise

TAG, SOLVED = "solution", " (solution)"


def solutions() -> list[Path]:
    """Return the solutions of all labs."""
    return sorted((ROOT / "labs").glob("*/solution.ipynb"))


def ends_programs(solution: Path) -> bool:
    """Say whether a lab ends programs of a node, so that neither ``netns`` nor ``kind`` has it."""
    return "programs=True" in solution.read_text(encoding="utf-8")


def stub(source: str, later: Iterable[str]) -> str:
    """Return what the learner finds in place of a solution; ``later`` are the cells after it."""
    task = list(takewhile(lambda line: line.startswith("#"), source.splitlines()))
    used = {node.id for text in later for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Name)}
    names = [
        target.id
        for statement in ast.parse(source).body
        if isinstance(statement, ast.Assign)
        for target in statement.targets
        if isinstance(target, ast.Name) and target.id in used
    ]
    return "\n".join([*task, *(f"{name} = ..." for name in dict.fromkeys(names))])


def stubs(code: list[tuple[str, bool]]) -> list[str]:
    """Return the code cells of the learner; each cell comes with whether it is a solution."""
    texts = [source for source, _ in code]
    return [
        stub(source, texts[number + 1 :]) if marked else source
        for number, (source, marked) in enumerate(code)
    ]


def marked(cell: NotebookNode) -> bool:
    """Say whether a cell is for the solution only."""
    return TAG in cell.metadata.get("tags", [])


def learners(solution: NotebookNode) -> NotebookNode:
    """Return the notebook of the learner, without outputs."""
    code = iter(stubs([(cell.source, marked(cell)) for cell in solution.cells if cell.cell_type == "code"]))
    cells = []
    for cell in solution.cells:
        if cell.cell_type == "code":
            cells.append(nbformat.v4.new_code_cell(next(code), metadata=cell.metadata))
        elif not marked(cell):
            cells.append(nbformat.v4.new_markdown_cell(jupyter(cell.source)))
    cells[0].source = cells[0].source.replace(SOLVED, "", 1)
    return normalise(nbformat.v4.new_notebook(cells=cells))


def sources(notebook: NotebookNode) -> list[tuple[str, str]]:
    """Return what a notebook says, cell by cell, without its outputs."""
    return [(cell.cell_type, cell.source) for cell in notebook.cells]


def refresh(path: Path) -> bool:
    """Write ``lab.ipynb`` beside a solution unless it says the same already; say whether it did."""
    made, target = learners(nbformat.read(path, as_version=4)), path.with_name("lab.ipynb")
    if target.exists() and sources(nbformat.read(target, as_version=4)) == sources(made):
        return False
    nbformat.write(made, target)
    return True


if __name__ == "__main__":
    for each in solutions():
        if refresh(each):
            print(f"changed: {each.parent.name}/lab.ipynb")
