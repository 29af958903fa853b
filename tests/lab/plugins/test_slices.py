"""What a lab knows of a plugin stands in the plugin's own file: no other file of the lab names one."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from packetwalk.cni import plugins
from packetwalk.errors import BadInput
from packetwalk.lab import plugins as slices
from packetwalk.lab.plugins import installation, installations, plugin_slice, writer
from tests import ROOT

LAB = ROOT / "packetwalk" / "lab"
OWN = {LAB / "plugins", LAB / "exam" / "kinds"}  # one file a plugin in each
ELSEWHERE = [each for each in sorted(LAB.rglob("*.py")) if OWN.isdisjoint(each.parents)]


def words(file: Path) -> Iterator[str]:
    """Yield the names and texts of a file that do something: all but docstrings."""
    tree = ast.parse(file.read_text())
    said = {
        id(node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    for node in ast.walk(tree):
        match node:
            case ast.Constant(value=str(text)) if id(node) not in said:
                yield text
            case ast.Name(id=name) | ast.Attribute(attr=name) | ast.alias(name=name):
                yield name
            case ast.ImportFrom(module=str(name)) | ast.FunctionDef(name=name):
                yield name


@pytest.mark.parametrize("file", ELSEWHERE, ids=lambda file: str(file.relative_to(LAB)))
def test_no_other_file_of_the_lab_names_a_plugin(file: Path) -> None:
    names = re.compile(
        rf"\b({'|'.join(plugins())})\b|^({'|'.join(plugins())})_|_({'|'.join(plugins())})", re.IGNORECASE
    )
    named = [each for each in words(file) if names.search(each)]
    assert not named


def test_every_plugin_of_the_model_is_known_and_no_other() -> None:
    assert set(slices._names()) == set(plugins())
    assert set(installations()) == set(plugins())


def test_a_plugin_without_a_file_has_nothing_and_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slices, "_names", lambda: ())
    plugin_slice.cache_clear()
    try:
        assert plugin_slice("flannel") == (None, {}, (), None)
    finally:
        plugin_slice.cache_clear()


def test_names_that_are_not_there_are_one_line() -> None:
    with pytest.raises(BadInput, match=r"^plugin: 'nobody'"):
        plugin_slice("nobody")
    with pytest.raises(BadInput, match=r"^plugin on kind: 'nobody'"):
        installation("nobody")
    with pytest.raises(BadInput, match=r"^program that writes routes or devices of calico: 'nobody'.*BIRD: mesh"):
        writer("calico", "nobody")
