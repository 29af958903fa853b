"""Tables and devices that walks look into: those of a mode once, and of a walk only what differs from them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from difflib import SequenceMatcher
from itertools import groupby
from typing import NamedTuple


class PrintedTable(NamedTuple):
    """A table's kind, the command that prints it, its lines, and who wrote each line that decided something."""

    kind: str
    command: str
    lines: tuple[str, ...]
    authors: dict[str, tuple[str, str]]


def of(walk: dict) -> dict[str, PrintedTable]:
    """Return the tables of a walk's JSON by their ids, then the devices of each network namespace."""
    authors: dict[str, dict[str, tuple[str, str]]] = {}
    for entry in (step["entry"] for trace in walk["traces"] for step in trace["steps"] if step["entry"]):
        authors.setdefault(entry["id"], {}).setdefault(entry["line"], (entry["by"], entry["source"]))
    found = {
        key: PrintedTable(
            f"{each['netns']} {each['kind']}", each["command"], tuple(each["lines"]), authors.get(key, {})
        )
        for key, each in walk["tables"].items()
    }
    for key, each in walk["tables"].items():
        if marks := each.get("changed"):
            said = tuple(f"line {number}: {mark}" for number, mark in marks.items())
            found[f"{key}/changed"] = PrintedTable(f"{each['netns']} changed", "lines that a release changed", said, {})
    for place in walk["topology"]:
        where = f"{place['kind']} {place['node']}, {place['label']}, {place['address']}"
        devices = tuple(
            f"{each['name']}: {each['kind']}, mtu {each['mtu']}, {each['mac']}, master {each['master']},"
            f" {' '.join(each['addresses'])}".rstrip()
            for each in place["devices"]
        )
        found[f"{place['netns']}/devices"] = PrintedTable(f"{place['netns']} devices", where, devices, {})
    return found


def gathered(walks: Iterable[dict]) -> dict[str, PrintedTable]:
    """Return the tables of several walks, by their ids in order: of each the lines that most walks found there."""
    versions: dict[str, list[PrintedTable]] = {}
    for walk in walks:
        for key, table in of(walk).items():
            versions.setdefault(key, []).append(table)
    return {key: _usual(tables) for key, tables in sorted(versions.items())}


def _usual(tables: list[PrintedTable]) -> PrintedTable:
    """Return the table that has most of what most have, and nothing else, with all that is known of its lines."""
    counts = Counter(line for table in tables for line in set(table.lines))
    common = {line for line, count in counts.items() if 2 * count > len(tables)}
    first = max(tables, key=lambda table: len(common & set(table.lines)))
    authors = {line: by for table in reversed(tables) for line, by in table.authors.items()}
    return first._replace(lines=tuple(line for line in first.lines if line in common), authors=authors)


def text(tables: dict[str, PrintedTable]) -> str:
    """Return tables as a file, each line that decided a step with who wrote it and where that is read."""
    return "\n".join("\n".join([_head(key, table), *_lines(table), ""]) for key, table in tables.items())


def differences(walk: dict, known: dict[str, PrintedTable]) -> Iterator[str]:
    """Yield what a walk's tables have that the mode's have not, and the other way round."""
    same = []
    for key, table in of(walk).items():
        first = known.get(key)
        if first is None or table[:2] != first[:2]:
            yield _head(key, table)
            yield from _lines(table)
        elif table.lines == first.lines:
            same.append(key)
        else:
            yield f"{key}, against most walks of this mode:"
            yield from _changed(first.lines, table.lines)
    yield "as in most walks of this mode:"
    for netns, keys in groupby(sorted(same), lambda key: key.partition("/")[0]):
        yield f"  {netns}: {', '.join(key.removeprefix(netns + '/') for key in keys)}"


def _head(key: str, table: PrintedTable) -> str:
    kind = "" if key.startswith(table.kind.replace(" ", "/", 1)) else f" ({table.kind})"
    return f"{key}{kind}: {table.command}"


def _lines(table: PrintedTable) -> Iterator[str]:
    for line in table.lines:
        by, source = table.authors.get(line, ("", ""))
        yield f"  {line}" + (f"    <- {by}" if by else "") + (f", {source}" if source else "")


def _changed(old: tuple[str, ...], new: tuple[str, ...]) -> Iterator[str]:
    for what, i, j, m, n in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if what != "equal":
            yield from (f"  - {line}" for line in old[i:j])
            yield from (f"  + {line}" for line in new[m:n])
