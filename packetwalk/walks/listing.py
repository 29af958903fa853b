"""Whole tables as the tools print them, with the place of the line that decided a step."""

from __future__ import annotations

from collections.abc import Iterable

from packetwalk.tables import Entry, Table, table_of
from packetwalk.tables.address import ADDRESSES
from packetwalk.tables.link import LINKS
from packetwalk.trace.step import Step
from packetwalk.walks.known import Known, Learnt, ListedNetns


class Listings:
    """The tables a walk consulted; ``tables`` maps an id to command and lines."""

    def __init__(self, known: Known) -> None:
        self.known = known
        self.tables: dict[str, dict] = {}

    def cite(self, step: Step) -> dict | None:
        """Return the deciding entry with its line, its table, and who wrote it."""
        entry = step.entry
        if entry is None:
            return None
        ns, table, line = self.known.netns(step.netns), table_of(entry), str(entry)
        key = self._listed(ns, table, entry)
        lines = self.tables[key]["lines"]
        by, source = ns.origin.get(entry, (table.by, ""))
        return {
            "table": table.name,
            "line": line,
            "id": key,
            "index": lines.index(line) if line in lines else None,
            "by": by,
            "source": source,
        }

    def _listed(self, ns: ListedNetns, table: Table, entry: Entry) -> str:
        """List the part of a table in which an entry stands, and return its id."""
        part = table.part(entry)
        key = f"{ns.name}/{part.name}"
        if key not in self.tables:
            found = [each for each in Learnt(ns, self.known).entries(table) if part.has(each)]
            lines = table.lines(found) or [str(entry)]
            self.tables[key] = {"netns": ns.name, "kind": table.name, "command": part.command, "lines": lines}
        return key

    def source(self, step: Step) -> str | None:
        """Return the pointer to the source of the deciding entry."""
        if step.entry is None:
            return None
        return self.known.netns(step.netns).origin.get(step.entry, ("", ""))[1] or None

    def topology(self, steps: Iterable[Step]) -> list[dict]:
        """Return the namespaces of a walk in the order of the way, with their devices."""
        out: list[dict] = []
        for name in dict.fromkeys(step.netns for step in steps):
            ns = self.known.netns(name)
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
            address = next((a["addresses"][0].split("/")[0] for a in devices if a["addresses"]), "")
            out.append(
                {
                    "netns": name,
                    "node": ns.node,
                    "kind": ns.kind,
                    "label": ns.label,
                    "address": address,
                    "devices": devices,
                }
            )
        return out
