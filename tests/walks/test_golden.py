"""The model says what it said when somebody last looked."""

from __future__ import annotations

import difflib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from packetwalk import wire
from tests import golden
from tests.golden import contract, text

SHOWN = 60  # lines of a difference
PRINTED = {  # what a walk's text takes from the walk itself; the rest of the text is made of its JSON
    ".title",
    ".fault.story",
    ".fault.title",
    ".holds_for",
    ".summary",
    ".traces[].steps[].dev",
    ".traces[].steps[].event",
    ".traces[].steps[].hook",
    ".traces[].steps[].size",
    ".traces[].steps[].why",
}


@pytest.mark.parametrize("file", golden.files())
def test_what_the_model_says_is_golden(file: str) -> None:
    path = golden.FOLDER / file
    assert path.exists(), f"{file} is missing: run `make refresh` and read the diff"
    old, new = path.read_text(), golden.current(file)
    if old != new:
        diff = list(
            difflib.unified_diff(
                old.splitlines(), new.splitlines(), f"golden {file}", "now", lineterm="", n=1
            )
        )
        more = (
            f"\nand {len(diff) - SHOWN} lines more: `make refresh` and `git diff` show all"
            if diff[SHOWN:]
            else ""
        )
        pytest.fail("\n".join(line[:300] for line in diff[:SHOWN]) + more, pytrace=False)


def test_no_golden_without_a_case() -> None:
    assert golden.there() == set(golden.files())


@pytest.mark.parametrize("name", dict(golden.cases()))
def test_a_golden_walk_is_what_walk_prints_and_more(name: str) -> None:
    printed, walk = golden.walk(name)
    assert text.printed((golden.FOLDER / f"{name}.txt").read_text()) == printed
    assert walk["layouts"] == {proto: wire.LAYOUTS[proto] for proto in walk["layouts"]}
    assert contract.load(contract.dump(walk)) == json.loads(json.dumps(walk))


def test_before_is_the_after_of_the_step_before() -> None:
    for name, _ in golden.cases():
        for trace in golden.walk(name)[1]["traces"]:
            stacks = [[], *(step["after"] for step in trace["steps"])]
            assert [step["before"] for step in trace["steps"]] == stacks[:-1], name


def test_the_players_contract_has_every_member_that_a_walk_has() -> None:
    kept = {each for name in golden.CONTRACT for each in contract.members(golden.walk(name)[1])}
    for name, _ in golden.cases():
        assert set(contract.members(golden.walk(name)[1])) <= kept, f"{name}: one more for the contract"


def test_the_text_shows_every_member_of_the_json() -> None:
    """Each leaf that is altered alters the text, and not only the digest at its end."""
    known: set[str] = {".layouts"}  # a file of its own
    for name in golden.CONTRACT:
        printed, walk = golden.walk(name)
        walk = json.loads(json.dumps(walk))
        tables = golden.of_mode(walk["plugin"], walk["mode"])
        usual = _undigested(printed, walk, tables)
        for at, holder, key in list(_leaves(walk)):
            if at in known or at.startswith(".layouts"):
                continue
            known.add(at)
            value, holder[key] = holder[key], _other(holder[key])
            altered = _undigested(printed, walk, tables)
            holder[key] = value
            assert (altered == usual) == (at in PRINTED), f"{name}: {at}"


def _leaves(value: Any, at: str = "") -> Iterator[tuple[str, Any, Any]]:
    """Yield each leaf of a JSON: its place without numbers, as ``contract`` names it, what holds it, and its key."""
    items = value.items() if isinstance(value, dict) else enumerate(value)
    for key, part in items:
        place = f"{at}[]" if isinstance(value, list) else f"{at}.{'*' if at in contract.KEYED else key}"
        if isinstance(part, (dict, list)):
            yield from _leaves(part, place)
        else:
            yield place, value, key


def _other(value: Any) -> Any:
    """Return another value, of the same type unless it is null."""
    if isinstance(value, bool):
        return not value
    return value + 1 if isinstance(value, int) else f"{value or ''}0"


def _undigested(printed: str, walk: dict, tables: dict) -> str:
    """Return the text of a walk without its digest; or what does not fit in a walk that contradicts itself."""
    try:
        return text.dump(printed, walk, tables).rpartition("# JSON: ")[0]
    except (AssertionError, KeyError, TypeError) as error:
        return repr(error)


@pytest.mark.parametrize("seed", ["0", "1", "12345"])
def test_output_does_not_depend_on_the_hash_seed(seed: str) -> None:
    command = [
        sys.executable,
        "-m",
        "packetwalk",
        "walk",
        "flannel",
        "vxlan",
        "service",
        "--cold",
        "--format",
        "json",
    ]
    run = subprocess.run(
        command, env={**os.environ, "PYTHONHASHSEED": seed}, capture_output=True, text=True, check=True
    )
    reference = subprocess.run(
        command, env={**os.environ, "PYTHONHASHSEED": "99"}, capture_output=True, text=True, check=True
    )
    assert run.stdout == reference.stdout
