"""Commands in a cluster that is well and in a broken one: what differs is marked, what is the same stands once."""

from __future__ import annotations

import pytest

from packetwalk.errors import BadInput
from packetwalk.lab.beside import NOTHING, beside


def test_what_differs_is_marked_and_what_is_the_same_stands_once() -> None:
    shown = beside(
        "flannel", "vxlan", "missing-fdb", "kind-worker$ bridge fdb show dev flannel.1", "a$ ip route"
    )
    assert shown[0] == "kind-worker$ bridge fdb show dev flannel.1"
    marks = [line[:4].strip() for line in shown[1:3]]
    assert sorted(marks) == ["", "good"]
    assert "172.18.0.4" in next(line for line in shown if line.startswith("good"))
    assert shown[3:5] == ["", "a$ ip route"]
    assert all(line.startswith("      ") for line in shown[5:])


def test_a_cluster_is_broken_by_commands_too() -> None:
    drop = "kind-worker2$ iptables -A INPUT -p udp --dport 8472 -j DROP"
    shown = beside("flannel", "vxlan", None, "kind-worker2$ iptables -S | grep 8472", by=[drop])
    rule = "-A INPUT -p udp -m udp --dport 8472 -j DROP"
    assert shown[1:] == [f"good  {NOTHING}", f"bad   {rule}"]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"commands": ["ip route"]}, "ip route"),
        ({"commands": ["nobody$ ip route"]}, "nobody"),
        ({"commands": ["a$ ip route"], "by": ["a$ ip route del 10.9.9.0/24"]}, "10.9.9.0/24"),
    ],
)
def test_what_cannot_be_done_is_named(wrong: dict, said: str) -> None:
    with pytest.raises(BadInput, match=said):
        beside("flannel", "vxlan", None, *wrong["commands"], by=wrong.get("by", ()))
