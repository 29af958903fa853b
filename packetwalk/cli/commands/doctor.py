"""Say what can run on this machine and what is missing."""

from __future__ import annotations

import argparse

from packetwalk.cli.output import show
from packetwalk.cli.parser import Parser
from packetwalk.lab import doctor


def arguments(parser: Parser) -> None:
    """Add what can follow the command's name."""
    parser.formats("text", "json")


def run(parsed: argparse.Namespace) -> None:
    """Print each ground, what it lacks and how to get it."""
    found = doctor.examine()
    show([each._asdict() for each in found] if parsed.format == "json" else doctor.text(found))
