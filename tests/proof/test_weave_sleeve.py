"""Sleeve frames of the model equal those of Weave's own router, header by header and byte by byte.

The namespaces are made from entries with the recorded names and addresses; the data path is the model's.
Recording: ``tests/recordings/weave-sleeve``.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

from packetwalk import wire
from packetwalk.datapath import client
from packetwalk.datapath.fabric import Fabric, NetnsPlan
from packetwalk.datapath.run import Run
from packetwalk.plan.operation import Operation
from packetwalk.plan.segment import Segment
from packetwalk.tables import (
    AddrEntry,
    BroadcastEntry,
    CaptureEntry,
    ConnectionEntry,
    LinkEntry,
    MeshPeerEntry,
    NeighEntry,
    RouteEntry,
    SocketEntry,
    SysctlEntry,
    UnicastEntry,
)
from packetwalk.trace.packet import Packet
from packetwalk.wire import Data, Header, Icmp, Ipv4, Sleeve, SleeveFrame

FOLDER = Path(__file__).parents[1] / "recordings" / "weave-sleeve"
SEGMENT = "192.168.50.0/24"

MASKED: dict[type[Header], tuple[str, ...]] = {
    Ipv4: ("id",),  # a counter of each kernel
    Icmp: ("id", "seq"),  # ping draws its identifier and counts its questions
    Data: ("content",),  # ping writes the time of day into it; a fragment's bytes hold all of the above
}
"""Fields that differ because somebody drew or counted them; checksums follow and are compared."""

NODES = {
    "n1": ("192.168.50.11", "7a:00:00:00:00:01"),
    "n2": ("192.168.50.12", "7a:00:00:00:00:02"),
    "n3": ("192.168.50.13", "7a:00:00:00:00:03"),
}
PODS = {
    "A": ("n1", "10.32.0.1", "f6:32:07:05:00:61"),
    "A2": ("n1", "10.32.0.2", "92:77:10:b1:05:53"),
    "B": ("n2", "10.40.0.0", "96:58:23:f2:b7:21"),
    "C": ("n3", "10.38.0.0", "8a:ce:6d:d8:5a:95"),
}
POINTS = {
    "n1-eth0": ("n1", "eth0"),
    "n1-vethwe-pcap": ("n1", "vethwe-pcap"),
    "n2-vethwe-pcap": ("n2", "vethwe-pcap"),
    "podA-eth0": ("A", "eth0"),
    "podB-eth0": ("B", "eth0"),
}


class PingExperiment(NamedTuple):
    """A ping from A: to whom, how long, when it was recorded (seconds), and what was so at that time."""

    dst: str
    size: int
    df: bool
    begin: float
    end: float
    cold: bool = False
    relayed: bool = False
    told: bool = False


EXPERIMENTS = {
    "first ping": PingExperiment("B", 56, True, 0.0, 0.1, cold=True),
    "second ping": PingExperiment("B", 56, True, 0.3, 0.31),
    "same node": PingExperiment("A2", 56, True, 0.632, 0.64, cold=True),
    "third node": PingExperiment("C", 56, True, 0.953, 0.96, cold=True),
    "largest": PingExperiment("B", 1410, True, 1.255, 1.258),
    "too big": PingExperiment("B", 1411, True, 1.259, 1.27),
    "fragments": PingExperiment("B", 5000, False, 3.26, 3.28, told=True),
    "relay": PingExperiment("C", 56, True, 32.6, 32.7, relayed=True),
}


def nic(node: str) -> str:
    """Return the MAC of a node's NIC."""
    return "02:00:00:00:50:" + NODES[node][0][-2:]


def node_plan(node: str, relayed: bool) -> Iterator[object]:
    """Yield the entries of a node: its NIC, its bridge, its router, the ports of its pods."""
    address, name = NODES[node]
    others = [other for other in NODES if other != node]
    yield LinkEntry("lo", "lo", 65536, "00:00:00:00:00:00")
    yield LinkEntry("eth0", "eth", 1500, nic(node), segment=SEGMENT)
    yield AddrEntry("eth0", address, 24)
    yield LinkEntry("weave", "bridge", 65535, name)
    yield SysctlEntry("net.bridge.bridge-nf-call-iptables", "0")
    yield LinkEntry("vethwe-bridge", "veth", 65535, "06:00:00:00:00:01", "weave", (node, "vethwe-pcap"))
    yield LinkEntry("vethwe-pcap", "veth", 65535, "06:00:00:00:00:02", peer=(node, "vethwe-bridge"))
    yield CaptureEntry("vethwe-pcap", "weaver")
    yield SocketEntry("udp", 6783, "weaver")
    for pod, (where, *_) in PODS.items():
        if where == node:
            yield LinkEntry(f"v{pod}", "veth", 1500, f"06:00:00:00:01:{len(pod):02x}", "weave", (pod, "eth0"))
    for each in (node, *others):
        yield MeshPeerEntry(NODES[each][1], each, int(each[1]), 0, (), 0)
    cut = {"n1": "n3", "n3": "n1"}.get(node) if relayed else None
    direct = [other for other in others if other != cut]
    for other in direct:
        yield NeighEntry(NODES[other][0], "eth0", nic(other))
        yield ConnectionEntry(NODES[other][1], other, NODES[other][0], address, "sleeve", 1438, False, 6783)
    for other in others:
        yield UnicastEntry(NODES[other][1], NODES[other if other != cut else "n2"][1])
    yield BroadcastEntry(name, tuple(NODES[other][1] for other in direct))
    if relayed and node == "n2":
        for origin, via in (("n1", "n3"), ("n3", "n1")):
            yield BroadcastEntry(NODES[origin][1], (NODES[via][1],))


