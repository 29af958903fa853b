"""Walks and tables as plain text for a terminal and for notebooks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from packetwalk import wire
from packetwalk.datapath.netns import Netns, sorted_routes
from packetwalk.walks.listing import iptables_save, neighbours, policies

if TYPE_CHECKING:
    from packetwalk.walks.walk import Walk


def walk_table(walk: Walk) -> str:
    """Return the walk as a table, one step a line, grouped by trace."""
    how = "" if walk.traces[0].source == "capture" else ", computed"
    out = [f"{walk.title}   [{walk.holds_for}{how}]"]
    if walk.broken:
        out.append(f"Fault: {walk.broken.title}. {walk.broken.story}")
    out += [walk.summary, ""]
    for number, trace in enumerate(walk.traces):
        caused = f", caused by step {_seq(walk, trace.cause)}" if trace.cause else ""
        out.append(f"{trace.name}: {trace.flow.label} - {trace.disposition}{caused}")
        rows = []
        for step in trace.steps:
            where = step.netns + (f" {step.dev}" if step.dev else "")
            ttl = next((str(h.ttl) for h in step.after if isinstance(h, wire.Ipv4)), "")
            event = step.event + (f" {step.hook}" if step.hook else "")
            line = str(step.entry) if step.entry is not None else ""
            rows.append((str(step.seq + 1), where, event, str(step.size), ttl, line, step.why))
        out += _rows(rows)
        if number < len(walk.traces) - 1:
            out.append("")
    return "\n".join(out)


def _seq(walk: Walk, cause: tuple[int, int]) -> int:
    trace, step = cause
    return walk.traces[trace].steps[step].seq + 1


def _rows(rows: Sequence[tuple[str, ...]]) -> list[str]:
    """Align all columns but the last two, which go on a line of their own when there is an entry."""
    widths = [max(len(row[k]) for row in rows) for k in range(5)]
    out = []
    for row in rows:
        head = "  ".join((row[k].rjust if k in (0, 3, 4) else row[k].ljust)(widths[k]) for k in range(5))
        out.append(f"  {head}  {row[6]}".rstrip())
        if row[5]:
            out.append("  " + " " * (widths[0] + 2) + f"| {row[5]}")
    return out


def netns_tables(ns: Netns) -> str:
    """Return what ``ip``, ``bridge`` and ``iptables-save`` would print in one namespace."""
    sections = [
        ("ip -d link", [str(link) for link in ns.links.values() if link.kind != "lo"]),
        ("ip addr", [str(addr) for addr in ns.addrs]),
        ("ip route", [str(r) for r in sorted_routes(ns.routes) if r.routes == "main"]),
        *_other_tables(ns),
        ("ip neigh", [str(n) for n in neighbours(ns, None)]),
        ("bridge fdb", [str(f) for f in sorted(ns.fdb.values(), key=lambda f: (f.ifname, f.mac))]),
        ("wg show", [str(peer) for peer in ns.peers]),
        ("ipset list", [str(each) for each in ns.sets.values()]),
        ("iptables-save", iptables_save(ns.rules, _all_policies(ns)).splitlines()),
        *((entries[0].command, [str(each) for each in entries]) for entries in ns.tables.values()),
    ]
    return "\n".join(
        "\n".join([f"# {ns.name}$ {command}", *lines, ""]) for command, lines in sections if lines
    )


def _other_tables(ns: Netns) -> list[tuple[str, list[str]]]:
    """Return the routing rules and the tables they name, where somebody has added any."""
    if not ns.lookups:
        return []
    tables = [
        (
            f"ip route show table {rule.lookup}",
            [str(r) for r in sorted_routes(ns.routes) if r.routes == rule.lookup],
        )
        for rule in ns.lookups
    ]
    return [("ip rule", [str(rule) for rule in ns.fib.rules]), *tables]


def _all_policies(ns: Netns) -> list:
    tables = sorted({e.chain_table for e in ns.rules} | {e.chain_table for e in ns.policies})
    return [policy for table in tables for policy in policies(ns, table)]
