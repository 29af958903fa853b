"""List plugins, modes, scenarios and faults."""

from __future__ import annotations

import argparse

from packetwalk.cli.output import show
from packetwalk.cli.parser import Parser
from packetwalk.cni import plugins
from packetwalk.plan.kube_proxy_releases import RELEASES as PROXIES
from packetwalk.walks.catalogue import ASKED, SCENARIOS
from packetwalk.walks.scenario import scenarios


def arguments(parser: Parser) -> None:
    """Add what can follow the command's name."""
    parser.formats("text", "json")


def run(parsed: argparse.Namespace) -> None:
    """Print a line for each mode, then the scenarios."""
    rows = [
        {
            "plugin": p.name,
            "mode": m.name,
            "scenarios": [s.name for s in scenarios(p)],
            "faults": [f.name for f in p.faults_of(m.name)],
            "rules": list(p.rules),
            "releases": [r.name for r in p.releases],
        }
        for p in plugins().values()
        for m in p.modes
    ]
    if parsed.format == "json":
        show(rows)
        return
    lines = [f"{row['plugin']:<9}{row['mode']:<21}faults: {', '.join(row['faults'])}" for row in rows]
    lines += ["", "scenarios of every mode:", *(f"  {s.name:<15}{s.title}" for s in SCENARIOS)]
    lines += ["", "asked for, in every mode too:", *(f"  {s.name:<26}{s.title}" for s in ASKED)]
    for each in plugins().values():
        if each.scenarios:
            lines += ["", f"only of {each.name}:", *(f"  {s.name:<15}{s.title}" for s in each.scenarios)]
    both = [p.name for p in plugins().values() if len(p.rules) > 1]
    lines += ["", f"with --rules nftables too: {', '.join(both)}"]
    several = [p for p in plugins().values() if len(p.releases) > 1]
    lines += ["", "releases, the first unless --release says another:"]
    lines += [f"  {p.name:<15}{', '.join(r.name for r in p.releases)}" for p in several]
    lines.append(f"  {'of kube-proxy':<15}{', '.join(r.name for r in PROXIES)} (they differ with --rules nftables)")
    show("\n".join(lines))