def pod_plan(pod: str, told: bool) -> Iterator[object]:
    """Yield the entries of a pod; ``told``: A remembers what an ICMP error said of the way to B."""
    node, address, mac = PODS[pod]
    yield LinkEntry("lo", "lo", 65536, "00:00:00:00:00:00")
    yield LinkEntry("eth0", "veth", 1500, mac, peer=(node, f"v{pod}"))
    yield AddrEntry("eth0", address, 12)
    if told and pod == "A":
        yield RouteEntry("10.40.0.0", "eth0", mtu=1438)


@cache
def run(name: str) -> Run:
    """Send the ping of an experiment."""
    chosen = EXPERIMENTS[name]

    def place(netns: str) -> NetnsPlan:
        entries = node_plan(netns, chosen.relayed) if netns in NODES else pod_plan(netns, chosen.told)
        kind = "node" if netns in NODES else "pod"
        return NetnsPlan(netns, kind, netns, [Operation(netns, entry, "lab") for entry in entries])

    ends = {node: (node, "eth0") for node in NODES}
    segment = Segment({nic(n): end for n, end in ends.items()}, {NODES[n][0]: end for n, end in ends.items()})
    return client.send(
        Fabric(place, {SEGMENT: segment}),
        "A",
        PODS[chosen.dst][1],
        0,
        Packet(size=chosen.size, df=chosen.df, cold=chosen.cold),
    )


def modelled(name: str, point: str) -> list[wire.Stack]:
    """Return the frames that cross a device in the model, in the order of time."""
    place = POINTS[point]
    found = [
        s
        for t in run(name).traces
        for s in t.steps
        if (s.netns, s.dev) == place and s.event in ("ingress", "egress")
    ]
    return [s.after for s in sorted(found, key=lambda s: s.seq)]


@cache
def capture(point: str) -> list[tuple[float, bytes]]:
    """Return the frames of a capture with the seconds of the README."""
    first = wire.pcap.read_pcap((FOLDER / "n1-eth0.pcap").read_bytes())[0][0]
    frames = wire.pcap.read_pcap((FOLDER / f"{point}.pcap").read_bytes())
    return [((time - first) / 1e9, data) for time, data in frames]


def recorded(name: str, point: str) -> list[bytes]:
    """Return the recorded frames of an experiment (a capture nearer to A begins a moment earlier)."""
    chosen = EXPERIMENTS[name]
    return [data for time, data in capture(point) if chosen.begin - 0.002 <= time < chosen.end]


def masked(mine: wire.Stack, theirs: wire.Stack) -> wire.Stack:
    """Return the model's frame with the masked fields of the recorded one."""
    return tuple(
        a._replace(**{f: getattr(b, f) for f in MASKED.get(type(a), ())}) if type(a) is type(b) else a
        for a, b in zip(mine, theirs, strict=True)
    )


def flooded(stack: wire.Stack) -> bool:
    """Say whether this is one of several copies; the router sends them in the order of a Go map."""
    return len(stack) > 5 and isinstance(stack[3], Sleeve) and stack[5].dst == "ff:ff:ff:ff:ff:ff"


@pytest.mark.parametrize("name", EXPERIMENTS)
@pytest.mark.parametrize("point", POINTS)
def test_frames_equal_those_of_the_router(name: str, point: str) -> None:
    theirs = [wire.decode(data) for data in recorded(name, point)]
    mine = modelled(name, point)
    if any(map(flooded, mine)):
        mine, theirs = (
            [*sorted(filter(flooded, side)), *(s for s in side if not flooded(s))] for side in (mine, theirs)
        )
    assert [[h.proto for h in s] for s in mine] == [[h.proto for h in s] for s in theirs]
    for model, frame in zip(mine, theirs, strict=True):
        same = masked(model, frame)
        assert list(same) == list(frame)
        assert wire.encode(same).hex() == wire.encode(frame).hex()


@pytest.mark.parametrize("point", POINTS)
def test_our_bytes_of_recorded_frames_are_the_recorded_bytes(point: str) -> None:
    for _, data in capture(point):
        assert wire.encode(wire.decode(data)) == data


def test_the_recording_holds_what_the_facts_say() -> None:
    first = wire.decode(recorded("first ping", "n1-eth0")[3])
    assert wire.size(first) == 160
    assert wire.encode(first)[42:62].hex() == "7a0000000001" * 2 + "7a0000000002" + "0062"
    beats = [wire.decode(data) for time, data in capture("n1-eth0") if 5.0 < time < 6.0]
    assert {wire.size(stack[3:]) for stack in beats} == {42}  # a heartbeat is a frame between zero MACs
    assert all(stack[5].src == stack[5].dst == "00:00:00:00:00:00" for stack in beats)
    relay = [wire.decode(data) for data in recorded("relay", "n1-eth0")]
    assert [(s[3], s[4]) for s in relay] == [
        (Sleeve("7a:00:00:00:00:01"), SleeveFrame("7a:00:00:00:00:01", "7a:00:00:00:00:03")),
        (Sleeve("7a:00:00:00:00:02"), SleeveFrame("7a:00:00:00:00:03", "7a:00:00:00:00:01")),
    ]
    assert [next(h.ttl for h in s[5:] if isinstance(h, Ipv4)) for s in relay] == [64, 64]
