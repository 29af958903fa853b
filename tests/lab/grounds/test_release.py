"""A lab is of the release that kind installs, on every ground."""

from __future__ import annotations

import pytest

from packetwalk import lab
from packetwalk.cni import plugin
from packetwalk.lab.plugins import installations
from packetwalk.proof import compare


@pytest.mark.parametrize("name", installations())
def test_what_kind_installs_is_a_release_of_the_plan(name: str) -> None:
    each = installations()[name]
    assert plugin(name, each.release).release.name in each.version


def test_a_lab_of_calico_has_the_routes_and_faults_of_that_release() -> None:
    with lab.open("calico", "ipip", "model") as made:
        node = made.node("kind-worker")
        assert "dev tunl0 proto bird metric 1024 onlink" in node.run("ip route")
        recorded = made.capture("a", "b")
        assert recorded.about["release"] == "3.32"
        assert not list(compare.compare(recorded))
        assert "[Calico v3.32.1, computed]" in repr(made.walk("a", "b"))
        made.fault("bgp-down")
        assert "tunl0" not in node.run("ip route")
