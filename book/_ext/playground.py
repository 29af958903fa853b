"""Ship the pages in which Python runs, the policy playground and `why`: their scripts, and beside them, for readers who start it, the editor and Python.

Python is Pyodide, as player/package-lock.json pins it, with the part of the package that judges policies and PyYAML in
it, and on request what walks a packet, and what asks a recording; it is copied from player/node_modules.  Where that is not there, the pages say so, and show what was computed.
What is compressed here is unpacked by the page: a host need not compress it.  All stands in a folder whose name changes
with what is in it, so that old and new never meet.
"""

from __future__ import annotations

import ast
import hashlib
import io
import json
import re
import shutil
import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from pathlib import Path
from typing import Any
from zipfile import ZIP_STORED, ZipFile, ZipInfo

import yaml
from compressed import compressed
from sphinx.application import Sphinx
from walks import script_name

from packetwalk.policy.plugins import enforcements
from packetwalk.widgets.pack import pack_apart
from packetwalk.widgets.tools.playground import examples, walks

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "packetwalk"
SCRIPTS = PACKAGE / "widgets" / "static"
PYODIDE = ROOT / "player" / "node_modules" / "pyodide"
AS_IT_IS = ("pyodide.mjs", "pyodide.asm.mjs", "python_stdlib.zip")
REMEMBER = ROOT / "player" / "remember.mjs"
FOLDER = "playground"
ROOMS = ("cni", "datapath", "faults", "plan", "tables", "trace", "wire")
WALKS = ("policed", "stepped")
"""Rooms that walk, and those of ``walks`` beside what stands in it."""
ASKING = ("capture", "proof/compare", "shell", "why")
"""Rooms that ask a recording, beside those that walk."""
PROVING = {
    "lab": ("__init__",),
    "lab/kernel": (
        "__init__", "curve", "defaults", "devices", "inventory", "keys", "laying", "patience", "probing", "site", "writing",
    ),
    "lab/page": ("__init__", "answer", "desk", "job", "paper"),
    "lab/proving": ("__init__", "holding_back", "sending"),
}  # fmt: skip
"""What writes a job for a kernel in the page and judges what came of it, beside what asks a recording."""
EXAMPLE = ROOT / "book" / "data" / "broken-cluster.tgz"
ELEMENTS = {"<walk-policy>": "playground", "<walk-why>": "why"}
"""The elements with Python behind them, and the script of each."""
TAG = re.compile("|".join(ELEMENTS))


@cache
def package() -> bytes:
    """Return a zip of what judges in the browser: policies, what they import, and PyYAML without its C."""
    files = _named(
        [PACKAGE / "__init__.py", PACKAGE / "errors.py", *sorted((PACKAGE / "policy").rglob("*.py"))]
    )
    files |= {f"yaml/{path.name}": path for path in sorted(Path(yaml.__file__).parent.glob("*.py"))}
    return _zipped(files)


@cache
def walkers() -> dict[str, Path]:
    """Return the files that walk a packet there, by their names in a zip: fetched when one is first asked for."""
    found = [path for room in ROOMS for path in sorted((PACKAGE / room).rglob("*.py"))]
    found += [
        *sorted((PACKAGE / "walks").glob("*.py")),
        *(each for room in WALKS for each in sorted((PACKAGE / "walks" / room).glob("*.py"))),
    ]
    return _named(found)


@cache
def askers() -> dict[str, Path]:
    """Return the files that ask a recording there, beside those that walk: fetched, with Python's library, when somebody gives one."""
    return _named(
        [
            *(PACKAGE / "proof" / name for name in ("__init__.py", "recordings.py")),
            *(path for room in ASKING for path in sorted((PACKAGE / room).rglob("*.py"))),
        ]
    )


@cache
def provers() -> dict[str, Path]:
    """Return the files that let a kernel in the page prove a walk: fetched when a reader asks for that."""
    return _named([PACKAGE / room / f"{name}.py" for room, names in PROVING.items() for name in names])


def _named(paths: list[Path]) -> dict[str, Path]:
    return {str(path.relative_to(ROOT)): path for path in paths}


def _zipped(files: dict[str, Path]) -> bytes:
    held = io.BytesIO()
    with ZipFile(held, "w", ZIP_STORED) as packed:
        for name, path in files.items():
            packed.writestr(ZipInfo(name), path.read_bytes())
    return held.getvalue()


@cache
def libraries() -> list[str]:
    """Return what of Python's library the walkers import: it must be in the memory, which has no files."""
    trees = [ast.parse(path.read_text()) for path in walkers().values()]
    nodes = [node for tree in trees for node in ast.walk(tree)]
    names = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    names |= {node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)}
    return sorted(name for name in names if name.partition(".")[0] in sys.stdlib_module_names)


