"""Any step of a lab, reached from nothing: what the solution's own cells do before it is done to the cluster.

The solution beside the notebook is the one source: its code cells in their order, without what only shows or asks.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Collection, Iterator, MutableMapping
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from packetwalk.errors import BadInput, LabError
from packetwalk.lab.check.progress import progress_of

if TYPE_CHECKING:
    from packetwalk.lab.grounds.ground import Ground

SOURCE, TASK, SHOWS = "solution.ipynb", "solution", "hide-input"
CHECK = re.compile(r'^check\("(\w+)"')
DOES = re.compile(r"^\s*[\w, ]+ = |\.(?:ping|run|curl|apply|fault)\(", re.M)
LEFT_OUT = ("check(", "lab.predict(", "cluster.close(", "cluster.at(")


class SolutionCell(NamedTuple):
    """A code cell of a solution."""

    source: str
    tags: tuple[str, ...]

    @property
    def step(self) -> str:
        """The step that it checks, or nothing."""
        found = CHECK.match(self.source)
        return found[1] if found else ""


def cells(folder: Path, notebook: str = SOURCE) -> list[SolutionCell]:
    """Return the code cells of the solution in a lab's folder, or of another notebook; BadInput where there is none."""
    path = folder / notebook
    if not path.is_file():
        raise BadInput("solution of the lab", str(path), [f"a folder with {notebook}"])
    found = json.loads(path.read_text(encoding="utf-8"))["cells"]
    code = [each for each in found if each["cell_type"] == "code"]
    return [SolutionCell("".join(each["source"]), tuple(each["metadata"].get("tags", ()))) for each in code]


def steps(folder: Path) -> tuple[str, ...]:
    """Return the names of a lab's steps in their order."""
    return tuple(each.step for each in cells(folder) if each.step)


def spelled(step: str | int) -> str:
    """Return a step's name without what people write around it: ``3b`` of `` Step 3B``."""
    return re.sub(r"^step\s*", "", str(step).strip().lower())


def named(folder: Path, step: str | int) -> str:
    """Return a step's name as the lab has it: also of ``Step 3B``, and ``3a`` for a 3 that has parts; BadInput lists them."""
    name, known = spelled(step), steps(folder)
    found = next((each for each in (name, f"{name}a") if name and each in known), None)
    if found is None:
        raise BadInput("step", step, (f'"{each}"' for each in known))
    return found


def task(folder: Path, step: str) -> int:
    """Return which code cell, from 0, is the task of a step; BadInput lists the steps."""
    found = cells(folder)
    known = [each.step for each in found if each.step]
    if step not in known:
        raise BadInput("step", step, (f'"{each}"' for each in known))
    check = next(at for at, each in enumerate(found) if each.step == step)
    return max(at for at, each in enumerate(found[:check]) if TASK in each.tags)


def whole(folder: Path, step: str) -> str:
    """Return what the solution types for a step, without what it says of the task."""
    lines = cells(folder)[task(folder, step)].source.splitlines()
    while lines and lines[0].startswith("#"):
        lines.pop(0)
    return "\n".join(lines)


def reach(cluster: Ground, step: str | int, names: MutableMapping[str, Any], folder: Path | None = None) -> None:
    """Bring a cluster, and the names of a notebook's cells, to the task of a step, whatever was done before.

    The cluster is made anew as the lab's first cell opens it. BadInput lists the steps; LabError, in one line, where a
    cell cannot be done here.
    """
    of = (folder or Path()).resolve()
    name = named(of, step)
    before = cells(of)[: task(of, name)]
    tools = re.findall(r"^def (\w+)\(", "\n".join(each.source for each in before), re.M)
    names["cluster"] = cluster
    try:
        with redirect_stdout(StringIO()):
            for each in before:
                if not _only_shows(each):
                    _do(each.source, cluster, names, tools)
    except (BadInput, LabError) as error:
        raise LabError(f"step {name} cannot be reached here: {error}") from None
    progress_of(of, steps(of)).brought(name)
    print(f"This is step {name}: do what its cell asks for, then check.")


def _only_shows(cell: SolutionCell) -> bool:
    """Say whether a cell asks, checks or shows, and nothing is otherwise without it."""
    shows = SHOWS in cell.tags or (".tcpdump(" in cell.source and not DOES.search(cell.source))
    return cell.source.startswith(LEFT_OUT) or shows


def _do(source: str, cluster: Ground, names: MutableMapping[str, Any], tools: Collection[str]) -> None:
    """Run a cell in a notebook's names; where it opens the lab's cluster, the one that is there is made anew.

    ``tools`` are functions of the notebook's own: called for nothing they only show.
    """
    tree = ast.parse(source)
    for opened in _opened(tree):
        plugin, mode = (ast.literal_eval(each) for each in opened.args[:2])
        if plugin != cluster.plugin:
            raise BadInput("plugin of this cluster", cluster.plugin, [plugin])
        cluster.use(mode)
        opened.args, opened.keywords, opened.func = [], [], ast.Name("cluster", ast.Load())
    tree.body = [each for each in tree.body if not _is_itself(each) and not _called(each, tools)]
    exec(compile(tree, "<solution>", "exec"), names)  # type: ignore[arg-type]


def _opened(tree: ast.Module) -> Iterator[ast.Call]:
    """Yield the calls at the top of a cell that open the lab's own cluster."""
    for each in tree.body:
        if isinstance(each, ast.Assign) and ast.unparse(each).startswith("cluster = lab.open("):
            assert isinstance(each.value, ast.Call)
            yield each.value


def _called(statement: ast.stmt, tools: Collection[str]) -> bool:
    """Say whether a statement is no more than a call of one of these functions."""
    call = statement.value if isinstance(statement, ast.Expr) else None
    return isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id in tools


def _is_itself(statement: ast.stmt) -> bool:
    """Say whether a statement, once it opens nothing, makes a cluster of the cluster."""
    return ast.unparse(statement) == "cluster = cluster()"
