"""Record a kind cluster of your own; it is only read.

  packetwalk record mine my-recording --ping a b
  packetwalk record mine my-recording --node mine-worker --pod a --seconds 5
"""

from __future__ import annotations

import argparse
from pathlib import Path

from packetwalk.capture import recording
from packetwalk.cli.output import show
from packetwalk.cli.parser import Parser
from packetwalk.errors import BadInput


def arguments(parser: Parser) -> None:
    """Add what can follow the command's name."""
    parser.add_argument("cluster", help="its name, as `kind get clusters` prints it")
    parser.add_argument("folder", type=Path, help="where the recording goes; it must not exist yet")
    parser.add_argument("--namespace", default="default", help="of its pods; `default` when left out")
    parser.add_argument("--node", action="append", help="only this node; may be repeated")
    parser.add_argument("--pod", action="append", help="only this pod; may be repeated")
    parser.add_argument("--ping", nargs=2, metavar=("FROM", "TO"), help="send one ping and record its way")
    parser.add_argument("--seconds", type=float, default=0, help="keep what passes in this time")
    parser.add_argument("--payload", action="store_true", help="keep what frames carry, not only headers")


def run(parsed: argparse.Namespace) -> None:
    """Write the recording and say how much is in it."""
    from packetwalk.lab.kind.record import record_cluster

    if parsed.folder.exists():
        raise BadInput("folder for the recording", str(parsed.folder), ["one that does not exist yet"])
    made = record_cluster(
        parsed.cluster,
        namespace=parsed.namespace,
        nodes=parsed.node,
        pods=parsed.pod,
        ping=tuple(parsed.ping) if parsed.ping else None,
        seconds=parsed.seconds,
        payload=parsed.payload,
    )
    recording.write(made, parsed.folder)
    frames = sum(len(each.frames) for each in made.sent)
    show(f"{parsed.folder}: {len(made.places)} namespaces, {frames} frames")
