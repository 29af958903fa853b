"""Walks that share a memo say what each says alone, and say it in the same objects."""

from __future__ import annotations

import pytest

import packetwalk
from packetwalk import wire
from packetwalk.walks.listing import ListingMemo

SENT = (
    {"proto": "icmp", "size": 56, "cold": True},
    {"proto": "icmp", "size": 56},
    {"proto": "udp", "size": 4000},
    {"proto": "tcp"},
)


@pytest.mark.parametrize(
    ("plugin", "mode", "fault"),
    [
        ("flannel", "vxlan", "missing-neighbour"),
        ("calico", "ipip", "unknown-node"),
        ("weave", "fastdp", None),
    ],
)
def test_a_shared_memo_changes_nothing(plugin: str, mode: str, fault: str | None) -> None:
    memo = ListingMemo()
    walks = [
        packetwalk.walk(plugin, mode, "cross-node", fault=each, **packet)
        for each in {None, fault}
        for packet in SENT
    ]
    together = [walk.to_json(memo) for walk in walks + walks[::-1]]
    assert together == [walk.to_json() for walk in walks + walks[::-1]]


def test_what_is_alike_is_the_same_object() -> None:
    memo = ListingMemo()
    first, second = (
        packetwalk.walk("flannel", "vxlan", "cross-node", df=df).to_json(memo) for df in (False, True)
    )
    table = "kind-worker/iptables/nat"
    assert first["tables"][table] is second["tables"][table]
    assert first["topology"][0] is second["topology"][0]
    steps = [walk["traces"][0]["steps"][0] for walk in (first, second)]
    assert steps[0]["after"][-1] is steps[1]["after"][-1]  # the data; the IP headers differ in DF
    assert steps[0]["after"][0] != steps[1]["after"][0]


def test_headers_of_two_classes_are_never_taken_for_each_other() -> None:
    memo, vxlan, wireguard = ListingMemo(), wire.Vxlan(7, 8), wire.Wireguard(7, 8)
    assert vxlan == wireguard  # as tuples
    assert [memo.describe((header,))[0]["proto"] for header in (vxlan, wireguard)] == ["vxlan", "wg"]
    data = wire.Data(b"x")
    assert [memo.describe((header, data))[0]["proto"] for header in (wireguard, vxlan)] == ["wg", "vxlan"]
