"""Print the walk of a recorded packet.

packetwalk replay flannel-vxlan
packetwalk replay flannel-vxlan cross-node-tcp
packetwalk replay my-recordings/flannel-vxlan
"""

from __future__ import annotations

import argparse
import json

from packetwalk.cli.output import show
from packetwalk.cli.parser import Parser
from packetwalk.proof import recordings
from packetwalk.walks import replay


def arguments(parser: Parser) -> None:
    """Add what can follow the command's name."""
    parser.add_argument(
        "recording", help="a folder that record, prove or a lab wrote, or a name in `recordings`"
    )
    parser.add_argument("packet", nargs="?", help="the first when left out")
    parser.formats("text", "json")


def run(parsed: argparse.Namespace) -> None:
    """Print the walk."""
    done = replay.replay(recordings.find(parsed.recording), parsed.packet)
    show(repr(done) if parsed.format == "text" else json.dumps(done.to_json()))
