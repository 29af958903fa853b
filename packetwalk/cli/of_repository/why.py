"""Ask why a packet does not arrive in a recorded cluster.

The recorded tables are loaded into the model, and the packet is sent there: five lines say whether it arrives,
where it ends, the line that decided, what would mend it, and what the recording does not tell.

  packetwalk why my-recording --from a --to b
  packetwalk why my-recording --from a --to default/web
  packetwalk why my-recording --from kind-worker --to 10.244.2.2:8080
  packetwalk why my-recording --from a --to b --size 1472 --df
  packetwalk why my-recording --from a --to b --commands
  packetwalk why my-recording --matrix
  packetwalk why node1.tgz node2.tgz --from a --to b
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from tempfile import TemporaryDirectory

from packetwalk.cli.output import show
from packetwalk.cli.parser import Parser, whole
from packetwalk.errors import BadInput
from packetwalk.trace.packet import PROTOCOLS


def arguments(parser: Parser) -> None:
    """Add what can follow the command's name."""
    parser.add_argument(
        "recording",
        nargs="+",
        help="a folder that record, prove or a lab wrote, an archive of it, a name in `recordings`, "
        "or what record-node.sh wrote on each node: the files, or their folder",
    )
    parser.add_argument(
        "--from", dest="src", metavar="END", help="a pod, a node, or an address that one of them has"
    )
    parser.add_argument(
        "--to", dest="dst", metavar="END[:PORT]", help="a pod, a node, a Service, or an address"
    )
    parser.add_argument("--proto", choices=PROTOCOLS, help="tcp where --to has a port, else icmp")
    parser.add_argument(
        "--size", type=whole, metavar="BYTES", help="payload; a small one and a full one when left out"
    )
    parser.add_argument("--df", action="store_true", default=None, help="do not fragment")
    parser.add_argument("--matrix", action="store_true", help="a ping between each two pods and nodes")
    parser.add_argument("--commands", action="store_true", help="all commands that mend it, after the answer")
    parser.add_argument("--walk", action="store_true", help="the whole walk, too")
    parser.formats("text", "json")


def run(parsed: argparse.Namespace) -> None:
    """Print the answer."""
    from packetwalk.lab.rooms import room

    asks = room("why")
    with TemporaryDirectory() as place:
        recording = asks.found(parsed.recording, Path(place))
    if parsed.matrix:
        if parsed.src or parsed.dst:
            raise BadInput("--matrix", "with --from or --to", ["alone"])
        found = asks.pairs(recording)
        show(str(found) if parsed.format == "text" else json.dumps(found.to_json()))
        return
    for name, value in (("--from", parsed.src), ("--to", parsed.dst)):
        if not value:
            raise BadInput.missing(name, ["the name of an end", "--matrix"])
    given = {"proto": parsed.proto, "size": parsed.size, "df": parsed.df}
    answer = asks.why(recording, parsed.src, parsed.dst, **given)
    if parsed.format == "json":
        show(json.dumps(answer.to_json() | ({"walk": answer.walk.to_json()} if parsed.walk else {})))
    else:
        commands = [answer.mend.script] if parsed.commands and answer.mend else []
        show("\n\n".join([str(answer), *commands, *([str(answer.walk)] if parsed.walk else [])]))
