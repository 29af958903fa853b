"""What releases of a plugin do otherwise, as tables for the book's page on them."""

from __future__ import annotations

import pandas as pd

from packetwalk.cni import plugin as find_plugin
from packetwalk.cni import plugins
from packetwalk.walks.releases import NODE, UNDERLAYS, ReleaseLine, differing, faults, lines, several
from packetwalk.widgets.frames import CaptionedTable, code


def changes(plugin: str, older: str) -> CaptionedTable:
    """Return every line that only one of two releases writes on a worker, with the modes and the evidence."""
    found = find_plugin(plugin)
    modes: dict[ReleaseLine, list[str]] = {}
    for mode in found.modes:
        for underlay in UNDERLAYS:
            for line in lines(plugin, mode.name, older, underlay):
                names = modes.setdefault(line, [])
                names += [mode.name] if mode.name not in names else []
    frame = pd.DataFrame(
        {
            "Modes": [_named(names, [mode.name for mode in found.modes]) for names in modes.values()],
            "Table": [line.place for line in modes],
            "Line": [code(line.line) for line in modes],
            "Written by": [line.by for line in modes],
            "Source": [line.source for line in modes],
        },
        index=pd.Index([line.release for line in modes], name="Only in"),
    )
    caption = f"{found.title}: the lines on {NODE} that only {older} or only {found.release.name} writes"
    return CaptionedTable(frame, caption)


def _named(names: list[str], every: list[str]) -> str:
    return "all" if names == every else ", ".join(names)


def evidence() -> CaptionedTable:
    """Return of each release from where it is known what it writes."""
    every = [(found, each) for found in plugins().values() for each in found.releases if found.releases[1:]]
    frame = pd.DataFrame(
        {
            "What is walked": [each.version for _, each in every],
            "Known from": [each.evidence for _, each in every],
        },
        index=pd.Index([f"{found.name} {each.name}" for found, each in every], name="Release"),
    )
    return CaptionedTable(frame, "The releases that can be chosen, the newest first, and how they are known")


def walks() -> CaptionedTable:
    """Return for each mode of which a release can be chosen which walks and which faults are others in the older one."""
    rows = {}
    for name, older in several():
        for mode in find_plugin(name).modes:
            new, old = (faults(name, mode.name, release) for release in (None, older))
            rows[f"{name} {mode.name}, {older}"] = (
                ", ".join(differing(name, mode.name, older)) or "none",
                ", ".join(sorted(old - new)) or "none",
            )
    frame = pd.DataFrame(
        {
            "Walks that other lines decide": [walks for walks, _ in rows.values()],
            "Faults that the newest no longer has": [faults for _, faults in rows.values()],
        },
        index=pd.Index(list(rows), name="Mode, older release"),
    )
    return CaptionedTable(
        frame, "What the difference does: default packets of every scenario, in both releases"
    )
