"""What Binder reads: the light pins, the scripts, and the link that opens a lab there."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests import ROOT

BINDER = ROOT / "binder"
sys.path.insert(0, str(ROOT / "book" / "_ext"))
launch = pytest.importorskip("launch")
publish_doctree = pytest.importorskip("docutils.core").publish_doctree
HEAVY = {"jupyter-book", "jupyterlab", "notebook", "pandas", "numpy", "sphinx", "pyvis", "matplotlib"}


def _pins(file: Path) -> dict[str, str]:
    lines = [line.split(";")[0].strip() for line in file.read_text().splitlines()]
    return dict(line.split("==") for line in lines if line and not line.startswith("#"))


def test_binder_starts_light_with_the_books_versions() -> None:
    ours, book = _pins(BINDER / "requirements.txt"), _pins(ROOT / "requirements.txt")
    assert {"pyyaml", "anywidget", "ipykernel"} <= set(ours)
    assert not HEAVY & set(ours), "the book's tools are not the labs'"
    assert len(ours) < 50
    assert {name: version for name, version in ours.items() if book.get(name, version) != version} == {}


def test_binder_needs_no_rights() -> None:
    assert not (BINDER / "apt.txt").exists() and not (BINDER / "Dockerfile").exists()
    for name in ("postBuild", "start"):
        script = BINDER / name
        assert os.access(script, os.X_OK) and script.read_text().startswith("#!/bin/bash")
        assert not re.search(r"\b(sudo|apt-get|docker|unshare)\b", script.read_text())
    assert "PACKETWALK_GROUND=model" in (BINDER / "start").read_text()
    assert (BINDER / "start").read_text().rstrip().endswith('exec "$@"')
    assert (BINDER / "runtime.txt").read_text() == (ROOT / "runtime.txt").read_text()


@pytest.mark.parametrize(
    ("repository", "place"),
    [
        ("https://github.com/o/packet-walk", "gh/o/packet-walk/main"),
        ("https://github.com/o/packet-walk.git", "gh/o/packet-walk/main"),
        ("https://gitlab.com/o/packet-walk", "gl/o%2Fpacket-walk/main"),
        ("https://example.org/git/p", "git/https%3A%2F%2Fexample.org%2Fgit%2Fp/main"),
    ],
)
def test_a_labs_page_opens_its_own_notebook(repository: str, place: str) -> None:
    assert launch.address(repository, "labs/0-meet/lab") == (
        f"https://mybinder.org/v2/{place}?urlpath=lab/tree/labs/0-meet/lab.ipynb"
    )


def test_the_repository_is_the_configured_one_else_the_one_that_is_built(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("GITHUB_SERVER_URL", raising=False)
    monkeypatch.delenv("GITHUB_REPOSITORY", raising=False)
    assert launch.repository("") == ""
    monkeypatch.setenv("GITHUB_SERVER_URL", "https://github.com")
    monkeypatch.setenv("GITHUB_REPOSITORY", "o/p")
    assert launch.repository("") == "https://github.com/o/p"
    assert launch.repository("https://gitlab.com/a/b/") == "https://gitlab.com/a/b"


def binders(tree: launch.nodes.document) -> list[str]:
    """Return the links of a page but for the one to its notebook in this site."""
    links = [each["refuri"] for each in tree.findall(launch.nodes.reference)]
    return [each for each in links if not each.startswith("../../lite/")]


def test_the_link_stands_near_the_title_of_labs_only() -> None:
    def made(docname: str, repository: str) -> list[str]:
        tree = publish_doctree("Meet the cluster\n================\n\ntext\n\nMore\n----\n\nx\n", settings_overrides={"doctitle_xform": False})  # fmt: skip
        app = SimpleNamespace(config=SimpleNamespace(launch_repository=repository))
        launch.link(app, tree, docname)
        return binders(tree)

    assert len(made("labs/0-meet/lab", "https://github.com/o/p")) == 1
    assert made("book/intro", "https://github.com/o/p") == made("labs/README", "https://github.com/o/p") == []
    if "GITHUB_REPOSITORY" not in os.environ:
        assert made("labs/0-meet/lab", "") == []


@pytest.mark.parametrize(
    ("docname", "at_the_foot"), [("labs/0-meet/lab", False), ("labs/0-meet/solution", False), ("book/intro", True)]
)
def test_a_notebook_has_one_link_to_binder(docname: str, at_the_foot: bool) -> None:
    app = SimpleNamespace(config=SimpleNamespace(launch_repository="https://github.com/o/p"))
    tree = publish_doctree("Meet\n====\n\ntext\n", settings_overrides={"doctitle_xform": False})
    launch.link(app, tree, docname)
    head = binders(tree)
    context = {"notebook": f"_sources/{docname}.ipynb"}
    launch.foot(app, docname, "page.html", context, None)
    assert ("binder" in context) == at_the_foot
    assert [*head, *([context["binder"]] if at_the_foot else [])] == [
        launch.address("https://github.com/o/p", docname)
    ]


def test_a_page_that_is_no_notebook_has_no_link() -> None:
    app = SimpleNamespace(config=SimpleNamespace(launch_repository="https://github.com/o/p"))
    context = {"notebook": None}
    launch.foot(app, "labs/README", "page.html", context, None)
    assert "binder" not in context


def test_a_labs_page_says_how_to_run_it() -> None:
    tree = publish_doctree("Meet\n====\n\ntext\n", settings_overrides={"doctitle_xform": False})
    launch.link(SimpleNamespace(config=SimpleNamespace(launch_repository="")), tree, "labs/0-meet/lab")
    said = [each.astext() for each in tree.children[0].children]
    assert said[1] == "text"
    assert said[2].startswith("Run it: make labs LAB=0-meet")
