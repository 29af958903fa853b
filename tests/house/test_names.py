"""One name, one meaning; what belongs together is one value."""

from __future__ import annotations

import ast
from collections import defaultdict

from packetwalk.trace.packet import FIELDS
from tests import ROOT

FOUND_BY_NAME = {"Emulator"}  # each stand-in's file has one, which is found by this name
TREES = {path: ast.parse(path.read_text()) for path in sorted((ROOT / "packetwalk").rglob("*.py"))}


def test_no_two_classes_share_a_name() -> None:
    found = defaultdict(list)
    for path, tree in TREES.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                found[node.name].append(str(path.relative_to(ROOT)))
    twice = {name: where for name, where in found.items() if len(where) > 1 and name not in FOUND_BY_NAME}
    assert found["Packet"] and twice == {}


def test_the_fields_of_a_packet_do_not_travel_loose() -> None:
    """Whoever takes most of them takes a Packet, or its options as a whole."""
    loose, functions = [], 0
    for path, tree in TREES.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                functions += 1
                names = {each.arg for each in (*node.args.args, *node.args.kwonlyargs)}
                if len(names & set(FIELDS)) > 2:
                    loose.append(f"{path.relative_to(ROOT)}: {node.name}")
    assert functions > 1000 and loose == []
