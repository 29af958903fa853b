"""Policies: cases with the verdicts of real programs, and what they are held against."""

from __future__ import annotations

import json
import lzma
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

from packetwalk import policy
from packetwalk.policy.estate import Estate

CASES = Path(__file__).parent / "cases"


@cache
def cases(name: str) -> tuple[dict[str, Any], ...]:
    """Return the cases of a file."""
    text = lzma.decompress((CASES / f"{name}.jsonl.xz").read_bytes()).decode()
    return tuple(json.loads(line) for line in text.splitlines())


def estate(objects: Iterable[dict[str, Any]], **options: Any) -> Estate:
    """Return what some objects are together."""
    return policy.read(json.dumps(list(map(_named, objects))), "case.json", **options)


def _named(each: dict[str, Any]) -> dict[str, Any]:
    """Return an object of a case: a policy's name may hold _ in files of tools that no API server has seen."""
    meta = each.get("metadata")
    if "Policy" not in each["kind"] or not meta or "_" not in meta["name"]:
        return each
    return {**each, "metadata": {**meta, "name": meta["name"].replace("_", "-")}}


def settings(note: str) -> list[dict[str, Any]]:
    """Return the setting of Felix that a case's note names."""
    _, found, action = note.partition("FELIX_DEFAULTENDPOINTTOHOSTACTION=")
    spec = {"defaultEndpointToHostAction": action.split()[0]} if found else {}
    kind = {"apiVersion": "projectcalico.org/v3", "kind": "FelixConfiguration"}
    return [{**kind, "metadata": {"name": "default"}, "spec": spec}] if found else []


def wrong(found: Estate, queries: Iterable[dict[str, Any]]) -> list[str]:
    """Return the queries whose verdict is not what is expected, with what decided."""
    return [
        f"{each['src']} -> {each['dst']} {each['protocol']} {each.get('port')}: {each['by']}"
        for each in policy.evaluate(found, queries)
        if each["verdict"] != each["expected"]
    ]
