"""An experiment with a recorded cluster: what its programs sent, what they said, and every frame."""

from __future__ import annotations

import gzip
import json
import re
from functools import cache, cached_property
from typing import NamedTuple

from packetwalk.capture import frames
from packetwalk.trace.packet import Packet
from packetwalk.wire import Arp, Icmp, Ipv4, Tcp, Udp
from tests.proof.real.recording import FOLDER

ASKED = 5  # bytes that the recorder's client sends
BOUND = 2  # the argument of cli.py behind size and port: the address it is bound to
OUTSIDE = {"ext": "internet", "rt": "router"}


class Sent(NamedTuple):
    """A packet as arguments of ``Network.send``; ``source`` is the address to which ping was bound (``-I``)."""

    src: str
    dst: str
    packet: Packet
    source: str | None = None


class RealExperiment:
    """One of the experiments whose frames are kept."""

    def __init__(self, recording: str, name: str) -> None:
        """Both are names of folder and file."""
        self.recording, self.name = recording, name
        self.id = f"{recording}/{name}"
        self.outcome = outcomes(recording)["experiments"][name]

    @cached_property
    def frames(self) -> list[frames.Frame]:
        """All frames in the order of the capture, but those on the switch between the machines."""
        packed = (FOLDER / self.recording / f"{self.name}.pcapng.gz").read_bytes()
        return [frame for frame in frames.read(gzip.decompress(packed)).frames if frame.netns != "sw"]

    @property
    def cold(self) -> bool:
        """Whether nobody had asked for a MAC before."""
        return self.name.endswith("-cold")

    @property
    def asks_from(self) -> str:
        """The address from which the first packet leaves."""
        first = next(frame for frame in self.frames if isinstance(frame.stack[1], Ipv4))
        return first.stack[1].src

    @cached_property
    def sent(self) -> list[Sent]:
        """What the programs sent, one command after the other."""
        lines = (line.partition(": ") for line in self.outcome["commands"])
        return [
            each
            for who, _, words in lines
            for command in words.split("; ")
            for each in self._command(who, command)
        ]

    def _command(self, who: str, words: str) -> list[Sent]:
        src, arguments = OUTSIDE.get(who, who), words.split(" ")
        if arguments[0] in ("ip", "nft"):  # a question about tables
            return []
        if arguments[0] == "traceroute":
            return self._probes(who, arguments[-1])
        if arguments[0] == "ping":
            size = int(arguments[arguments.index("-s") + 1]) if "-s" in arguments else 56
            bound = arguments[arguments.index("-I") + 1] if "-I" in arguments else None
            return [Sent(src, arguments[-1], Packet("icmp", size, "dont" not in arguments), bound)]
        if arguments[0] == "ask":
            return [self._asked(src, who, arguments[1:])]
        assert arguments[0] == "python3", words
        proto, dst, port, *more = arguments[2:]
        sport = int(more[1]) if len(more) > 1 else self._port(who, proto, dst, int(port))
        size = int(more[0]) if more else 10
        df = proto == "udp" and self._asks_for_df(who)
        src = more[2] if len(more) > BOUND else src
        return [Sent(src, f"{dst}:{port}", Packet(proto, size, df, sport=sport))]

    def _asked(self, src: str, who: str, arguments: list[str]) -> Sent:
        """``ask PROTOCOL ADDRESS PORT [--sport N] [--src ADDRESS] [--size BYTES]``."""
        (proto, dst, port), options = arguments[:3], dict(zip(arguments[3::2], arguments[4::2], strict=True))
        assert options.keys() <= {"--sport", "--src", "--size", "--wait"}, options
        size = 0 if proto == "tcp" else int(options.get("--size", ASKED))  # over TCP the server speaks first
        packet = Packet(proto, size, sport=int(options["--sport"]))
        return Sent(options.get("--src", src), f"{dst}:{port}", packet)

    def _port(self, who: str, proto: str, dst: str, port: int) -> int:
        """The port that the kernel chose for a program: it stands in the first frame."""
        for frame in self.frames:
            ends = [h for h in frame.stack if isinstance(h, (Ipv4, Tcp, Udp))]
            if frame.netns == who and frame.direction == "out" and len(ends) > 1:
                ip, l4 = ends[0], ends[1]
                if (ip.dst, l4.proto, l4.dport) == (dst, proto, port):
                    return l4.sport
        sent = re.compile(rf"dst={re.escape(dst)} sport=(\d+) dport={port} ")  # translated before any device
        return int(next(m[1] for line in self.outcome["conntrack"][who] if (m := sent.search(line))))

    def _asks_for_df(self, who: str) -> bool:
        """Whether the client's socket asks for DF (IP_MTU_DISCOVER)."""
        return next(f.stack[1].df for f in self.frames if f.netns == who and isinstance(f.stack[1], Ipv4))

    def _probes(self, who: str, dst: str) -> list[Sent]:
        out = []
        for frame in self.frames:
            if (frame.netns, frame.direction) == (who, "out") and not isinstance(frame.stack[1], (Arp, Icmp)):
                _, ip, udp, *data = frame.stack
                packet = Packet("udp", data[0].size, ip.df, ip.ttl, sport=udp.sport)
                out.append(Sent(who, f"{dst}:{udp.dport}", packet))
        return out


@cache
def outcomes(recording: str) -> dict:
    """Return commands, what programs said, connections and rules of every experiment of a recording."""
    return json.loads(gzip.decompress((FOLDER / recording / "outcomes.json.gz").read_bytes()))


def every() -> list[RealExperiment]:
    """Return all experiments of which the frames are kept."""
    return [
        RealExperiment(path.parent.name, path.name.removesuffix(".pcapng.gz"))
        for path in sorted(FOLDER.glob("*/*.pcapng.gz"))
    ]
