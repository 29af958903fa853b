"""The readers of recordings: what they say of input that is none, and what they may import."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path

import pytest

import packetwalk.capture
from packetwalk.capture import frames
from packetwalk.tables import ConntrackEntry, RouteEntry
from packetwalk.tables.conntrack import connection
from packetwalk.tables.iptables import IPTABLES, hit
from packetwalk.tables.neighbour import NEIGHBOURS
from packetwalk.tables.route import ROUTES
from packetwalk.wire.pcap import write_pcapng

ALLOWED = re.compile(r"packetwalk(\.(capture(\.\w+)*|errors|tables(\.\w+)?|trace(\.\w+)?|wire(\.\w+)?))?")


def test_they_know_nothing_of_the_model() -> None:
    """Else agreement between the model and a recording would prove nothing."""
    folder = Path(packetwalk.capture.__file__).parent
    for path in folder.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom) and node.module.startswith("packetwalk"):
                assert ALLOWED.fullmatch(node.module), f"{path.name} imports {node.module}"


def test_a_route_is_printed_as_it_was_read() -> None:
    printed = {"dst": "10.244.2.0/24", "gateway": "10.244.2.0", "dev": "flannel.1", "flags": ["onlink"]}
    (route,) = ROUTES.read({"route.json": json.dumps([printed])})
    assert route == RouteEntry("10.244.2.0/24", "flannel.1", "10.244.2.0", onlink=True)
    assert route.json() == printed


def test_ipv6_is_passed_over() -> None:
    assert ROUTES.read({"route.json": '[{"dst": "fe80::/64", "dev": "eth0", "flags": []}]'}) == []
    assert NEIGHBOURS.read({"neigh.json": '[{"dst": "fe80::1", "dev": "eth0", "state": ["STALE"]}]'}) == []


def test_a_connection_after_masquerading() -> None:
    line = (
        "icmp     1 29 src=10.244.1.2 dst=203.0.113.9 type=8 code=0 id=1260 "
        "src=203.0.113.9 dst=172.18.0.2 type=0 code=0 id=41108 mark=0 use=1"
    )
    assert connection(line) == ConntrackEntry(
        "icmp", "10.244.1.2", "203.0.113.9", 1260, 1260, "203.0.113.9", "172.18.0.2", 41108, 41108
    )


@pytest.mark.parametrize(
    ("read", "text", "says"),
    [
        (connection, "tcp 6 300 src=10.0.0.1", "is no connection"),
        (lambda text: list(IPTABLES.parse(text)), "*nat\nhello\n", "line 2: 'hello' is no rule"),
        (hit, "-A FORWARD -j ACCEPT", "has no counters"),
        (frames.read, write_pcapng([("eth0", 1)], [(0, 0, "in", bytes(14))]), "no NETNS:DEVICE"),
        (frames.read, b"hello", "not a pcapng file"),
    ],
)
def test_what_is_no_recording(read, text, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        read(text)
