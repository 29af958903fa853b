"""Print the walk of a recorded packet.

  packetwalk replay my-recordings/flannel-vxlan
  packetwalk replay my-recordings/flannel-vxlan cross-node-tcp
"""

from __future__ import annotations

import argparse
import json

from packetwalk.cli.output import show
from packetwalk.cli.parser import Parser
from packetwalk.walks import replay


def arguments(parser: Parser) -> None:
    """Add what can follow the command's name."""
    parser.add_argument("folder", help="a recording: what `packetwalk record`, `prove --save` or a lab wrote")
    parser.add_argument("packet", nargs="?", help="the first when left out")
    parser.formats("text", "json")


def run(parsed: argparse.Namespace) -> None:
    """Print the walk."""
    done = replay.replay(parsed.folder, parsed.packet)
    show(repr(done) if parsed.format == "text" else json.dumps(done.to_json()))
