"""Write the map and the picture of the rooms into CONTRIBUTING.md: ``python -m tests.refresh_map``.

The map is the first sentence of every package; the picture is what each room imports, in the order of the
layers that pyproject.toml demands.
"""

from __future__ import annotations

import ast
import re
import tomllib
from itertools import chain
from pathlib import Path

import grimp

from tests import ROOT

TARGET = ROOT / "CONTRIBUTING.md"
PACKAGE = "packetwalk"


def sentence(init: Path) -> str:
    """Return the first sentence of a package's docstring, in one line."""
    text = " ".join((ast.get_docstring(ast.parse(init.read_text())) or "").partition("\n\n")[0].split())
    return re.split(r"(?<=[.]) (?=[A-Z])", text)[0].replace("``", "`")


def folders() -> list[Path]:
    """Return every folder of the package that holds code."""
    found = {file.parent for file in (ROOT / PACKAGE).rglob("*.py")}
    return sorted(found, key=lambda folder: folder.parts)


def table() -> str:
    """Return the rows of the map: a folder, and what it holds."""
    rows = [f"| `{folder.relative_to(ROOT)}` | {sentence(folder / '__init__.py')} |" for folder in folders()]
    return "\n".join(["| Folder | Holds |", "|---|---|", *rows])


def layers() -> list[list[str]]:
    """Return the rooms layer by layer, the outermost first, as the contract has them."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())
    contract = next(
        each for each in settings["tool"]["importlinter"]["contracts"] if each["type"] == "layers"
    )
    return [re.split(r" [|:] ", layer) for layer in contract["layers"]]


def imports() -> set[tuple[str, str]]:
    """Return which room imports from which other, imports for types left out."""
    graph = grimp.build_graph(PACKAGE, exclude_type_checking_imports=True, cache_dir=None)
    out = set()
    for module in graph.modules:
        for found in graph.find_modules_directly_imported_by(module):
            if "." in module and "." in found:
                out.add((module.split(".")[1], found.split(".")[1]))
    return out


def picture() -> str:
    """Return a row for each room, with a mark under each room that it imports from."""
    order, known = list(chain.from_iterable(layers())), imports()
    width = max(map(len, order))
    lines = [" " * width + "".join(f"  {room}" for room in order)]
    for room in order:
        marks = ["." if room == other else "x" if (room, other) in known else " " for other in order]
        cells = (f"  {mark:^{len(other)}}" for mark, other in zip(marks, order, strict=True))
        lines.append(f"{room:<{width}}{''.join(cells)}".rstrip())
    return "\n".join(["```", *lines, "```"])


def written(text: str) -> str:
    """Return CONTRIBUTING.md with map and picture as the code has them now."""
    for name, made in (("map", table()), ("picture", picture())):
        start, end = f"<!-- {name}: made by `make refresh` -->", f"<!-- end of {name} -->"
        before, rest = text.split(start)
        text = f"{before}{start}\n{made}\n{end}{rest.split(end)[1]}"
    return text


if __name__ == "__main__":
    old = TARGET.read_text()
    new = written(old)
    TARGET.write_text(new)
    print("map of the house:", "changed" if new != old else "nothing changed")
