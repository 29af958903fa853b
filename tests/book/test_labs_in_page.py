"""Labs that run in the reader's browser: all of them, with all they need, and nothing of another host in effect."""

from __future__ import annotations

import json
import re
from pathlib import Path
from zipfile import ZipFile

import pytest

from tests import ROOT
from tests.missing import missing

LABS = [path.parent.name for path in sorted((ROOT / "labs").glob("[0-9]*/lab.ipynb"))]
ELSEWHERE = re.compile(r"(?:https?:)?//[\w.-]+\.\w+")
KERNEL = "@jupyterlite/pyodide-kernel-extension:kernel"
BYTES = 25_000_000


@pytest.fixture(scope="module")
def lite(site: Path) -> Path:
    folder = site / "lite"
    if not folder.is_dir():
        missing("the book was built without labs in the page: npm ci --prefix player, then make build")
    return folder


@pytest.fixture(scope="module")
def settings(lite: Path) -> dict:
    return json.loads((lite / "jupyter-lite.json").read_text())["jupyter-config-data"]


def test_every_lab_is_there_with_its_checks(site: Path, lite: Path, settings: dict) -> None:
    archives = settings["litePluginSettings"][KERNEL]["loadPyodideOptions"]["archives"]
    inside = {name for archive in archives for name in ZipFile(lite / archive).namelist()}
    listed = json.loads((lite / "api" / "contents" / "all.json").read_text())["content"]
    assert sorted(each["path"] for each in listed) == sorted(f"{lab}.ipynb" for lab in [*LABS, "exam"])
    for lab in LABS:
        files = [*(ROOT / "labs" / lab).glob("*.py"), Path("solution.ipynb")]
        assert len(files) > 1 and {f"packetwalk_labs/{lab}/{path.name}" for path in files} <= inside
        text = (site / "labs" / lab / "lab.html").read_text()
        assert f'href="../../lite/notebooks/index.html?path={lab}.ipynb"' in text


@pytest.mark.parametrize("lab", [*LABS, "exam"])
def test_a_notebook_is_the_learners_and_finds_its_checks(lite: Path, lab: str) -> None:
    cells = json.loads((lite / "files" / f"{lab}.ipynb").read_text())["cells"]
    learners = json.loads((ROOT / "labs" / lab / "lab.ipynb").read_text())["cells"]
    differ = [
        (there, "".join(here["source"]))
        for there, here in zip(cells, learners, strict=True)
        if "".join(there["source"]) != "".join(here["source"])
    ]
    entered = ["".join(there["source"]) for there, _ in differ if there["cell_type"] == "code"]
    assert len(entered) == 1
    assert entered[0].index(f'enter("{lab}")') < entered[0].index("start(seed" if lab == "exam" else "lab.open(")
    text = "".join("".join(there["source"]) for there in cells)
    assert not re.search(r"\]\((?!https:)", text), "a link of the notebook leads nowhere here"


def test_python_and_its_packages_are_this_sites(lite: Path, settings: dict) -> None:
    kernel = settings["litePluginSettings"][KERNEL]
    options = kernel["loadPyodideOptions"]
    assert kernel["disablePyPIFallback"] is True
    assert (lite / "notebooks" / kernel["pyodideUrl"]).resolve() == (lite / "kernel.js").resolve()
    assert (lite / options["engine"] / "pyodide.asm.wasm.gz").is_file(), "the playground's own Python"
    assert not list(lite.rglob("pyodide.asm.*")), "a second one"
    assert {"piplite", "micropip", "jedi", "ipython"} <= set(options["packages"]), "the kernel would fetch it"
    asked = [value for value in json.dumps(settings).split('"') if ELSEWHERE.match(value)]
    assert asked == []
    off = settings["disabledExtensions"]
    assert [each for each in off if each.endswith("service-worker-manager")], (
        "plain http has no service worker"
    )
    news = settings["settingsOverrides"]["@jupyterlab/apputils-extension:notification"]
    assert news == {"checkForUpdates": False, "doNotDisturbMode": True, "fetchNews": "false"}


def test_it_is_as_light_as_it_is_said(lite: Path) -> None:
    sizes = {path.relative_to(lite): path.stat().st_size for path in lite.rglob("*") if path.is_file()}
    assert sum(sizes.values()) <= BYTES, sorted(sizes.items(), key=lambda each: -each[1])[:10]
    assert not [path for path in sizes if path.suffix == ".map"]
