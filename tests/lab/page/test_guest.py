"""The guest of the page in Node: a real kernel in v86 does what the model says."""

from __future__ import annotations

import shutil

import pytest

from packetwalk.lab.page import build, guest
from packetwalk.lab.page.debian import pinned
from packetwalk.lab.page.job import Ask
from packetwalk.lab.proving.cases import usual
from packetwalk.proof import compare
from packetwalk.walks.scenario import network, scenario


def test_every_package_is_named_with_its_source():
    named = build.sources()
    for group in ("kernel", "tools", "libraries"):
        for name, version in pinned()[group].items():
            assert f"{name} {version} " in named


@pytest.mark.skipif(not guest.made() or not shutil.which("node"), reason="needs make kernel, and Node")
@pytest.mark.parametrize(("plugin", "mode"), [("flannel", "vxlan"), ("calico", "ipip"), ("calico", "wireguard")])
def test_a_packet_crosses_nodes_as_the_model_says(plugin: str, mode: str):
    made = network(plugin, mode)
    with guest.Guest() as kernel:
        recorded = kernel.prove(made, [Ask("cross-node", usual(scenario("cross-node", made.plugin)))])
    assert list(compare.compare(recorded, made)) == []
    assert recorded.sent[0].frames
