"""A recording's walk claims what was seen or what a recorded line decides; all else is not known."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from packetwalk import lab
from packetwalk.capture.recording import Place, Recording, Sent
from packetwalk.proof import recordings
from packetwalk.trace.packet import Packet
from packetwalk.walks.replay import replay


def healthy(name: str = "cross-node-icmp") -> Recording:
    recorded = recordings.recordings("flannel", "vxlan")[0]
    return recorded._replace(sent=(recorded.packet(name),))


def without(recorded: Recording, gone: Callable[[Any], bool]) -> Recording:
    """Return a recording without some frames: of a packet that got no further."""
    (sent,) = recorded.sent
    return recorded._replace(sent=(sent._replace(frames=tuple(f for f in sent.frames if not gone(f))),))


def with_file(recorded: Recording, netns: str, name: str, text: str | None) -> Recording:
    """Return a recording with another file of a namespace, or without it."""

    def changed(place: Place) -> Place:
        others = {key: kept for key, kept in place.files.items() if key != name}
        here = others if text is None else {**others, name: text}
        return place._replace(files=here) if place.netns == netns else place

    return recorded._replace(places=tuple(map(changed, recorded.places)))


def first_half(sent: Sent, netns: str) -> Callable[[Any], bool]:
    """Say which frames came after the first that arrived in a namespace."""
    arrived = next(f.time_ns for f in sent.frames if f.netns == netns and f.direction == "in")
    return lambda frame: frame.time_ns > arrived


def unanswered(name: str) -> Recording:
    recorded = healthy(name)
    return without(recorded, first_half(recorded.sent[0], "b"))


def test_a_request_that_got_no_answer_is_not_said_to_have_arrived() -> None:
    walk = replay(unanswered("cross-node-icmp"))
    assert walk.disposition == "left"
    assert walk.summary.startswith("Not known beyond b, eth0:") and "no tap saw an answer" in walk.summary


@pytest.mark.parametrize(
    ("rule", "end"),
    [
        ("[1:84] -A INPUT -i eth0 -p icmp -j DROP", "dropped"),
        ("[0:0] -A INPUT -i eth0 -p icmp -j DROP", "left"),
        ("[1:84] -A INPUT -i eth1 -p icmp -j DROP", "left"),
        ("[1:84] -A INPUT -s 10.9.0.0/16 -p icmp -j DROP", "left"),
        ("[1:84] -A INPUT ! -s 10.9.0.0/16 -p icmp -j DROP", "dropped"),
        ("[1:84] -A INPUT -m mark --mark 0x1 -j DROP", "left"),
        ("[1:84] -A FORWARD -p icmp -j DROP", "left"),
        ("[1:84] -A INPUT -p icmp -j DROP\n[1:84] -A INPUT -j DROP", "left"),
    ],
)
def test_only_a_rule_that_has_counted_and_alone_fits_is_the_cause(rule: str, end: str) -> None:
    recorded = with_file(unanswered("cross-node-icmp"), "b", "iptables.txt", f"*filter\n{rule}\nCOMMIT\n")
    walk = replay(recorded)
    assert walk.disposition == end
    cited = walk.traces[0].steps[-1]
    assert (cited.evidence == "looked_up") == (end == "dropped")


@pytest.mark.parametrize(
    ("sockets", "end", "said"),
    [
        ("udp UNCONN 0 0 0.0.0.0:8080 0.0.0.0:*\n", "delivered", ""),
        ("udp UNCONN 0 0 0.0.0.0:8081 0.0.0.0:*\n", "left", "nobody listened on this port"),
        (None, "left", "no tap saw an answer"),
    ],
)
def test_a_datagram_is_taken_in_where_a_socket_was_recorded(
    sockets: str | None, end: str, said: str
) -> None:
    recorded = with_file(unanswered("cross-node-udp"), "b", "socket.txt", sockets)
    walk = replay(recorded)
    assert walk.disposition == end
    assert said in walk.summary


def test_a_connection_is_open_only_when_its_answer_was_seen() -> None:
    recorded = with_file(
        unanswered("cross-node-tcp"), "b", "socket.txt", "tcp LISTEN 0 4 0.0.0.0:8080 0.0.0.0:*\n"
    )
    assert replay(recorded).disposition == "left"


def test_a_forwarded_packet_that_was_not_seen_again_is_not_said_to_be_discarded() -> None:
    recorded = healthy()
    arrived = next(f.time_ns for f in recorded.sent[0].frames if f.netns == "kind-worker")
    walk = replay(without(recorded, lambda f: f.time_ns > arrived))
    assert walk.disposition == "left" and "not known" in walk.summary
    assert "discarded" not in walk.summary


CHAIN = (
    "nft add table inet mine",
    "nft add chain inet mine in { type filter hook input priority 0 ; policy accept ; }",
)
RULE = "nft add rule inet mine in"


@pytest.mark.kernel
@pytest.mark.parametrize(
    ("commands", "end", "rule"),
    [
        (["iptables -A INPUT -i cni0 -p icmp -j DROP"], "dropped", "-A INPUT -i cni0 -p icmp -j DROP"),
        (["iptables -A INPUT -m mark ! --mark 0x77 -p icmp -j DROP"], "left", ""),
        ([*CHAIN, f'{RULE} iifname "cni0" ip protocol icmp counter drop'], "dropped", "counter packets 0 bytes 0 drop"),
        ([*CHAIN, f"{RULE} meta mark != 0x77 counter drop"], "left", ""),
    ],
)
def test_what_the_kernel_dropped_on_the_pods_own_node(
    commands: Sequence[str], end: str, rule: str
) -> None:
    with lab.open("flannel", "vxlan", "netns") as cluster:
        for line in commands:
            cluster.execute("kind-worker", line.split(), ())
        recorded = cluster.record_packet("a", "kind-worker", Packet())
    walk = replay(recorded)
    assert walk.disposition == end
    assert str(walk.traces[0].steps[-1].entry or "").endswith(rule) and bool(rule) == (end == "dropped")


def test_a_second_question_that_was_answered_is_no_answer_to_the_first() -> None:
    recorded = healthy()
    frames = recorded.sent[0].frames
    b_in = next(f for f in frames if f.netns == "b" and f.direction == "in")
    seq = b_in.data.index(b"\x00\x01", 34)  # of the echo, behind its identifier
    again = [
        f._replace(data=f.data[:seq] + b"\x00\x02" + f.data[seq + 2 :], time_ns=f.time_ns + 10**9)
        for f in frames
        if f.netns in ("a", "b") and f.data[12:14] == b"\x08\x00"
    ]
    first = [f for f in frames if f.time_ns <= b_in.time_ns]
    sent = recorded.sent[0]._replace(frames=(*first, *again))
    walk = replay(recorded._replace(sent=(sent,)))
    assert walk.traces[0].disposition == "left"


def test_conntrack_is_cited_by_the_whole_tuple() -> None:
    (recorded,) = (each for each in recordings.recordings("flannel", "vxlan"))
    recorded = recorded._replace(sent=(recorded.packet("service-tcp"),))
    node = recorded.place("kind-worker")
    right = next(
        line
        for line in node.files["conntrack.txt"].splitlines()
        if "dst=10.96.0.80" in line and " tcp " in f" {line}"
    )
    other = right.replace("tcp      6", "udp      17").replace("dport=80", "dport=53")
    changed = with_file(recorded, "kind-worker", "conntrack.txt", f"{other}\n{right}\n")
    cited = [str(s.entry) for s in replay(changed).steps if s.event == "nat" and s.netns == "kind-worker"]
    assert cited and not [each for each in cited if each.startswith("udp") or "dport=53" in each]
    assert not [each for each in cited if "MASQUERADE" in each]
