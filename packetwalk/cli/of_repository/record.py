"""Record a kind cluster of your own, or any nodes; they are only read.

  packetwalk record mine my-recording --ping a b
  packetwalk record mine my-recording --node mine-worker --pod a --seconds 5

Any other cluster: run a shell script on its nodes, and join what it wrote.

  packetwalk record --script > record-node.sh
  packetwalk record --daemonset > record-nodes.yaml
  packetwalk record --join node1.tgz node2.tgz my-recording
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from pathlib import Path

from packetwalk.capture import recording
from packetwalk.cli.output import show
from packetwalk.cli.parser import Parser
from packetwalk.errors import BadInput
from packetwalk.lab import node


def arguments(parser: Parser) -> None:
    """Add what can follow the command's name."""
    parser.add_argument(
        "names",
        nargs="*",
        metavar="CLUSTER FOLDER",
        help="the cluster, as `kind get clusters` prints it, or with --join the files of nodes; "
        "then where the recording goes, which must not exist yet",
    )
    parser.add_argument("--namespace", default="default", help="of its pods; `default` when left out")
    parser.add_argument("--node", action="append", help="only this node; may be repeated")
    parser.add_argument("--pod", action="append", help="only this pod; may be repeated")
    parser.add_argument("--ping", nargs=2, metavar=("FROM", "TO"), help="send one ping and record its way")
    parser.add_argument("--seconds", type=float, default=0, help="keep what passes in this time")
    parser.add_argument("--payload", action="store_true", help="keep what frames carry, not only headers")
    parser.add_argument("--join", action="store_true", help="join what the script wrote on nodes")
    parser.add_argument(
        "--together", action="store_true", help="with --join: one packet, `all`, of all frames"
    )
    parser.add_argument("--script", action="store_true", help="print the shell script that records a node")
    parser.add_argument(
        "--daemonset", action="store_true", help="print a manifest that runs it on every node"
    )


def run(parsed: argparse.Namespace) -> None:
    """Write the recording and say how much is in it, or print the script or its manifest."""
    for asked, file in ((parsed.script, node.SCRIPT), (parsed.daemonset, node.DAEMONSET)):
        if asked:
            show(file.read_text().removesuffix("\n"))
            return
    *of, last = parsed.names or [""]
    if not of or (len(of) > 1 and not parsed.join):
        raise BadInput.missing(
            "cluster or files of nodes, and a folder", ["CLUSTER FOLDER", "--join FILE.tgz ... FOLDER"]
        )
    folder = Path(last)
    if folder.exists():
        raise BadInput("folder for the recording", str(folder), ["one that does not exist yet"])
    made = _joined(of, parsed) if parsed.join else _kind(of[0], parsed)
    recording.write(made, folder)
    frames = sum(len(each.frames) for each in made.sent)
    show(f"{folder}: {len(made.places)} namespaces, {frames} frames")
    for note in made.about.get("notes", ()):
        show(f"  {note}")


def _kind(cluster: str, parsed: argparse.Namespace) -> recording.Recording:
    from packetwalk.lab.kind.recording.record import record_cluster

    return record_cluster(
        cluster,
        namespace=parsed.namespace,
        nodes=parsed.node,
        pods=parsed.pod,
        ping=tuple(parsed.ping) if parsed.ping else None,
        seconds=parsed.seconds,
        payload=parsed.payload,
    )


def _joined(files: Iterable[str], parsed: argparse.Namespace) -> recording.Recording:
    from packetwalk.capture.joining import join

    return join([*files], payload=parsed.payload, together=parsed.together)
