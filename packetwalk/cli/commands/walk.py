"""Send one packet through the model and print its way.

packetwalk walk flannel vxlan cross-node --size 1400
packetwalk walk calico bgp --src a --dst 10.96.0.80:80 --proto tcp
packetwalk walk flannel vxlan cross-node --fault missing-fdb
packetwalk walk flannel vxlan cross-node -6 --cold
packetwalk walk flannel vxlan service --rules nftables
packetwalk walk calico ipip cross-node --release 3.32
packetwalk walk flannel vxlan service --rules nftables --release kube-proxy-1.35
packetwalk walk calico ipip cross-node --policy deny.yaml
packetwalk walk weave sleeve cross-node --format pcap -o sleeve.pcapng
"""

from __future__ import annotations

import argparse
import json
from dataclasses import fields

from packetwalk.cli.manifests import gathered
from packetwalk.cli.output import show, write
from packetwalk.cli.parser import Parser, whole
from packetwalk.cni import plugin as find_plugin
from packetwalk.errors import BadInput
from packetwalk.trace.packet import Packet
from packetwalk.walks.catalogue import SCENARIOS
from packetwalk.walks.pcap import pcap, pcapng
from packetwalk.walks.scenario import scenario, walk

ASKED = [each for each in fields(Packet) if "help" in each.metadata]
"""The fields of a packet that have an option."""
KINDS: dict[str, dict] = {
    "str": {},
    "int": {"type": whole},
    "bool": {"action": "store_true", "default": None},
}


def arguments(parser: Parser) -> None:
    """Add what can follow the command's name."""
    parser.mode()
    names = ", ".join(each.name for each in SCENARIOS) + "; `packetwalk list` has more"
    parser.add_argument("scenario", nargs="?", metavar="SCENARIO", help=names)
    parser.add_argument("--src", help="pod, node or address, instead of a scenario")
    parser.add_argument(
        "--dst", help="pod, node, service or address; with :PORT it is TCP unless --proto says udp"
    )
    for each in ASKED:
        parser.add_argument(f"--{each.name}", **KINDS[str(each.type)], **each.metadata)
    parser.ipv6()
    parser.add_argument("--fault", metavar="NAME", help="break something first")
    parser.policy()
    parser.rules()
    parser.release()
    parser.formats("text", "json", "pcap")
    parser.add_argument("-o", "--output", metavar="FILE", help="a pcap is a pcapng when its name ends so")


def run(parsed: argparse.Namespace) -> None:
    """Print or write the walk."""
    if parsed.scenario is not None:
        scenario(parsed.scenario, find_plugin(parsed.plugin))
        if parsed.src or parsed.dst:
            raise BadInput("with a scenario", "--src/--dst", ["leave them out"])
    done = walk(
        parsed.plugin,
        parsed.mode,
        parsed.scenario,
        src=parsed.src,
        dst=parsed.dst,
        fault=parsed.fault,
        rules=parsed.rules,
        release=parsed.release,
        policies=gathered(parsed.policy) if parsed.policy else None,
        ipv6=parsed.ipv6,
        **{each.name: getattr(parsed, each.name) for each in ASKED},
    )
    if parsed.format == "pcap":
        packed = (pcapng if str(parsed.output).endswith(".pcapng") else pcap)(done)
        write(parsed.output, packed)
        return
    text = repr(done) if parsed.format == "text" else json.dumps(done.to_json())
    if parsed.output is not None:
        write(parsed.output, (text + "\n").encode())
    else:
        show(text)
