"""Show what happens then: programs end and start, wires are cut, pods come, in virtual time.

Sessions, messages, table lines and pings, to the millisecond. Without a story the deeds are yours: a second, a verb,
and about whom. `packetwalk timeline --list` has the stories and the verbs.

  packetwalk timeline bird-killed
  packetwalk timeline bird-stopped --messages
  packetwalk timeline --do "0 kill kind-worker2" --do "5 start kind-worker2" --ping a b --until 20
  packetwalk timeline link-cut --at 100 --ping a b
  packetwalk timeline --plugin flannel --do "1 endpoint-replaced web b b2" --flow a web udp
"""

from __future__ import annotations

import argparse
import json

from packetwalk.cli.output import show
from packetwalk.cli.parser import Parser
from packetwalk.errors import BadInput
from packetwalk.lab.rooms import room

USUAL = 60  # seconds that a timeline of one's own goes on


def arguments(parser: Parser) -> None:
    """Add what can follow the command's name."""
    parser.add_argument("story", nargs="?", metavar="STORY", help="one of --list")
    parser.add_argument("--list", action="store_true", help="the stories, and the verbs of --do")
    parser.add_argument("--plugin", help="calico when left out")
    parser.add_argument("--mode", help="bgp when left out; of another plugin its first")
    parser.add_argument(
        "--do", action="append", metavar='"SECOND VERB ..."', help="do something; as often as wanted"
    )
    parser.add_argument("--ping", nargs=2, action="append", metavar=("SRC", "DST"), help="ping all the time")
    parser.add_argument(
        "--flow",
        nargs=3,
        action="append",
        metavar=("SRC", "DST", "KIND"),
        help="packets of one socket (udp, tcp), or one connection after another (connections)",
    )
    parser.add_argument("--rules", help="iptables when left out, or nftables")
    parser.add_argument(
        "--until", metavar="SECONDS", help=f"when it ends, not before the last deed; {USUAL} when left out"
    )
    parser.add_argument("--messages", action="store_true", help="with what the programs say to each other")
    parser.add_argument("--at", metavar="SECONDS", help="instead, the walk of each packet that is sent then")
    parser.formats("text", "json")


def run(parsed: argparse.Namespace) -> None:
    """Print the timeline, or walks at one of its moments."""
    if parsed.list:
        show(_list())
        return
    deeds, probe, flows = room("control.deeds"), room("control.probe"), room("control.flows")
    made, net, pings, open_flows = _made(parsed)
    if parsed.at is not None:
        at = deeds.seconds(parsed.at, "--at")
        if not pings and not open_flows:
            raise BadInput.missing("packet to send at that moment", ["--ping SRC DST", "--flow SRC DST KIND"])
        if at > made.until:
            raise BadInput(
                "--at", parsed.at, [f"a moment of the timeline, which ends at {made.until / 1e6:g}"]
            )
        walks = [probe.walk_at(net, made, src, dst, at) for src, dst in pings]
        walks += [flows.walk_at(net, made, each, at) for each in open_flows]
        show([walk.to_json() for walk in walks] if parsed.format == "json" else "\n\n".join(map(str, walks)))
        return
    spans = [(src, dst, list(probe.spans(net, made, src, dst))) for src, dst in pings]
    lasting = [(each, list(flows.spans(net, made, each))) for each in open_flows]
    if parsed.format == "json":
        probes = [probe.probed(*each) for each in spans]
        show(json.dumps(made.json() | {"probes": probes, "flows": [flows.probed(*each) for each in lasting]}))
    else:
        show(room("control.text").text(made, spans, lasting, messages=parsed.messages).rstrip())


def _made(parsed: argparse.Namespace):
    """Return the timeline that is asked for, its cluster, who pings whom, and whose sockets stay open."""
    stories, running, deeds = room("control.stories"), room("control.running"), room("control.deeds")
    pings = tuple(map(tuple, parsed.ping or ()))
    flows = tuple(room("control.flows").flow(*each) for each in parsed.flow or ())
    if parsed.story is not None:
        for name in ("do", "until", "plugin", "mode", "rules"):
            if getattr(parsed, name) is not None:
                raise BadInput(f"--{name}", "beside a story", ["a story, or deeds of one's own"])
        found = stories.story(parsed.story)
        if not pings and not flows:
            pings, flows = found.pings, tuple(room("control.flows").flow(*each) for each in found.flows)
        return *stories.told(found), pings, flows
    if not parsed.do:
        raise BadInput.missing("story", ["one of --list", '--do "SECOND VERB ..."'])
    asked = deeds.read(parsed.do)
    until = deeds.seconds(parsed.until, "--until") if parsed.until else USUAL * 1_000_000
    if asked[-1].at > until:
        last = f"{asked[-1].at / 1e6:g} or more: the last deed is done then"
        raise BadInput("--until", f"{until / 1e6:g}", [last])
    plugin, rules = parsed.plugin or "calico", parsed.rules or "iptables"
    mode = parsed.mode or ("bgp" if plugin == "calico" else None)
    net = running.cluster(plugin, mode, asked, rules)
    made = running.timeline(net, asked, until, "; ".join(map(str, asked)))
    return made, net, pings, flows


def _list() -> str:
    stories, running = room("control.stories"), room("control.running")
    width = max(len(each.name) for each in stories.STORIES)
    told = (f"  {each.name:<{width}}  {each.title} [{each.plugin} {each.mode}]" for each in stories.STORIES)
    lines = ["stories:", *told]
    alike: dict[tuple[str, str], list[str]] = {}
    for (plugin, mode), verbs in running.verbs().items():
        said = "\n".join(f"  {' '.join((verb, *about))}" for verb, about in verbs.items())
        alike.setdefault((plugin, said), []).append(mode)
    lines += [f"\nverbs of {plugin} {', '.join(modes)}:\n{said}" for (plugin, said), modes in alike.items()]
    return "\n".join(lines)
