"""Judge who may talk to whom, by manifests of pods and policies.

Manifests are YAML or JSON, as `kubectl get -o yaml` prints them: files, folders, or - for standard input.

  packetwalk policy --manifests cluster/ --matrix --port 8080
  packetwalk policy --manifests cluster/ --explain shop/web shop/db:5432
  packetwalk policy --manifests cluster/ --query questions.json
  packetwalk policy --manifests cluster/ --check
  packetwalk policy --manifests cluster/ --diff proposed/
  packetwalk policy --manifests cluster/ --matrix --plugin weave

--check and --diff look at every pod with a network of its own, with every other and with one address of each range
outside that policies tell apart, at one port of each range of TCP, UDP, SCTP, ICMP (an echo request) and whatever
protocol they name, from source port 49152. Not looked at: nodes and pods on their network, HostEndpoints, the
translation of Services, names in DNS, second addresses of pods; --check says nothing of rules that ask for these,
for source ports or for other kinds of ICMP.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

from packetwalk.cli.manifests import divided
from packetwalk.cli.output import show
from packetwalk.cli.parser import Parser, whole
from packetwalk.errors import BadInput


def arguments(parser: Parser) -> None:
    """Add what can follow the command's name."""
    parser.add_argument("--manifests", nargs="+", required=True, metavar="PATH", help="files, folders, or -")
    asked = parser.add_mutually_exclusive_group(required=True)
    asked.add_argument("--matrix", action="store_true", help="all pairs of pods at one port")
    asked.add_argument("--query", metavar="FILE", help="answer a JSON list of src, dst, protocol, port")
    asked.add_argument(
        "--explain", nargs=2, metavar=("SRC", "DST[:PORT]"), help="one packet, both directions"
    )
    asked.add_argument(
        "--check",
        action="store_true",
        help="pods without policy, rules that do nothing for pods and addresses outside",
    )
    asked.add_argument(
        "--diff",
        nargs="+",
        metavar="PATH",
        help="what changes with these manifests instead, among pods and with addresses outside",
    )
    parser.add_argument(
        "--protocol", default="TCP", metavar="NAME", help="for --matrix and --explain, default TCP"
    )
    parser.add_argument("--port", type=whole, metavar="N", help="for --matrix and --explain, default 80")
    parser.add_argument(
        "--ipblock", choices=("pods", "outside"), default="pods", help="whether an ipBlock means pods, too"
    )
    parser.add_argument(
        "--plugin", default="calico", metavar="NAME", help="who enforces: calico, flannel, weave"
    )
    parser.formats("text", "json")


def run(parsed: argparse.Namespace) -> None:
    """Answer what is asked."""
    from packetwalk.lab.rooms import room

    policy = room("policy")
    estate = _read(policy, parsed, parsed.manifests)
    for line in estate.notes:
        sys.stderr.write(f"packetwalk: {line}\n")
    if parsed.query is not None:
        show(policy.evaluate(estate, _queries(parsed.query)))
        return
    found = _found(policy, estate, parsed)
    show(found.to_json() if parsed.format == "json" else repr(found))


def _found(policy: ModuleType, estate: Any, parsed: argparse.Namespace) -> Any:
    if parsed.matrix:
        return policy.matrix(estate, _protocol(parsed), 80 if parsed.port is None else parsed.port)
    if parsed.check:
        return policy.report(estate)
    if parsed.diff:
        return policy.difference(estate, _read(policy, parsed, parsed.diff))
    source, destination = parsed.explain
    to, port = _with_port(destination)
    if port is not None and parsed.port is not None:
        raise BadInput("--port", parsed.port, ["leave it out beside DST:PORT"])
    number = next((each for each in (port, parsed.port) if each is not None), 80)
    return policy.explain(estate, source, to, _protocol(parsed), number)


def _read(policy: ModuleType, parsed: argparse.Namespace, paths: list[str]) -> Any:
    files, texts = divided(paths)
    return policy.load(*files, blocks_match_pods=parsed.ipblock == "pods", texts=texts, plugin=parsed.plugin)


def _protocol(parsed: argparse.Namespace) -> str | int:
    return int(parsed.protocol) if parsed.protocol.isdecimal() else parsed.protocol


def _with_port(text: str) -> tuple[str, int | str | None]:
    """Divide DST:PORT, a number or a name; an IPv6 address with a port stands in brackets."""
    form = r"\[(.*)\](?::([\w-]+))?|((?!(?:node|service):)[^:]*|(?:node|service):[^:]*):([\w-]+)"
    found = re.fullmatch(form, text)
    if not found:
        return text, None
    to, port = (found[1], found[2]) if found[1] is not None else (found[3], found[4])
    return to, int(port) if port is not None and port.isdecimal() else port


def _queries(path: str) -> list[Any]:
    """Read a file of questions; BadInput where it is no JSON list."""
    try:
        found = json.loads(Path(path).read_bytes())
    except (ValueError, RecursionError) as error:
        raise BadInput(f"--query {path}", str(error)[:80], ["a JSON list of questions"]) from None
    if not isinstance(found, list):
        raise BadInput(f"--query {path}", type(found).__name__, ["a JSON list of questions"])
    return found
