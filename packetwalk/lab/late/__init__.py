"""A cell that runs late, in a new kernel, says which step it belongs to and how to get there: an extension of IPython.

The kernel of an environment in which this package is installed loads it (``etc/ipython/ipython_kernel_config.py``);
outside a lab's folder it does nothing.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Collection, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

from packetwalk.errors import BadInput, LabError

NOTEBOOK = "lab.ipynb"


def load_ipython_extension(shell: Any) -> None:
    """Have a name that is not there explained, where it is one of a lab's."""
    shell.set_custom_exc((NameError,), _told)


def _told(
    shell: Any, kind: type[NameError], error: NameError, trace: TracebackType, tb_offset: int | None = None
) -> None:
    line = advice(error.name or "", shell.user_ns, shell.user_ns["In"][-1], Path())
    if line is None:
        shell.showtraceback((kind, error, trace), tb_offset=tb_offset)
    else:
        sys.stderr.write(f"{line}\n")


def advice(name: str, names: Collection[str], cell: str, folder: Path) -> str | None:
    """Return the line for a name that a cell of the lab in a folder misses; None where the lab does not make it.

    ``names`` are those that are there, ``cell`` is what was run.
    """
    from packetwalk.lab.rooms import room

    try:
        checkpoints = room("lab.check.checkpoints")
        cells = checkpoints.cells(folder)
        if name not in _made(each.source for each in cells):
            return None
        learners = checkpoints.cells(folder, NOTEBOOK)
    except (BadInput, LabError, OSError, ValueError, SyntaxError):
        return None
    steps = [each.step for each in learners]
    at = _place(cell, [each.source for each in learners])
    step = next(filter(None, steps[at:]), "") if at is not None else ""
    way = f'press the button of step {step}, or run cluster.at("{step}")' if step else 'press a step\'s button, or run cluster.at("STEP")'
    if "cluster" in names:
        return f"{name} is made by an earlier cell, which has not run since the kernel began: {way}."
    return f"{name} is not here: this kernel is new. Run the lab's first cell, then {way}."


def _made(sources: Any) -> set[str]:
    """Return the names that cells make."""
    found: set[str] = set()
    for node in (each for source in sources for each in ast.walk(ast.parse(source))):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found.add(node.id)
        elif isinstance(node, ast.FunctionDef):
            found.add(node.name)
        elif isinstance(node, ast.alias):
            found.add(node.asname or node.name.partition(".")[0])
    return found


def _place(cell: str, sources: Sequence[str]) -> int | None:
    """Return which of the notebook's cells was run: the one that reads so, else the one that begins so."""
    lines = [source.splitlines()[:1] for source in sources]
    for known, asked in ((sources, cell), (lines, cell.splitlines()[:1])):
        if asked in known:
            return list(known).index(asked)
    return None
