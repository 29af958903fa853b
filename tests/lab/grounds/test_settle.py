"""What a plugin does about a fault comes only when it has noticed: the mesh of Weave Net leads around a wall."""

from __future__ import annotations

import pytest

from packetwalk import lab


@pytest.mark.parametrize("ground", ["model", pytest.param("netns", marks=pytest.mark.kernel)])
def test_a_cut_link_is_led_around_once_it_was_noticed(ground: str) -> None:
    with lab.open("weave", "sleeve", ground=ground) as cluster:
        cluster.settle()
        assert cluster.network.fault is None
        cluster.fault("link-cut")
        assert not cluster.pod("a").ping("b").ok
        cluster.settle()
        assert cluster.pod("a").ping("b").ok
        frames = cluster.capture("a", "b").packet().frames
        assert {each.netns for each in frames} >= {"kind-control-plane"}
        cluster.node("kind-worker").run("iptables -D INPUT -s 172.18.0.4/32 -j DROP")
        cluster.settle()
        assert "172.18.0.4" not in cluster.node("kind-worker").run("iptables -S INPUT")
        cluster.mend()
        assert not {each.netns for each in cluster.capture("a", "b").packet().frames} & {"kind-control-plane"}


def test_a_fault_that_nobody_does_anything_about_stays() -> None:
    with lab.open("flannel", "vxlan", ground="model") as cluster:
        cluster.fault("missing-route")
        cluster.node("kind-worker").run("ip route add 10.9.0.0/16 via 172.18.0.1")
        cluster.settle()
        assert "10.9.0.0/16" in cluster.node("kind-worker").run("ip route"), "nothing is made anew"
        assert not cluster.pod("a").ping("b").ok
