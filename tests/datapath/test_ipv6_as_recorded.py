"""Walks by IPv6 against what real kernels and Flannel v0.28.9 put on each device (flannel-dual-0.28.9).

Left out of the recordings: who else on the wire saw a question for a MAC, for the model follows it only to the machine
that it concerns; of the comparison, what is drawn: MACs, the addresses made of them, flow labels, ports of tunnels.
"""

from __future__ import annotations

import re
from collections import defaultdict
from pathlib import Path

import pytest

from packetwalk import wire
from packetwalk.trace.packet import PacketOptions
from packetwalk.walks.scenario import walk
from packetwalk.walks.walk import Walk
from packetwalk.wire.ipv6 import Icmpv6
from tests.wire.conftest import tshark as tshark

RECORDED = Path(__file__).parents[1] / "recordings" / "ipv6" / "flannel"
PLACES = {"a": "p1a", "a2": "p1b", "b": "p2a", "b2": "p2b", "kind-worker": "n1", "kind-worker2": "n2"}
PLACES |= {"router": "rt", "internet": "ext", "kind-control-plane": "n3"}
NODES = {"fd00:172:18::3": "fd00:172:18::2", "fd00:172:18::4": "fd00:172:18::3", "ff02::1:ff00:4": "ff02::1:ff00:3"}
"""Node n1 has the number that is the control plane's here; so has the group that n2 is asked by."""
Frames = dict[str, list[str]]
"""By device and direction."""

LINK_LOCAL = re.compile(r"fe80::[0-9a-f:]+")
LLADDR = re.compile(r"(lladdr) [0-9a-f:]{17}")
TUNNEL = re.compile(r"udp \d+>8472")


def recorded(name: str) -> Frames:
    """The frames of a recording, without what is drawn."""
    out: Frames = defaultdict(list)
    for line in (RECORDED / f"{name}.txt").read_text().splitlines():
        place, way, rest = line.split(" ", 2)
        netns, dev = place.split(":")
        if "icmp6 135" in rest and dev == "eth0" and way == "in" and netns in ("n3", "rt"):
            continue
        out[f"{netns} {_device(dev)} {way}"].append(_plain(rest))
    return out


def modelled(walked: Walk) -> Frames:
    """The frames of a walk in the same words."""
    out: Frames = defaultdict(list)
    for step in walked.steps:
        if step.event in ("ingress", "egress") and step.dev:
            way = "in" if step.event == "ingress" else "out"
            text = _plain(f"{step.size} {_told(step.after[1:])}")
            out[f"{PLACES[step.netns]} {_device(step.dev)} {way}"].append(text)
    return out


def _device(name: str) -> str:
    return "veth" if name.startswith("veth") else {"inet0": "eth1"}.get(name, name)


def _plain(text: str) -> str:
    text = TUNNEL.sub("udp X>8472", LLADDR.sub(r"\1 MAC", LINK_LOCAL.sub("fe80", text)))
    return re.sub(r"udp \d+>(334\d\d)", r"udp X>\1", text)


def _told(stack: wire.Stack) -> str:
    """What a packet is, as the recordings say it."""
    ip, l4, *rest = stack
    length = wire.size(stack)
    said = f"IP6 {_node(ip.src)} > {_node(ip.dst)} hlim {ip.ttl} len {length}"
    match l4:
        case Icmpv6(type=135):
            return f"{said} icmp6 135/0 neighbour solicitation target {_node(rest[0].target)} source lladdr {rest[1].lladdr}"
        case Icmpv6(type=136):
            of = f"target {_node(rest[0].target)} flags {l4.flags} target lladdr {rest[1].lladdr}"
            return f"{said} icmp6 136/0 neighbour advertisement {of}"
        case Icmpv6(type=2):
            return f"{said} icmp6 2/0 too big, mtu {l4.mtu}"
        case Icmpv6():
            return f"{said} icmp6 {l4.type}/{l4.code}"
        case wire.Udp() if len(rest) > 1:
            return f"{said} udp 0>8472 checksum set [vxlan {rest[0].vni}] {_told(tuple(rest[2:]))}"
    return f"{said} udp {l4.sport}>{l4.dport}"


def _node(address: str) -> str:
    return NODES.get(address, address)


def sent(src: str, dst: str, **given) -> Walk:
    """A walk by IPv6 with Flannel's VXLAN."""
    return walk("flannel", "vxlan", src=src, dst=dst, ipv6=True, **given)


@pytest.mark.parametrize(
    ("name", "src", "dst", "packet"),
    [
        ("01-same-node-ping-cold", "a", "a2", {"cold": True}),
        ("03-cross-ping-cold", "a", "b", {"cold": True}),
        ("04-cross-ping-warm", "a", "b", {}),
        ("11-pod-to-outside", "a", "internet", {}),
        ("15-ping-too-big", "a", "b", {"size": 1383, "df": True}),
        ("19-same-node-1450", "a", "a2", {"size": 1402, "df": True}),
    ],
)
def test_every_frame_is_as_recorded(name: str, src: str, dst: str, packet: PacketOptions) -> None:
    assert modelled(sent(src, dst, **packet)) == recorded(name)


