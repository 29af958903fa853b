"""The recordings as they lie in ``tests/recordings/flannel``: tables, frames and what was said."""

from __future__ import annotations

import gzip
import json
import re
from functools import cache
from pathlib import Path
from typing import NamedTuple

from packetwalk.capture import frames
from packetwalk.tables import ChainPolicy, IptablesRule, LinkEntry, Table, UserChain
from packetwalk.tables.address import ADDRESSES
from packetwalk.tables.fdb import FORWARDING
from packetwalk.tables.iptables import IPTABLES
from packetwalk.tables.link import LINKS
from packetwalk.tables.neighbour import NEIGHBOURS
from packetwalk.tables.route import ROUTES
from packetwalk.trace.packet import Packet

FOLDER = Path(__file__).parents[1] / "recordings" / "flannel"


class RecordedCommand(NamedTuple):
    """One command of an experiment, as arguments of ``Network.send``."""

    src: str
    dst: str
    packet: Packet


class Experiment(NamedTuple):
    """One recorded experiment: ``folder`` is the cluster it ran in."""

    folder: str
    name: str

    @property
    def id(self) -> str:
        """Folder and name, as ``known_differences.yaml`` writes them."""
        return f"{self.folder}/{self.name}"

    @property
    def outcome(self) -> dict:
        """Command lines, what the program said, rules hit and connections after, as recorded."""
        return outcomes(self.folder)[self.name]

    def frames(self) -> list[frames.Frame]:
        """All frames in the order of the capture."""
        packed = (FOLDER / self.folder / f"{self.name}.pcapng.gz").read_bytes()
        return frames.read(gzip.decompress(packed)).frames

    @property
    def cold(self) -> bool:
        """Whether the first packet of the experiment had to ask for a MAC."""
        recorded = self.frames()
        return (
            bool(recorded)
            and recorded[0].stack[0].type == 0x0806
            and recorded[0].netns == self.outcome["commands"][0].split(":")[0].split(" ")[0]
        )

    def commands(self) -> list[RecordedCommand]:
        """The packets that the experiment's programs sent."""
        return [c for line in self.outcome["commands"] for c in _commands(self, line)]


@cache
def outcomes(folder: str) -> dict[str, dict]:
    """Return ``outcomes.json`` of a folder."""
    return json.loads((FOLDER / folder / "outcomes.json").read_text())


def experiments() -> list[Experiment]:
    """Return every recorded experiment: one for each capture file."""
    return [
        Experiment(path.parent.name, path.name.removesuffix(".pcapng.gz"))
        for path in sorted(FOLDER.glob("*/*.pcapng.gz"))
    ]


def _commands(experiment: Experiment, line: str) -> list[RecordedCommand]:
    who, _, words = line.replace(" tcp ", ": tcp ").replace(" udp ", ": udp ").partition(": ")
    src = {"ext": "internet", "rt": "router"}.get(who, who)
    program, *arguments = words.split(" ")
    if program == "ping":
        size = int(arguments[arguments.index("-s") + 1]) if "-s" in arguments else 56
        count = next(int(a[2:]) for a in arguments if re.fullmatch(r"-c\d+", a))
        bound = arguments[arguments.index("-I") + 1] if "-I" in arguments else src
        return [RecordedCommand(bound, arguments[-1], Packet("icmp", size, "dont" not in arguments))] * count
    if program == "traceroute":
        return _probes(experiment, src, arguments[-1])
    size = 0 if program == "tcp" else 34
    return [RecordedCommand(src, arguments[2], Packet(program, size, True, sport=int(arguments[0])))]


def _probes(experiment: Experiment, src: str, dst: str) -> list[RecordedCommand]:
    """The probes of traceroute: it alone knows the ports it chose, so they come from the capture."""
    out = []
    for frame in experiment.frames():
        if frame.netns != src or frame.direction != "out":
            continue
        _, ip, l4, *data = frame.stack
        port = f":{l4.dport}" if l4.proto == "udp" else ""
        sport = l4.sport if port else None
        packet = Packet.of(
            {"proto": l4.proto, "size": data[0].size, "df": ip.df, "ttl": ip.ttl, "sport": sport}
        )
        out.append(RecordedCommand(src, dst + port, packet))
    return out


class RecordedState:
    """The tables of all network namespaces at one moment.

    A later ``moment`` holds only the namespaces that changed; the others are as in ``state``.
    """

    def __init__(self, folder: str, moment: str = "state") -> None:
        self.folder = FOLDER / folder / moment
        self._json = {
            path.stem: json.loads(path.read_text())
            for part in dict.fromkeys(("state", moment))
            for path in sorted((FOLDER / folder / part).glob("*.json"))
        }

    @property
    def netns(self) -> list[str]:
        """The recorded network namespaces."""
        return list(self._json)

    def links(self, netns: str) -> list[LinkEntry]:
        """Devices."""
        return self._read(LINKS, netns)

    def addresses(self, netns: str) -> list:
        """IPv4 addresses."""
        return self._read(ADDRESSES, netns)

    def routes(self, netns: str) -> list:
        """Routes of all tables."""
        return self._read(ROUTES, netns)

    def neighbours(self, netns: str) -> list:
        """Neighbours."""
        return self._read(NEIGHBOURS, netns)

    def forwarding(self, netns: str) -> list:
        """FDB of bridges and VXLAN devices."""
        return self._read(FORWARDING, netns)

    def sysctl(self, netns: str, key: str) -> str:
        """One kernel setting."""
        return self._json[netns]["sysctl"][key]

    def vxlan_attributes(self, netns: str) -> list[dict]:
        """``info_data`` of the VXLAN devices, as printed."""
        return [
            link["linkinfo"]["info_data"]
            for link in self._json[netns]["ip -j -d link"]
            if link.get("linkinfo", {}).get("info_kind") == "vxlan"
        ]

    def rules(self, netns: str) -> list[IptablesRule | ChainPolicy]:
        """Netfilter rules and policies, without the chains; none when ``iptables-save`` printed nothing."""
        path = self.folder / f"{netns}.iptables-save"
        found = IPTABLES.read({"iptables.txt": path.read_text()}) if path.exists() else []
        return [each for each in found if not isinstance(each, UserChain)]

    def _read(self, table: Table, netns: str) -> list:
        printed = self._json[netns]
        return table.read({name: json.dumps(printed[" ".join(argv)]) for name, argv in table.files.items()})

    def host_ends(self) -> dict[tuple[str, str], str]:
        """Return {(node, device): pod}: a veth's peer is known by its interface index."""
        out = {}
        for pod in (name for name in self._json if name.startswith("p")):
            eth0 = next(x for x in self._json[pod]["ip -j -d link"] if x["ifname"] == "eth0")
            node = f"n{pod[1]}"
            for link in self._json[node]["ip -j -d link"]:
                if link["ifindex"] == eth0["link_index"] and link["ifname"].startswith("veth"):
                    out[node, link["ifname"]] = pod
        for node in (name for name in self._json if name.startswith("n")):
            for port in self._json[node]["bridge -j -d link"]:
                out.setdefault((node, port["ifname"]), f"p{node[1:]}a")  # its tables were not kept
        return out
