"""Programs that pass packets on read them when the kernel has done what it was at: fragments go device by device.

The order is that of taps in namespaces (Linux 6.18), where the same kernel hands packets to a stand-in of flanneld.
"""

from __future__ import annotations

import pytest

from packetwalk.proof.draws import network


@pytest.mark.parametrize(
    ("mode", "machine", "order"),
    [
        (("flannel", "udp"), "kind-worker", ["flannel0 egress"] * 3 + ["eth0 egress"] * 3),
        (("flannel", "udp"), "kind-control-plane", ["eth0 ingress"] * 3 + ["flannel0 ingress"] * 3),
        (("weave", "sleeve"), "kind-worker", ["eth0 egress"] * 3),
        (("weave", "sleeve"), "kind-control-plane", ["eth0 ingress"] * 3 + ["vethwe-pcap egress"]),
    ],
)
def test_fragments_pass_device_by_device(mode: tuple[str, str], machine: str, order: list[str]) -> None:
    run = network(*mode, "flat").send("a", "coredns", proto="icmp", size=3000)
    requests = [trace for trace in run.traces if trace.name in ("request", "fragment", "copy")]
    steps = sorted((step for trace in requests for step in trace.steps), key=lambda step: step.seq)
    devices = dict.fromkeys(line.split()[0] for line in order)
    crossed = [
        f"{step.dev} {step.event}"
        for step in steps
        if step.netns == machine and step.dev in devices and step.event in ("egress", "ingress")
    ]
    assert crossed[: len(order)] == order
