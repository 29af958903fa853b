"""Print what ip, bridge, iptables-save and nft would print."""

from __future__ import annotations

import argparse

from packetwalk.cli.manifests import gathered
from packetwalk.cli.output import show
from packetwalk.cli.parser import Parser
from packetwalk.walks import report


def arguments(parser: Parser) -> None:
    """Add what can follow the command's name."""
    parser.mode()
    parser.add_argument("--node", metavar="NODE|POD", help="of this one only; also router and internet")
    parser.ipv6()
    parser.policy()
    parser.rules()
    parser.release()
    parser.formats("text", "json")


def run(parsed: argparse.Namespace) -> None:
    """Print the tables of one namespace, or of all."""
    policies = gathered(parsed.policy) if parsed.policy else None
    found = report.tables(parsed.plugin, parsed.mode, parsed.node, parsed.rules, parsed.release, policies, parsed.ipv6)
    show(found.to_json() if parsed.format == "json" else repr(found))
