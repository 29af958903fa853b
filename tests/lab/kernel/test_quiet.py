"""What a host has been told is not what a cluster in its kernel begins with."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest

import packetwalk.lab.kernel.build as building
from packetwalk.lab.kernel.deeds import Doing
from packetwalk.lab.kernel.inventory import operations
from packetwalk.tables.sysctl import usual_value
from packetwalk.walks.scenario import network

pytestmark = pytest.mark.kernel
HOST = {
    "net.ipv4.ip_forward": "1",
    **{f"net.ipv4.conf.{dev}.rp_filter": "2" for dev in ("all", "default", "lo")},
    **{f"net.ipv4.conf.{dev}.accept_redirects": "0" for dev in ("all", "default")},
    **{f"net.ipv4.conf.{dev}.arp_ignore": "1" for dev in ("all", "default", "lo")},
}
"""Settings of a host with containers, which each new namespace begins with."""


class Inherited(Doing):
    """A namespace of such a host."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.sysctl(HOST)


def settings(keys: list[str]) -> dict[str, str]:
    return {key: Path("/proc/sys", key.replace(".", "/")).read_text().strip() for key in keys}


def test_a_cluster_does_not_begin_with_the_settings_of_its_host(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(building, "Doing", Inherited)
    with building.Lab(operations(network("flannel", "vxlan"))) as lab:
        pod = lab.netns["a"]
        keys = [*HOST, "net.ipv4.conf.eth0.rp_filter", "net.ipv4.conf.eth0.arp_ignore"]
        assert pod.inside(partial(settings, keys)) == {key: usual_value(key) for key in keys}
        node = lab.netns["kind-worker"].inside(partial(settings, ["net.ipv4.ip_forward", "net.ipv4.conf.eth0.rp_filter"]))
        assert node == {"net.ipv4.ip_forward": "1", "net.ipv4.conf.eth0.rp_filter": "0"}
