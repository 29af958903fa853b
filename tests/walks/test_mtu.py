"""What `packetwalk mtu` says is what the walk does: of every mode, over narrow and wide underlays."""

from __future__ import annotations

import pytest

import packetwalk
from packetwalk.cni import plugins
from packetwalk.datapath.run import Run
from packetwalk.plan.cluster import Cluster
from packetwalk.trace.packet import LARGEST, Packet
from packetwalk.walks.network import Network

UNDERLAYS = (576, 1280, 1400, 1425, 1426, 1459, 1460, 1500, 9000, 65535)
MODES = [(plugin.name, mode.name) for plugin in plugins().values() for mode in plugin.modes]


def ping(network: Network, size: int) -> Run:
    return network.send("a", "b", Packet("icmp", size, df=True))


@pytest.mark.parametrize(("plugin", "mode"), MODES, ids=[f"{plugin}-{mode}" for plugin, mode in MODES])
@pytest.mark.parametrize("underlay", UNDERLAYS)
def test_the_largest_ping_is_answered_and_the_next_refused(plugin: str, mode: str, underlay: int) -> None:
    network = Network(Cluster(mtu=underlay), plugin, mode)
    size = packetwalk.mtu(plugin, mode, underlay).to_json()["largest_ping"]
    assert [t.disposition for t in ping(network, size).traces if t.name == "reply"] == ["delivered"]
    if size < LARGEST["icmp"]:
        assert ping(network, size + 1).traces[0].disposition == "too_big"


def test_where_the_fast_datapath_does_not_fit_sleeve_carries() -> None:
    told = packetwalk.mtu("weave", "fastdp", 1400)
    assert told.to_json()["carrier"] == "sleeve"
    assert told.to_json()["fits"] == 1338
    assert "sleeve carries them" in repr(told)
