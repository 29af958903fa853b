"""List plugins, modes, scenarios and faults."""

from __future__ import annotations

import argparse

from packetwalk.cli.output import show
from packetwalk.cli.parser import Parser
from packetwalk.cni import plugins
from packetwalk.walks.scenario import SCENARIOS, scenarios


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
        }
        for p in plugins().values()
        for m in p.modes
    ]
    if parsed.format == "json":
        show(rows)
        return
    lines = [f"{row['plugin']:<9}{row['mode']:<21}faults: {', '.join(row['faults'])}" for row in rows]
    lines += ["", "scenarios of every mode:", *(f"  {s.name:<15}{s.title}" for s in SCENARIOS)]
    for each in plugins().values():
        if each.scenarios:
            lines += ["", f"only of {each.name}:", *(f"  {s.name:<15}{s.title}" for s in each.scenarios)]
    both = [p.name for p in plugins().values() if len(p.rules) > 1]
    lines += ["", f"with --rules nftables too: {', '.join(both)}"]
    show("\n".join(lines))