@cache
def version() -> str:
    """Return a name for all that is in the folder."""
    parts = [package(), json.dumps(examples()).encode()]
    parts += [
        _zipped(walkers()),
        _zipped(askers()),
        _zipped(provers()),
        EXAMPLE.read_bytes(),
        Path(pack_apart.__code__.co_filename).read_bytes(),
    ]
    parts += [path.read_bytes() for path in (SCRIPTS / "editor.js", SCRIPTS / "engine.js", REMEMBER)]
    parts += [(PYODIDE / "package.json").read_bytes()] if PYODIDE.is_dir() else []
    return hashlib.sha256(b"".join(parts)).hexdigest()[:10]


def mark_page(app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: Any) -> None:
    body = context.get("body") or ""
    found = dict.fromkeys(TAG.findall(body))
    if not found:
        return
    python = " data-python" if PYODIDE.is_dir() else ""
    static = f"{'../' * pagename.count('/')}_static"
    more = f' data-folder="{static}/{FOLDER}/{version()}/" data-player="{static}/{script_name("player")}"{python}>'
    context["body"] = TAG.sub(lambda tag: tag[0][:-1] + more, body)
    context["modules"] = [*context.get("modules", ()), *(script_name(ELEMENTS[tag]) for tag in found)]


def fill(folder: Path) -> None:
    """Write all that a reader may need into a folder, which appears only when all of it is there."""
    if folder.is_dir():
        return
    unfinished = folder.with_name(f"{folder.name}.unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(parents=True)
    shutil.copy(SCRIPTS / "editor.js", unfinished)
    write(unfinished / "examples.json.gz", json.dumps(examples(), separators=(",", ":")).encode())
    if PYODIDE.is_dir():
        for name in AS_IT_IS:
            shutil.copy(PYODIDE / name, unfinished)
        shutil.copy(SCRIPTS / "engine.js", unfinished)
        write(unfinished / "pyodide.asm.wasm.gz", (PYODIDE / "pyodide.asm.wasm").read_bytes())
        write(unfinished / "package.zip.gz", package())
        write(unfinished / "walks.zip.gz", _zipped(walkers()))
        write(unfinished / "why.zip.gz", _zipped(askers()))
        write(unfinished / "page.zip.gz", _zipped(provers()))
        shutil.copy(EXAMPLE, unfinished)
        remember(unfinished)
    with ProcessPoolExecutor() as pool:
        for done in [
            pool.submit(write_walks, each.name, unfinished / "walks" / each.name) for each in enforcements()
        ]:
            done.result()
    unfinished.rename(folder)


def write_walks(plugin: str, folder: Path) -> None:
    """Write the walks of every recipe under a plugin, and what they share."""
    folder.mkdir(parents=True)
    shared, own = pack_apart(walks(plugin))
    for name, packed in {**own, "shared": shared}.items():
        write(folder / f"{name}.json.gz", json.dumps(packed, separators=(",", ":")).encode())


def remember(folder: Path) -> None:
    """Write the memory of a Python that has imported all: it starts in a fraction of the time. Needs Node; without, none."""
    node = shutil.which("node")
    if node is None:
        return
    zipped = folder / "package.zip"
    zipped.write_bytes(package())
    called: list[str | Path] = [node, REMEMBER, zipped, folder / "memory.bin", *libraries()]
    done = subprocess.run(called, capture_output=True, check=False)
    if done.returncode == 0:
        write(folder / "memory.bin.gz", (folder / "memory.bin").read_bytes())
    zipped.unlink()
    (folder / "memory.bin").unlink(missing_ok=True)


def write(path: Path, data: bytes) -> None:
    path.write_bytes(compressed(data))


def ship(app: Sphinx, error: Exception | None) -> None:
    if error or app.builder.name != "html":
        return
    static = Path(app.outdir) / "_static"
    for name in ELEMENTS.values():
        for old in static.glob(f"{name}.*.js"):
            old.unlink()
        shutil.copy(SCRIPTS / f"{name}.js", static / script_name(name))
    shutil.rmtree(static / FOLDER, ignore_errors=True)
    kept = Path(app.srcdir, "_build", ".playground") / version()
    for stale in kept.parent.glob("*"):
        if stale != kept:
            shutil.rmtree(stale)
    fill(kept)
    shutil.copytree(kept, static / FOLDER / version())


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("html-page-context", mark_page, priority=960)  # after walks.py has begun the list of modules
    app.connect("build-finished", ship, priority=800)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
