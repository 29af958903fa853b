"""Listings of frames against the real tcpdump, for the frames of many walks."""

from __future__ import annotations

import os
import re
import shutil
import subprocess

import pytest

from packetwalk import walk, wire
from packetwalk.lab.grounds.tcpdump import listing
from packetwalk.walks.pcap import ETHERNET, frames

WALKS = {
    "vxlan": ("flannel", "vxlan", {}),
    "calico's vxlan": ("calico", "vxlan", {}),
    "udp": ("flannel", "host-gw", {"proto": "udp"}),
    "service": ("flannel", "vxlan", {"scenario_name": "service"}),
    "ip-in-ip": ("calico", "ipip", {"proto": "tcp"}),
    "asking": ("flannel", "host-gw", {"cold": True}),
    "too big": ("flannel", "vxlan", {"fault": "mtu-mismatch"}),
    "cut": ("flannel", "vxlan", {"size": 3000}),
    "time exceeded": ("flannel", "vxlan", {"ttl": 1}),
    "no such host": ("flannel", "vxlan", {"src": "a", "dst": "10.244.2.77"}),
    "no such port": ("flannel", "vxlan", {"src": "a", "dst": "b:9", "proto": "udp"}),
    "refused": ("flannel", "vxlan", {"src": "a", "dst": "b:9", "proto": "tcp"}),
    "esp": ("weave", "fastdp-encrypted", {}),
}


@pytest.mark.skipif(
    shutil.which("tcpdump") is None and "CI" not in os.environ, reason="tcpdump is not installed"
)
@pytest.mark.parametrize("name", WALKS)
def test_equal_to_tcpdump(name: str) -> None:
    plugin, mode, options = WALKS[name]
    seen = [(time, data) for _, time, _, data in frames(walk(plugin, mode, **options), ETHERNET)]
    real = subprocess.run(
        ["tcpdump", "-n", "-t", "-e", "-r", "-"],
        input=wire.pcap.write_pcap(seen),
        capture_output=True,
        check=True,
    ).stdout.decode()
    mine = listing(wire.decode(data) for _, data in seen)
    assert mine.splitlines() == real.splitlines()
    assert re.search(r"length \d+: ", mine)