@pytest.mark.parametrize(
    ("limit", "says"), [(1, "fd00:10:244:1::1"), (2, "fd00:10:244:2::")]
)
def test_a_hop_limit_ends_where_traceroute_saw_it(limit: int, says: str) -> None:
    """The first hop is cni0's address, the second that of the other node's tunnel (06-traceroute6-cross-udp)."""
    walked = sent("a", "b:33434", proto="udp", size=32, ttl=limit)
    assert walked.disposition == "ttl_expired"
    error = next(trace for trace in walked.traces if trace.name == "error")
    assert error.flow.src == says
    lines = recorded("06-traceroute6-cross-udp")["p1a eth0 in"]
    assert modelled(walked)["p1a eth0 in"] == [lines[limit - 1]]


@pytest.mark.parametrize(
    ("dst", "source"), [("b", "fd00:10:244:1::"), ("a", "fd00:10:244:1::1"), ("internet", "fd00:172:18::3")]
)
def test_a_node_speaks_with_the_address_of_the_device(dst: str, source: str) -> None:
    """12-node-to-pod: to another node's pod the tunnel's address, to its own cni0's."""
    assert sent("kind-worker", dst).traces[0].flow.src == source


def test_segments_leave_room_for_a_longer_header() -> None:
    """07-tcp-to-remote-pod: MSS 1390 where IPv4 has 1410."""
    walked = sent("a", "b:8080", proto="tcp")
    assert walked.disposition == "delivered"
    syn = walked.traces[0].steps[0].after[1]
    assert int.from_bytes(syn.options[2:4]) == 1450 - 60


def test_what_one_machine_learns_of_another() -> None:
    """03-cross-ping-cold: b's node asks by its link-local address, and b knows that one too then."""
    walked = sent("a", "b", cold=True)
    asked = {entry.dst for key, entry in walked.run.learnt.items() if key[:2] == ("b", "neigh")}
    gateway, link_local = sorted(asked)
    assert (gateway, link_local[:6]) == ("fd00:10:244:2::1", "fe80::")


def test_every_frame_is_read_by_others(tmp_path: Path, tshark) -> None:
    """No malformed field, no wrong checksum."""
    from packetwalk.wire.pcap import write_pcap

    walks = [sent("a", "b", cold=True), sent("a", "b", size=1400, df=True), sent("a", "b:8080"), sent("a", "internet")]
    stacks = [step.after for each in walks for step in each.steps if step.event in ("ingress", "egress")]
    file = tmp_path / "walks.pcap"
    file.write_bytes(write_pcap((number, wire.encode(stack)) for number, stack in enumerate(stacks)))
    wrong = "_ws.malformed || _ws.expert.severity >= 8388608 || icmpv6.checksum.status == 0 || udp.checksum.status == 0"
    assert len(tshark(file)) == len(stacks) > 100
    assert tshark(file, "-Y", f"{wrong} || tcp.checksum.status == 0") == []


@pytest.mark.parametrize(
    ("scenario", "saw"),
    [
        ("service", "fd00:10:244:1::2"),
        ("service-local", "fd00:10:244:1::2"),
        ("hairpin", "fd00:10:244:1::1"),
        ("node-to-service", "fd00:10:244:1::"),
        ("nodeport", "fd00:10:244:1::"),
        ("nodeport-from-pod", "fd00:10:244:1::"),
        ("nodeport-from-node", "fd00:10:244:1::"),
    ],
)
def test_a_server_sees_whom_it_saw(scenario: str, saw: str) -> None:
    """08-clusterip-*, 10-nodeport-*: masqueraded with the address of the device by which the packet leaves."""
    walked = walk("flannel", "vxlan", scenario, ipv6=True)
    assert walked.disposition == "delivered"
    arrived = walked.traces[0].steps[-1]
    assert arrived.event == "deliver" and arrived.after[1].src == saw


@pytest.mark.parametrize(
    ("scenario", "error", "says"),
    [("no-endpoints", (1, 4), "fd00:10:244:1::1"), ("no-such-port", (1, 0), "fd00:172:18::1")],
)
def test_an_error_comes_from_whom_it_came(scenario: str, error: tuple[int, int], says: str) -> None:
    """09-no-endpoints: from cni0's address; 09-no-such-port: out by the default route, and the router knows none."""
    walked = walk("flannel", "vxlan", scenario, ipv6=True)
    told = next(trace for trace in walked.traces if trace.name == "error")
    ip, message = (told.steps[0].after[k] for k in (0, 1))
    assert (ip.src, (message.type, message.code)) == (says, error)
