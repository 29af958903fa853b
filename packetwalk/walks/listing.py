"""Whole tables as the tools print them, with the place of the line that decided a step."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from packetwalk import wire
from packetwalk.tables import Entry, Table, table_of
from packetwalk.tables.address import ADDRESSES
from packetwalk.tables.link import LINKS
from packetwalk.trace.step import Stack, Step
from packetwalk.walks.known import Known, Learnt, ListedNetns


class ListingMemo:
    """What walks through the same namespaces say alike: those that share one say it once, in the same objects.

    ``headers`` and ``stacks`` are what is said of headers; ``cited`` are lines of tables to which a walk added nothing,
    each with its table; ``places`` the namespaces with their devices.
    """

    def __init__(self) -> None:
        self.headers: wire.Kept = {}
        self.stacks: dict[tuple, list[dict]] = {}
        self.cited: dict[tuple[ListedNetns, Table, Entry], tuple[dict, dict]] = {}
        self.places: dict[ListedNetns, dict] = {}

    def describe(self, stack: Stack) -> list[dict]:
        """Return what ``wire.describe`` says; by class too, for two headers may be equal as tuples."""
        key = (*map(type, stack), stack)
        found = self.stacks.get(key)
        if found is None:
            found = self.stacks[key] = wire.describe(stack, self.headers)
        return found


Changed = Callable[[str], Mapping[Entry, str]]
"""Which lines of a namespace a release changed, and which release."""


class Listings:
    """The tables a walk consulted; ``tables`` maps an id to command and lines, and to those that a release ``changed``."""

    def __init__(self, known: Known, memo: ListingMemo | None = None, changed: Changed | None = None) -> None:
        self.known, self.memo, self._changed = known, memo or ListingMemo(), changed
        self.tables: dict[str, dict] = {}
        self._taught: dict[tuple[str, Table], bool] = {}
        self._bare: set[str] = set()  # tables of which there is nothing but what was cited first

    def cite(self, step: Step) -> dict | None:
        """Return the deciding entry with its line, its table, and who wrote it."""
        entry = step.entry
        if entry is None:
            return None
        ns, table = self.known.netns(step.netns), table_of(entry)
        as_written = not self._learnt(ns.name, table)
        if as_written and (ns, table, entry) in self.memo.cited:
            cited, listed = self.memo.cited[ns, table, entry]
            self.tables.setdefault(cited["id"], listed)
            return cited
        line = str(entry)
        key = self._listed(ns, table, entry)
        lines = [each.lstrip("\t") for each in self.tables[key]["lines"]]
        by, source = ns.origin.get(entry, (table.by, ""))
        cited = {
            "table": table.name,
            "line": line,
            "id": key,
            "index": lines.index(line) if line in lines else None,
            "by": by,
            "source": source,
        }
        if as_written and key not in self._bare:
            self.memo.cited[ns, table, entry] = cited, self.tables[key]
        return cited

    def _learnt(self, netns: str, table: Table) -> bool:
        """Say whether the walk has taught a namespace's table anything."""
        if (netns, table) not in self._taught:
            self._taught[netns, table] = bool(self.known.lines(netns, table))
        return self._taught[netns, table]

    def _listed(self, ns: ListedNetns, table: Table, entry: Entry) -> str:
        """List the part of a table in which an entry stands, and return its id."""
        part = table.part(entry)
        key = f"{ns.name}/{part.name}"
        if key not in self.tables:
            found = [each for each in Learnt(ns, self.known).entries(table) if part.has(each)]
            lines = table.lines(found)
            if not lines:
                self._bare.add(key)
            self.tables[key] = {
                "netns": ns.name,
                "kind": table.name,
                "command": part.command,
                "lines": lines or [str(entry)],
                **self._marked(ns.name, found, lines),
            }
        return key

    def _marked(self, netns: str, entries: Iterable[Entry], lines: list[str]) -> dict[str, dict[str, str]]:
        """Return the release that changed a line by the line's number, if there are such lines."""
        known = self._changed(netns) if self._changed else {}
        said = {str(entry): known[entry] for entry in entries if entry in known} if known else {}
        marks = {str(k): said[line.strip()] for k, line in enumerate(lines) if line.strip() in said}
        return {"changed": marks} if marks else {}

    def topology(self, steps: Iterable[Step]) -> list[dict]:
        """Return the namespaces of a walk in the order of the way, with their devices."""
        on_the_way = (self.known.netns(name) for name in dict.fromkeys(step.netns for step in steps))
        return [self.memo.places.get(ns) or self.memo.places.setdefault(ns, _place(ns)) for ns in on_the_way]


def _place(ns: ListedNetns) -> dict:
    addrs = ns.entries(ADDRESSES)
    devices: list[dict] = [
        {
            "name": link.ifname,
            "kind": link.kind,
            "mtu": link.mtu,
            "mac": link.address,
            "master": link.master,
            "addresses": [f"{a.local}/{a.prefixlen}" for a in addrs if a.dev == link.ifname],
        }
        for link in ns.entries(LINKS)
        if link.kind != "lo"
    ]
    return {
        "netns": ns.name,
        "node": ns.node,
        "kind": ns.kind,
        "label": ns.label,
        "address": next((a["addresses"][0].split("/")[0] for a in devices if a["addresses"]), ""),
        "devices": devices,
    }
