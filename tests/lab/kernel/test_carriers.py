"""A carrier that has just come counts at once, also on a busy machine."""

from __future__ import annotations

from functools import partial

import pytest

from packetwalk.lab.kernel import carriers
from packetwalk.lab.kernel.namespaces import Namespace

pytestmark = pytest.mark.kernel
PAIRS, ROUNDS = 60, 3


def routes_after_both_ends_are_up() -> str:
    """Return what ``ip route`` prints at once where cables have just got their other end."""
    near, far = Namespace("near"), Namespace("far")
    names = [f"v{number}" for number in range(PAIRS)]
    try:
        made = [f"link add {name} type veth peer name {name} netns {far.path}" for name in names]
        made += [f"addr add 10.{number}.0.1/24 dev {name}" for number, name in enumerate(names)]
        made += [f"link set {name} up" for name in names]
        near.run(["ip", "-b", "-"], "\n".join(made) + "\n")
        far.run(["ip", "-b", "-"], "\n".join(f"link set {name} up" for name in names) + "\n")
        near.inside(partial(carriers.take_in, [*names, "lo", "nobody"]))
        return near.run(["ip", "route"])
    finally:
        near.close()
        far.close()


def test_no_route_is_down_when_both_ends_are_up() -> None:
    for _ in range(ROUNDS):
        printed = routes_after_both_ends_are_up()
        assert printed.count("scope link") == PAIRS
        assert "linkdown" not in printed
