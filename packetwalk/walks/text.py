"""Walks and tables as plain text for a terminal and for notebooks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from packetwalk import wire
from packetwalk.datapath.netns import Netns
from packetwalk.tables import every_table

if TYPE_CHECKING:
    from packetwalk.walks.walk import Walk


def walk_table(walk: Walk) -> str:
    """Return the walk as a table, one step a line, grouped by trace."""
    how = "" if walk.traces[0].source == "capture" else ", computed"
    out = [f"{walk.title}   [{walk.holds_for}{how}]"]
    if walk.broken:
        out.append(f"Fault: {walk.broken.title}. {walk.broken.story}")
    if walk.policies:
        out.append(f"Policies: {'; '.join(walk.policies)}")
    out += [walk.summary, ""]
    for number, trace in enumerate(walk.traces):
        caused = f", caused by step {_seq(walk, trace.cause)}" if trace.cause else ""
        out.append(f"{trace.name}: {trace.flow.label} - {trace.disposition}{caused}")
        rows = []
        for step in trace.steps:
            where = step.netns + (f" {step.dev}" if step.dev else "")
            ttl = next((str(h.ttl) for h in step.after if isinstance(h, wire.Internet)), "")
            event = step.event + (f" {step.hook}" if step.hook else "")
            line = str(step.entry) if step.entry is not None else ""
            release = walk.changed_by(step) if walk.release else ""
            line += f"   (changed in {release})" if release else ""
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
    """Return what ``ip``, ``bridge``, ``iptables-save`` and others would print in one namespace."""
    sections = [section for table in every_table() for section in table.sections(ns)]
    return "\n".join(
        "\n".join([f"# {ns.name}$ {command}", *lines, ""]) for command, lines in sections if lines
    )
