"""What is written for the guest in the page, and what is read of its answers."""

from __future__ import annotations

import json
import shutil
import subprocess

import pytest

from packetwalk.errors import LabError
from packetwalk.lab.kernel import keys
from packetwalk.lab.page import answer, desk
from packetwalk.lab.page.job import Ask, job
from packetwalk.lab.page.paper import GuestOrder, Paper
from packetwalk.trace.packet import Packet
from packetwalk.walks.scenario import network

CROSS = {"plugin": "flannel", "mode": "vxlan", "scenario": "cross-node", "proto": "icmp", "size": 56}


def test_an_order_says_how_long_its_words_and_its_input_are():
    order = GuestOrder("run", "kind-worker", ("ip", "-b", "-"), "link set lo up\n")
    assert order.encoded() == b"run kind-worker 8 15\nip\0-b\0-\0link set lo up\n"


def test_only_what_the_packet_sees_is_built():
    made = job(network("flannel", "vxlan"), [Ask("cross-node", Packet("icmp"))])
    taken = [order.netns for order in made.orders if order.op == "take"]
    assert taken == ["wire", "kind-worker", "a", "a2", "kind-worker2", "b", "b2"]
    whole = job(network("flannel", "vxlan"), [Ask("cross-node", Packet("icmp"))], whole=True)
    assert {"router", "internet", "kind-control-plane"} < {each.netns for each in whole.orders}


def test_a_rules_counter_is_made_before_the_rule():
    orders: list[GuestOrder] = []
    rule = "-A F -m nfacct --nfacct-name  dropped -j DROP\n"
    assert Paper("n", orders).do("counted", rule) == rule
    assert orders == [GuestOrder("counters", "n", ("dropped",))]


def test_the_packet_is_the_walks_own():
    made = json.loads(desk.order(json.dumps({**CROSS, "ttl": 1, "df": True})))["job"]
    line = next(line for line in made.splitlines() if "icmp 10.244.2.2" in line and " 40000 " in line)
    assert "icmp 10.244.2.2 0 40000 56 1 1 0" in line


def test_what_no_kernel_in_the_page_has_is_said():
    for plugin, mode, word in (("weave", "fastdp", "openvswitch"), ("flannel", "udp", "tun")):
        said = json.loads(desk.order(json.dumps({**CROSS, "plugin": plugin, "mode": mode})))
        assert word in said["refused"]
    said = json.loads(desk.order(json.dumps({**CROSS, "scenario": "nowhere"})))
    assert "scenario" in said["refused"]


def test_what_the_guest_refused_is_told_in_one_line():
    made = job(network("flannel", "vxlan"), [Ask("cross-node", Packet("icmp"))])
    with pytest.raises(LabError, match="too many namespaces"):
        answer.recording(made, b"0 0\n1 19\ntoo many namespaces", "Linux")


def test_frames_are_in_the_order_of_their_times_and_each_namespaces_own():
    told = b"b eth0 in 2.000000001 0 2\nxya eth0 out 2.000000000 0 1\nza eth0 in 1.000000000 1 1\nw"
    found = [(frame.netns, frame.time_ns, frame.data, frame.bare) for frame in answer.frames(told)]
    assert found == [
        ("a", 2 * 10**9, b"z", False),
        ("a", 10**9, b"w", True),
        ("b", 2 * 10**9 + 1, b"xy", False),
    ]


@pytest.mark.skipif(not shutil.which("wg"), reason="needs wg")
@pytest.mark.parametrize("name", ["kind-worker", "b", ""])
def test_a_public_key_is_what_wg_says(name: str):
    told = subprocess.run(["wg", "pubkey"], input=keys.private(name), capture_output=True, text=True, check=True)
    assert keys.public(name) == told.stdout.strip()
