"""The contracts of imports hold every room, and a break of any of them is found."""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import ROOT

CONTRACTS = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
ROOMS, PLUGINS, SLICES, CIRCLE, PLAYER, CORE = (each["name"] for each in CONTRACTS)
RIM = {"cli", "lab", "widgets"}
"""The rooms that may start processes, read clocks and draw."""


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the package, in which contracts can be broken."""
    folder = tmp_path_factory.mktemp("contracts")
    ignored = shutil.ignore_patterns("__pycache__", "static", "*.json", "*.yaml")
    shutil.copytree(ROOT / "packetwalk", folder / "packetwalk", ignore=ignored)
    shutil.copy(ROOT / "pyproject.toml", folder)
    return folder


def hidden_imports(source: str, *, package: bool) -> Iterator[str]:
    """Yield what a file of the core imports by name at run time, and the contracts therefore do not see.

    Only a package may look for modules so, and only for its own: ``import_module(f"{__name__}...")``.
    """
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Import(names=names) if any(each.name.partition(".")[0] == "importlib" for each in names):
                yield ast.unparse(node)
            case ast.ImportFrom(module=str(module)) if module.partition(".")[0] == "importlib":
                if not package or [each.name for each in node.names] != ["import_module"]:
                    yield ast.unparse(node)
            case ast.Call(func=ast.Name(id="import_module"), args=[name]):
                if not ast.unparse(name).startswith(("f'{__name__}.", "f'{self.__name__}.")):
                    yield ast.unparse(node)
            case ast.Call(func=ast.Name(id="__import__" | "exec" | "eval")):
                yield ast.unparse(node)


def broken(folder: Path) -> list[str]:
    """Return the names of the contracts that are broken."""
    linter = [sys.executable, "-c", "from importlinter.cli import lint_imports_command as run; run()"]
    done = subprocess.run(
        linter, cwd=folder, env={**os.environ, "COLUMNS": "300"}, capture_output=True, check=False, text=True
    )
    found = [line.partition(" BROKEN")[0] for line in done.stdout.splitlines() if " BROKEN" in line]
    assert "Contracts: " in done.stdout and bool(done.returncode) == bool(found), done.stdout + done.stderr
    return found


def test_the_guide_names_each_contract() -> None:
    guide = (ROOT / "CONTRIBUTING.md").read_text()
    names = ["no", "one", "two", "three", "four", "five", "six", "seven"]
    assert f"`make check` holds {names[len(CONTRACTS)]} contracts" in guide
    told = guide.partition(" contracts (`")[2].partition("\nThe package never")[0]
    assert told.count("\n- **") == len(CONTRACTS)


def test_every_room_but_the_rim_is_in_the_core_contract() -> None:
    core = next(each for each in CONTRACTS if each["name"] == CORE)
    rooms = {
        path.stem for path in (ROOT / "packetwalk").iterdir() if path.is_dir() or path.suffix == ".py"
    } - {"__init__", "__main__", "__pycache__"}
    assert set(core["source_modules"]) == {f"packetwalk.{room}" for room in rooms - RIM}
    assert rooms >= RIM


def test_the_core_imports_nothing_that_the_contracts_do_not_see() -> None:
    package = ROOT / "packetwalk"
    files = [each for each in package.rglob("*.py") if each.relative_to(package).parts[0] not in RIM]
    assert len(files) > 100
    for each in files:
        assert not list(hidden_imports(each.read_text(), package=each.name == "__init__.py")), each


@pytest.mark.parametrize(
    "line",
    [
        "import importlib",
        "from importlib import import_module, util",
        "from importlib.util import find_spec",
        "import_module('random')",
        "import_module(f'{room}.ping')",
        "__import__('time')",
        "exec('import time')",
    ],
)
def test_an_import_at_run_time_is_found(line: str) -> None:
    assert list(hidden_imports(line, package=True))
    assert list(hidden_imports("from importlib import import_module", package=False))


def test_every_folder_with_modules_is_a_package() -> None:
    folders = {each.parent for each in (ROOT / "packetwalk").rglob("*.py")}
    assert not [each for each in folders if not (each / "__init__.py").exists()], (
        "the contracts do not see these"
    )


def test_what_stands_is_kept(copy: Path) -> None:
    assert broken(copy) == []


BREAKS = {
    "shell/ping.py": ("import random", CORE),
    "walks/replay.py": ("import subprocess", CORE),
    "walks/linux/walk.py": ("import time", CORE),
    "walks/report.py": ("from datetime import datetime", CORE),
    "plan/cluster.py": ("from os import urandom", CORE),
    "datapath/conntrack.py": ("import threading", CORE),
    "errors.py": ("import pandas", CORE),
    "plan/edit.py": ("from hypothesis import strategies", CORE),
    "tables/route.py": ("from packetwalk.datapath.fib import Fib", ROOMS),
    "wire/eth.py": ("from packetwalk.tables import RouteEntry", ROOMS),
    "policy/judging.py": ("from packetwalk.cni import plugins", ROOMS),
    "policy/manifests/documents.py": ("import os", CORE),
    "capture/identity.py": ("from packetwalk.datapath.netns import Netns", ROOMS),
    "trace/step.py": ("from packetwalk.cni import plugins", ROOMS),
    "proof/results.py": ("from packetwalk.shell import Shell", ROOMS),
    "lab/doctor.py": ("from packetwalk.cli import main", ROOMS),
    "widgets/bundle.py": ("import packetwalk.widgets.frames", PLAYER),
    "cni/flannel/plan.py": ("from packetwalk.cni.calico.plan import plan", PLUGINS),
    "lab/plugins/weave.py": ("from packetwalk.lab.plugins.calico.kind import POOLS", SLICES),
    "walks/text.py": ("from packetwalk.walks.walk import Walk", CIRCLE),
    "wire/header.py": ("from packetwalk.wire.stack import encode", CIRCLE),
    "a_room_without_a_place.py": ("", ROOMS),
}


@pytest.mark.parametrize("module", BREAKS)
def test_a_break_is_found(copy: Path, module: str) -> None:
    line, contract = BREAKS[module]
    path = copy / "packetwalk" / module
    before = path.read_text() if path.exists() else None
    path.write_text(f"{before or ''}\n{line}\n")
    try:
        assert contract in broken(copy)
    finally:
        if before is None:
            path.unlink()
        else:
            path.write_text(before)
