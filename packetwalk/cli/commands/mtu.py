"""Print what each header adds, and the MTU that is left for pods."""

from __future__ import annotations

import argparse

from packetwalk.cli.output import show
from packetwalk.cli.parser import Parser, whole
from packetwalk.walks import report


def arguments(parser: Parser) -> None:
    """Add what can follow the command's name."""
    parser.mode()
    parser.add_argument("--underlay", type=whole, default=1500, metavar="BYTES", help="MTU, default 1500")
    parser.formats("text", "json")


def run(parsed: argparse.Namespace) -> None:
    """Print what a mode adds, and what it leaves."""
    found = report.mtu(parsed.plugin, parsed.mode, parsed.underlay)
    show(found.to_json() if parsed.format == "json" else repr(found))
