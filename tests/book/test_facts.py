"""What pages say in words about proofs and walks, beside the proofs and the walks."""

from __future__ import annotations

import json
import re

import packetwalk
from packetwalk.proof.results import MATRIX
from packetwalk.wire.ipv4 import Ipv4
from tests.book.test_claims import page_text

RESULTS = json.loads(MATRIX.read_text())["results"]


def grounds(plugin: str, mode: str) -> set[str]:
    """Return on what the mode's packets were proven: kernel, emulated (a stand-in), guest."""
    return {
        ground for p, m, _, _, ground, verdict, _ in RESULTS if (p, m, verdict) == (plugin, mode, "proven")
    }


def sentence(page: str, end: str) -> str:
    """Return the line of a page that has these words."""
    (found,) = [line for line in page_text(page).splitlines() if end in line]
    return found


def test_the_opening_page_names_the_modes_that_this_kernel_proves_alone() -> None:
    said = sentence("intro", "are proven so by Linux 6.18 alone")
    flannel, calico = re.split("Calico's", said)
    for plugin, part in (("flannel", flannel), ("calico", calico)):
        alone = {m for p, m in packetwalk.modes() if p == plugin and grounds(p, m) == {"kernel"}}
        assert set(re.findall(r"`([\w-]+)`", part)) == alone
    assert "kindnet" in said and grounds("kindnet", "ptp") == {"kernel"}


def test_the_other_modes_are_proven_as_their_page_says() -> None:
    said = sentence("flannel/other-backends", "Of the modes here")
    assert (
        "WireGuard and IP in IP in a guest's kernel" in said and "`udp` in this one with a stand-in" in said
    )
    assert "guest" in grounds("flannel", "wireguard") & grounds("flannel", "ipip")
    assert grounds("flannel", "udp") == {"emulated"}


def test_the_ttls_of_the_other_modes_are_those_of_the_walks() -> None:
    table = page_text("flannel/other-backends")
    seen = {}
    for mode in ("vxlan", "host-gw", "wireguard", "ipip", "udp"):
        for scenario in ("same-node", "node-to-pod", "cross-node"):
            last = packetwalk.walk("flannel", mode, scenario).traces[0].steps[-1]
            seen[scenario, mode] = next(header.ttl for header in last.before if isinstance(header, Ipv4))
    assert {ttl for (scenario, _), ttl in seen.items() if scenario == "same-node"} == {64}
    assert "| same node, any mode | 64 |" in table
    node = {mode: ttl for (scenario, mode), ttl in seen.items() if scenario == "node-to-pod"}
    assert node == dict.fromkeys(node, 63) | {"udp": 61}
    assert "| process on a node to a pod on another | 63; udp: 61 |" in table
    pods = {mode: ttl for (scenario, mode), ttl in seen.items() if scenario == "cross-node"}
    assert pods == dict.fromkeys(pods, 62) | {"udp": 60}
    assert "| udp | 60 |" in table
