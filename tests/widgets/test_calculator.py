"""The MTU calculator's lines are the model's sums over every underlay, and its words are the walks'."""

from __future__ import annotations

import pytest

from packetwalk.cni import plugins
from packetwalk.plan.cluster import Cluster
from packetwalk.trace.packet import Packet
from packetwalk.walks.network import Network
from packetwalk.walks.scenario import walk
from packetwalk.widgets.tools.calculator import PARTS, Calculator
from packetwalk.widgets.tools.sums import NARROWEST, WIDEST, Sums, refused, sums
from packetwalk.widgets.tools.traits import wire_of

AROUND = range(-3, 4)
MODES = [pytest.param(each, id=each.key.replace("/", "-")) for each in sums()]


def underlays(of: Sums) -> list[int]:
    """Return narrow and wide ones, and both sides of every place where another line begins."""
    starts = [stretch.start for stretch in of.stretches]
    return sorted({1280, 1400, 1500, WIDEST, *starts, *(start - 1 for start in starts if start > NARROWEST)})


def of_script(of: Sums, underlay: int) -> dict[str, object]:
    """Count as the script of the page does."""
    stretch = [each for each in of.stretches if each.start <= underlay][-1]
    pod, fits = (line.value + line.slope * (underlay - stretch.start) for line in (stretch.pod, stretch.fits))
    whole = stretch.whole.replace("{size}", str(fits + 1)).replace("{fits}", str(fits))
    overhead = dict(stretch.overhead)
    return {"pod_mtu": pod, "fits": fits, "carrier": stretch.carrier, "overhead": overhead, "whole": whole}


@pytest.mark.parametrize("of", MODES)
def test_the_lines_are_the_sums_over_every_underlay(of: Sums) -> None:
    for underlay in range(NARROWEST, WIDEST + 1):
        said, counted = of.at(underlay), of_script(of, underlay)
        assert {name: said[name] for name in counted if name != "whole"} == {
            name: value for name, value in counted.items() if name != "whole"
        }, underlay


@pytest.mark.parametrize("of", MODES)
def test_every_size_around_the_limit_does_what_is_said(of: Sums) -> None:
    for underlay in underlays(of):
        network, counted = Network(Cluster(mtu=underlay), of.found, of.mode), of_script(of, underlay)
        largest = of.at(underlay)["largest_ping"]
        for more in AROUND:
            traces = network.send("a", "b", Packet("icmp", largest + more, df=True)).traces
            answered = any(trace.name == "reply" and trace.disposition == "delivered" for trace in traces)
            assert answered == (more <= 0), (underlay, more)
            if more == 1:
                assert refused(traces) == counted["whole"], underlay


@pytest.mark.parametrize("of", MODES)
def test_the_largest_fills_the_wire_as_the_sum_says(of: Sums) -> None:
    found = of.at(1500)
    frame = wire_of(walk(of.found, of.mode, "cross-node", size=found["largest_ping"], df=True))[0]
    assert frame.size == 14 + found["fits"] + (0 if of.far else found["overhead_total"])


def test_every_mode_is_there_and_every_header_has_its_colour() -> None:
    assert [each.key for each in sums()] == [
        f"{p.name}/{m.name}" for p in plugins().values() for m in p.modes
    ]
    named = {name for each in sums() for stretch in each.stretches for name, _ in stretch.overhead}
    assert named == set(PARTS)


def test_what_encrypts_is_seen_in_the_walk() -> None:
    assert {each.key for each in sums() if each.encrypted} == {
        "calico/wireguard",
        "flannel/wireguard",
        "weave/fastdp-encrypted",
        "weave/sleeve-encrypted",
    }


def test_a_page_without_the_script_has_a_table() -> None:
    html = Calculator()._repr_html_()
    assert html.count("<tr>") == len(sums()) + 1
    assert "flannel vxlan" in repr(Calculator()).lower()
