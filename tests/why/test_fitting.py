"""A packet that may not be cut and is too big, in clusters that are well: its sender is told, and that is no fault."""

from __future__ import annotations

from typing import Any

import pytest

from packetwalk import lab
from packetwalk.capture.recording import Recording, read
from packetwalk.proof import recordings
from packetwalk.why import Diagnosis, load, why

ETHERNET, HEADERS = 1500, 28
PAIRS = (("kind-worker", "b"), ("a", "b"), ("b", "kind-worker"), ("kind-worker", "kind-worker2"))
MODES = {
    "calico-vxlan-crosssubnet": {("kind-worker", "b"): 1450, ("a", "b"): 1450, ("b", "kind-worker"): 1450},
    "calico-vxlan-crosssubnet-routed": {
        ("kind-worker", "b"): 1450,
        ("a", "b"): 1450,
        ("b", "kind-worker"): 1450,
    },
    "flannel-vxlan": {("kind-worker", "b"): 1450, ("a", "b"): 1450, ("b", "kind-worker"): 1450},
    "flannel-vxlan-directrouting": {("kind-worker", "b"): 1450, ("a", "b"): 1450, ("b", "kind-worker"): 1450},
    "calico-bgp": {},
    "kindnet-ptp": {},
}
"""The MTU of the way, in bytes, where it is not that of Ethernet."""


def is_well(answer: Diagnosis) -> None:
    assert answer.verdict in ("reaches", "does not fit") and answer.mend is None, str(answer)


@pytest.mark.parametrize("name", MODES)
def test_in_a_cluster_that_is_well_nothing_is_suspected(name: str) -> None:
    loaded = load(read(recordings.find(name)))
    for src, dst in PAIRS:
        fits = MODES[name].get((src, dst), ETHERNET) - HEADERS
        is_well(whole := why(loaded, src, dst))
        assert whole.verdict == "reaches", str(whole)
        is_well(least := why(loaded, src, dst, size=fits, df=True))
        assert least.verdict == "reaches" and least.fits is None, str(least)
        is_well(more := why(loaded, src, dst, size=fits + 1, df=True))
        assert more.verdict == "does not fit" and more.to_json()["fits"] == fits, str(more)
        assert f"the sender is told; {fits} bytes arrive" in str(more) and "mend:" not in str(more)


def test_a_full_packet_of_a_node_is_cut_down_as_its_kernel_does() -> None:
    answer = why(read(recordings.find("calico-vxlan-crosssubnet")), "kind-worker", "b")
    assert answer.verdict == "reaches" and answer.fate.walk.packet.size == 1422
    assert "Of 1472 bytes that may not be cut the sender is told that 1422 fit." in str(answer)


def test_what_becomes_of_a_smaller_one_may_not_be_known() -> None:
    recorded = read(recordings.find("calico-ipip-crosssubnet-routed"))
    answer = why(recorded, "a", "b", size=1472, df=True)
    assert answer.verdict == "does not fit"
    assert "whether 1452 bytes arrive is not known: what happens behind tunl0 of kind-worker" in str(answer)
    assert "another way" not in answer.taps, "the model cannot follow the smaller one either"


def damaged(done: dict[str, str], src: str, dst: str, **packet: Any) -> Diagnosis:
    with lab.open("flannel", "vxlan", "model") as cluster:
        for netns, line in done.items():
            assert cluster.execute(netns, line.split(" ")).ok, line
        recorded: Recording = cluster.capture("a", "b")
    return why(recorded, src, dst, **packet)


def test_a_smaller_device_than_others_have_is_still_a_fault() -> None:
    answer = damaged({"kind-worker": "ip link set flannel.1 mtu 1300"}, "a", "b", size=1422, df=True)
    assert answer.verdict == "does not reach" and answer.mend is not None
    assert "flannel.1 mtu 1450" in str(answer.mend)
    assert "the sender is told; 1272 bytes arrive" in str(answer)


def test_a_sender_that_is_not_told_is_a_fault() -> None:
    silent = "iptables -I OUTPUT -p icmp -m icmp --icmp-type fragmentation-needed -j DROP"
    with lab.open("calico", "vxlan-crosssubnet", "model") as cluster:
        assert cluster.execute("kind-worker2", silent.split(" ")).ok
        recorded = cluster.capture("a", "b")
    answer = why(recorded, "kind-worker", "b", size=1472, df=True)
    assert answer.verdict == "does not reach" and answer.fits is None, str(answer)


@pytest.mark.parametrize(
    ("name", "dst"), [("weave-fastdp-encrypted", "a"), ("calico-wireguard", "b"), ("flannel-wireguard", "b")]
)
def test_no_change_is_proposed_to_send_it_where_nothing_is_known(name: str, dst: str) -> None:
    answer = why(read(recordings.find(name)), "kind-worker", dst, size=1472, df=True)
    assert answer.verdict == "does not fit" and answer.mend is None, str(answer)
