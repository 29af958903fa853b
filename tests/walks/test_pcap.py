"""Every capture of every mode, read by a dissector that nobody here wrote."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

import packetwalk
from packetwalk import wire
from packetwalk.cni import plugins
from packetwalk.walks import pcap as taps
from tests.waiting import HANGS

MODES = [(plugin.name, mode.name) for plugin in plugins().values() for mode in plugin.modes]
PORTS = ("8472,vxlan", "4789,vxlan", "6784,vxlan", "51820,wg")
CHECKS = ("ip", "udp", "tcp")


@pytest.mark.skipif(
    shutil.which("tshark") is None and "CI" not in os.environ, reason="tshark is not installed"
)
@pytest.mark.parametrize(("plugin", "mode"), MODES)
def test_tshark_finds_nothing_wrong(plugin: str, mode: str, tmp_path: Path) -> None:
    frames: list[tuple[int, bytes]] = []
    for scenario in packetwalk.SCENARIOS:
        for proto in ("icmp", "udp", "tcp"):
            walk = packetwalk.walk(plugin, mode, scenario.name, proto=proto)
            frames += wire.pcap.read_pcap(taps.pcap(walk))
    target = tmp_path / "all.pcap"
    target.write_bytes(wire.pcap.write_pcap(frames))
    command = ["tshark", "-r", str(target), "-T", "fields", "-e", "frame.number", "-e", "_ws.col.Info"]
    command += [word for port in PORTS for word in ("-d", f"udp.port=={port}")]
    command += [word for name in CHECKS for word in ("-o", f"{name}.check_checksum:TRUE")]
    bad = "_ws.malformed || ip.checksum.status == 0 || udp.checksum.status == 0 || tcp.checksum.status == 0"
    done = subprocess.run([*command, "-Y", bad], capture_output=True, text=True, check=True, timeout=HANGS)
    assert len(frames) > 100
    assert done.stdout == ""
