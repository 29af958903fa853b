"""A walk as a person reads it: as it is printed, with what is not printed in lines that begin with ``#``.

Below a step stand the table that decided and each header that came (``+``), went (``-``) or changed, with the
fields that changed and its bytes.  What is long is shown by its beginning and a digest.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from hashlib import sha256
from typing import Any

from tests.golden import tables

LONG = 64  # characters


def dump(printed: str, walk: dict, known: dict[str, tables.PrintedTable]) -> str:
    """Return the text of a walk; ``known`` are the tables of its mode."""
    return "\n".join([*_head(walk), *_traces(printed, walk, known), "", *_tail(walk, known)]) + "\n"


def printed(text: str) -> str:
    """Return what ``packetwalk walk`` prints of a walk, from the text of it."""
    return "\n".join(line for line in text.splitlines() if not line.startswith("#")).rstrip("\n")


def _head(walk: dict) -> Iterator[str]:
    options = ", ".join(f"{key} {value}" for key, value in walk["options"].items())
    what = f"{walk['plugin']} {walk['mode']} {walk['scenario']}"
    yield f"# version {walk['version']}, {what}: {walk['disposition']}; {options}"


def _tail(walk: dict, known: dict[str, tables.PrintedTable]) -> Iterator[str]:
    yield f"# namespaces: {', '.join(place['netns'] for place in walk['topology'])}"
    yield from (f"# {line}" for line in tables.differences(walk, known))
    yield f"# layouts: {', '.join(walk['layouts'])}"
    whole = json.dumps(walk, sort_keys=True)
    yield f"# JSON: sha256 {sha256(whole.encode()).hexdigest()}"


def _traces(printed: str, walk: dict, known: dict[str, tables.PrintedTable]) -> Iterator[str]:
    """Yield the printed lines, each followed by what it does not say."""
    lines = iter(printed.splitlines())
    nodes = {place["netns"]: place for place in walk["topology"]}
    for trace in walk["traces"]:
        head = f"{trace['name']}: {trace['flow']['label']} - {trace['disposition']}"
        for line in lines:
            yield line
            if line.startswith(head):
                break
        else:
            raise AssertionError(f"not printed: {head}")
        yield f"#      {_flow(trace)}"
        stack: list[dict] = []
        for step in trace["steps"]:
            row = next(lines)
            assert row.split()[0] == str(step["seq"] + 1), f"step {step['seq'] + 1} is printed as {row}"
            yield row
            if step["entry"]:
                yield next(lines)
            if step["before"] != stack:
                yield f"#      before: {json.dumps(step['before'])}"
            if aside := "; ".join(_aside(step, nodes[step["netns"]], walk["tables"], known)):
                yield f"#      {aside}"
            yield from (f"#      {each}" for each in _changes(stack, step["after"]))
            stack = step["after"]
    yield from lines


def _flow(trace: dict) -> str:
    flow, cause = trace["flow"], trace["cause"]
    ways = f"{flow['src']} {flow['sport']} > {flow['dst']} {flow['dport']}"
    return f"{trace['source']}; {flow['proto']} {ways}" + (f"; cause {cause}" if cause is not None else "")


def _aside(step: dict, place: dict, listed: dict, known: dict[str, tables.PrintedTable]) -> Iterator[str]:
    """Yield what of a step is not printed and does not follow from its place, its table and the mode's tables."""
    entry = step["entry"]
    if entry:
        lines, first = listed[entry["id"]]["lines"], known.get(entry["id"])
        yield entry["id"].removeprefix(step["netns"] + "/")
        if entry["table"] != listed[entry["id"]]["kind"]:
            yield f"as {entry['table']}"
        if entry["index"] != (lines.index(entry["line"]) if entry["line"] in lines else None):
            yield f"line {entry['index']}"
        if first is None or first.authors.get(entry["line"]) != (entry["by"], entry["source"]):
            yield f"by {entry['by']}" + (f", {entry['source']}" if entry["source"] else "")
    if step["source"] != ((entry["source"] or None) if entry else None):
        yield f"source {step['source']}"
    if step["evidence"] != "computed":
        yield step["evidence"]
    if step["node"] != place["node"]:
        yield f"node {step['node']}"
    mtu = next((each["mtu"] for each in place["devices"] if each["name"] == step["dev"]), None)
    if step["mtu"] != mtu:
        yield f"mtu {step['mtu']}"


def _changes(old: list[dict], new: list[dict]) -> Iterator[str]:
    """Yield the headers that came, went or changed, the outermost first."""
    both = 0  # headers that both stacks have, from the innermost on
    while both < min(len(old), len(new)) and old[-1 - both]["proto"] == new[-1 - both]["proto"]:
        both += 1
    yield from (f"- {header['proto']}" for header in old[: len(old) - both])
    yield from (f"+ {_header(header)}" for header in new[: len(new) - both])
    for before, after in zip(old[len(old) - both :], new[len(new) - both :], strict=True):
        if before != after:
            yield f"  {_header(after, before)}"


def _header(header: dict, before: dict | None = None) -> str:
    """Return a header's fields, or those that differ from what they were ``before``, and its bytes."""
    proto = header["proto"]
    fields = {k: v for k, v in header.items() if k not in ("proto", "bytes") and v != header["bytes"]}
    if before is not None:
        fields = {k: v for k, v in fields.items() if k not in before or before[k] != v}
        fields |= {k: "gone" for k in before if k not in header}
    said = " ".join(f"{k.removeprefix(proto + '.')}={_short(v)}" for k, v in fields.items())
    return f"{proto} {said} [{_short(header['bytes'])}]"


def _short(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value)
    if len(text) <= LONG:
        return text
    return f"{text[:16]}… {len(text)} characters, sha256 {sha256(text.encode()).hexdigest()[:16]}"
