"""Rooms without internet, recordings of clusters, and tidying up: ``python3 -m packetwalk.lab.kind``."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from packetwalk.capture import recording
from packetwalk.errors import BadInput, LabError
from packetwalk.lab.kind import images, pins
from packetwalk.lab.kind.cluster import Cluster
from packetwalk.lab.kind.record import record_cluster


class Parser(argparse.ArgumentParser):
    """A parser whose errors are one line and exit code 2."""

    def error(self, message: str) -> NoReturn:
        """Print the message on one line and leave with 2."""
        sys.stderr.write(f"kind: {message}\n")
        raise SystemExit(2)


def main(arguments: Sequence[str]) -> int:
    """Run the command; 2 and one line for wrong input and for what this machine cannot do."""
    parsed = _parser().parse_args(arguments)
    try:
        print("\n".join(parsed.run(parsed)))
    except (BadInput, LabError) as error:
        sys.stderr.write(f"kind: {error}\n")
        return 2
    except KeyboardInterrupt:
        sys.stderr.write("kind: stopped; nothing was kept\n")
        return 130
    return 0


def _parser() -> Parser:
    parser = Parser(prog="python3 -m packetwalk.lab.kind", description="Around the labs' kind clusters.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND", parser_class=Parser)

    def command(name: str, run, text: str) -> Parser:
        sub = commands.add_parser(name, help=text, description=text)
        sub.set_defaults(run=run)
        return sub

    saving = command("save", lambda p: images.save(p.folder), "pull all images and files and write them")
    saving.add_argument("folder", type=Path)
    loading = command("load", lambda p: images.load(p.folder), "check and load what `save` wrote")
    loading.add_argument("folder", type=Path)
    command("lock", lambda p: images.lock(), "say what the registries have for each pinned image")
    deleting = command("delete", _delete, "remove the cluster that a lab left")
    deleting.add_argument("plugin", metavar="|".join(pins.plugins()))
    record = command("record", _record, "record a kind cluster of your own; it is only read")
    record.add_argument("cluster", help="its name, as `kind get clusters` prints it")
    record.add_argument("folder", type=Path)
    record.add_argument("--namespace", default="default")
    record.add_argument("--node", action="append", help="only this node; may be repeated")
    record.add_argument("--pod", action="append", help="only this pod; may be repeated")
    record.add_argument("--ping", nargs=2, metavar=("FROM", "TO"), help="send one ping and record its way")
    record.add_argument("--seconds", type=float, default=0, help="keep what passes in this time")
    record.add_argument("--payload", action="store_true", help="keep what frames carry, not only headers")
    return parser


def _delete(parsed: argparse.Namespace) -> list[str]:
    cluster = Cluster(parsed.plugin)
    if cluster.exists() and not cluster.ours():
        raise LabError(f"the cluster {cluster.name} was not made here and is left alone")
    cluster.delete()
    return [f"{cluster.name} is gone"]


def _record(parsed: argparse.Namespace) -> list[str]:
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
    return [f"{parsed.folder}: {len(made.places)} namespaces, {frames} frames"]


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
