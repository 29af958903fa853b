"""What goes wrong with Weave Net, and that all else is delivered."""

from __future__ import annotations

import shutil
import subprocess

import pytest

import packetwalk
from packetwalk import wire
from packetwalk.cni import plugin
from packetwalk.walks.catalogue import SCENARIOS
from packetwalk.walks.pcap import pcap
from tests.cni.weave.test_frames import STACKS
from tests.cni.weave.walked import MODES, WEAVE, B, on_wire, protos, steps, walk

# --- what goes wrong --------------------------------------------------------------------------
FAULTS = [
    (fault, mode.name, scenario)
    for fault in WEAVE.faults
    for mode in WEAVE.modes_with(fault)
    for scenario in fault.shows
]


@pytest.mark.parametrize(
    ("fault", "mode", "scenario"), FAULTS, ids=[f"{f.name}-{m}-{s}" for f, m, s in FAULTS]
)
def test_every_fault_makes_a_difference(fault, mode: str, scenario: str) -> None:
    broken = walk(mode, scenario, fault=fault.name).to_json()
    packet = {**fault.packet}
    if not (scenario.startswith("service") or packet.get("size")):
        packet.pop("size", None)
    fine = walk(mode, scenario, **packet).to_json()
    strip = [[(s["netns"], s["event"], s["size"]) for s in t["steps"]] for t in broken["traces"]]
    assert strip != [[(s["netns"], s["event"], s["size"]) for s in t["steps"]] for t in fine["traces"]]


@pytest.mark.parametrize(
    ("fault", "mode"), [("udp-6784-blocked", "fastdp"), ("esp-blocked", "fastdp-encrypted")]
)
def test_a_blocked_fast_datapath_falls_back_to_sleeve(fault: str, mode: str) -> None:
    done = walk(mode, fault=fault)  # 2b, 3: encrypted stays encrypted
    assert done.disposition == "delivered"
    assert protos(on_wire(done)[0]) == STACKS[mode.replace("fastdp", "sleeve")]
    assert [s.note[0] for s in done.traces[0].steps if s.dev == "datapath"] == ["flow-miss"]  # no flow (2c)
    assert not steps(walk(mode, fault=fault, cold=True), "drop", "kind-worker2")[5:]


def test_weaver_answers_in_the_name_of_the_pod() -> None:
    done = walk("sleeve", size=1438 - 28 + 1, df=True)  # 2a, LAB: From 10.40.0.0 Frag needed mtu=1438
    assert done.disposition == "too_big"
    error = next(t for t in done.traces if t.name == "error")
    _, ip, icmp, quoted = error.steps[-1].after
    assert (ip.src, ip.ttl, icmp.type, icmp.code, icmp.mtu, quoted.size) == (B, 64, 3, 4, 1438, 28)
    assert error.steps[-1].netns == "a" and error.disposition == "delivered"
    assert walk("sleeve", size=1438 - 28, df=True).disposition == "delivered"


@pytest.mark.parametrize("mode", MODES[2:])
def test_what_has_no_df_goes_whole_and_is_cut_outside(mode: str) -> None:
    done = walk(mode, size=4000)  # 2a
    assert done.disposition == "delivered"
    cut = [s for s in steps(done, "fragment") if s.netns == "kind-worker"]
    assert len(cut) == 3 and cut[0].dev == "eth0"


@pytest.mark.parametrize(
    ("fault", "mode", "disposition"),
    [
        ("link-cut", "fastdp", "neighbor_unreachable"),
        ("udp-6783-blocked", "sleeve", "neighbor_unreachable"),
        ("wrong-password", "sleeve-encrypted", "neighbor_unreachable"),
        ("npc-deny", "sleeve", "denied"),
        ("mtu-too-big", "fastdp", "too_big"),
        ("underlay-mtu-1400", "fastdp", "too_big"),
    ],
)
def test_what_a_fault_ends_in(fault: str, mode: str, disposition: str) -> None:
    assert walk(mode, fault=fault).disposition == disposition


# --- all of it --------------------------------------------------------------------------------
ALL = [
    (mode.name, scenario.name, proto)
    for mode in WEAVE.modes
    for scenario in (*SCENARIOS, *WEAVE.scenarios)
    for proto in ("icmp", "udp", "tcp")
    if not (proto == "icmp" and scenario.name.startswith("service"))
]


@pytest.mark.parametrize(("mode", "scenario", "proto"), ALL, ids=["-".join(c) for c in ALL])
def test_everything_is_delivered_and_answered(mode: str, scenario: str, proto: str) -> None:
    for cold in (False, True):
        done = walk(mode, scenario, proto=proto, cold=cold)
        assert done.disposition == "delivered"
        assert any(t.name == "reply" for t in done.traces)
        for trace in done.to_json()["traces"]:
            for before, after in zip(trace["steps"], trace["steps"][1:], strict=False):
                assert before["after"] == after["before"]
            for step in trace["steps"]:
                if step["entry"]:
                    assert step["entry"]["index"] is not None, step["entry"]


@pytest.mark.skipif(shutil.which("tshark") is None, reason="tshark is not installed")
@pytest.mark.parametrize("mode", MODES)
def test_tshark_reads_every_frame(mode: str, tmp_path) -> None:
    file = tmp_path / "walk.pcap"
    file.write_bytes(pcap(walk(mode, "relay", cold=True)))
    bad = (f"{proto}.checksum.status == 0" for proto in ("ip", "udp", "icmp"))
    wrong = " || ".join(["_ws.malformed", "_ws.expert.severity >= 8388608", *bad])
    options = [w for p in ("ip", "udp", "tcp") for w in ("-o", f"{p}.check_checksum:TRUE")]
    done = subprocess.run(
        ["tshark", "-n", "-r", str(file), "-d", "udp.port==6784,vxlan", *options, "-Y", wrong],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == ""


def test_flannels_debugging_proxy_lowers_the_time_to_live_twice() -> None:
    done = packetwalk.walk("flannel", "udp", "cross-node")  # flannel 4.2, 5.6
    assert [h.ttl for h in done.traces[0].steps[-1].after if h.proto == "ip"] == [60]
    assert wire.size(on_wire(done)[0]) == 126
    assert plugin("flannel").mode("udp").pod_mtu(1500) == 1472
    assert plugin("flannel").mode("udp").status == "debugging only"
    gone = packetwalk.walk("flannel", "udp", "cross-node", ttl=2)
    assert gone.disposition == "ttl_expired" and len(gone.traces) == 1  # nobody is told
