"""What releases of a plugin do otherwise, as tables for the book's page on them."""

from __future__ import annotations

import pandas as pd

from packetwalk.cni import plugin as find_plugin
from packetwalk.cni import plugins
from packetwalk.plan.kube_proxy_releases import PROGRAM as PROXY
from packetwalk.plan.kube_proxy_releases import RELEASES as PROXIES
from packetwalk.plan.kube_proxy_releases import differing as differing_proxies
from packetwalk.plan.rules import IPTABLES, RULES
from packetwalk.walks import releases
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
    told = [
        (f"{found.name} {each.name}", each.name, each.version, each.evidence)
        for found in plugins().values()
        for each in found.releases
        if found.releases[1:]
    ]
    told += [(f"{PROXY} {each.number}", each.name, f"{PROXY} {each.version}", each.evidence) for each in PROXIES]
    frame = pd.DataFrame(
        {
            "--release": [code(name) for _, name, _, _ in told],
            "What is walked": [version for _, _, version, _ in told],
            "Known from": [evidence for _, _, _, evidence in told],
        },
        index=pd.Index([title for title, _, _, _ in told], name="Release"),
    )
    caption = "The releases that can be chosen, first the one that is meant where none is named, and how they are known"
    return CaptionedTable(frame, caption)


def of_kube_proxy() -> CaptionedTable:
    """Return the lines that releases of kube-proxy write otherwise, of one port of a Service and of all."""
    found = releases.of_kube_proxy()
    frame = pd.DataFrame(
        {
            "Table": [line.place for line in found],
            "Line": [code(line.line) for line in found],
        },
        index=pd.Index([line.release for line in found], name="Only in"),
    )
    caption = f"{PROXY}, rules of nftables: the lines on {NODE} that only one of two releases in a row writes"
    return CaptionedTable(frame, caption)


def alike() -> CaptionedTable:
    """Return in each form of rules which releases of kube-proxy write the same lines."""
    rows: list[tuple[str, str, str]] = []
    for rules in RULES:
        for first in differing_proxies(rules):
            same = [each.number for each in PROXIES if rules == IPTABLES or each.habits == first.habits]
            walked = differing(*releases.REFERENCE, first.name, rules)
            rows.append((rules, ", ".join(sorted(same)), ", ".join(walked) or "none"))
    frame = pd.DataFrame(
        {
            "Releases that write the same": [same for _, same, _ in rows],
            "Walks that other lines decide than in the release that is meant": [walked for _, _, walked in rows],
        },
        index=pd.Index([rules for rules, _, _ in rows], name="Rules"),
    )
    return CaptionedTable(frame, f"{PROXY}, beside Flannel with VXLAN")


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
