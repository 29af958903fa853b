"""What is said of releases beside each other: every line has its origin, and no packet ends otherwise."""

from __future__ import annotations

import gzip
import json

import pytest

from packetwalk.cni import plugin
from packetwalk.walks import releases
from packetwalk.walks.scenario import walk
from packetwalk.walks.walk import Walk
from packetwalk.widgets import bundle
from packetwalk.widgets.markup import element
from packetwalk.widgets.pack import unpack
from packetwalk.widgets.releases import changes

PAIRS = [(name, mode.name, older) for name, older in releases.several() for mode in plugin(name).modes]


@pytest.mark.parametrize(("name", "older"), releases.several())
def test_every_line_has_a_release_an_author_and_a_source(name: str, older: str) -> None:
    frame = changes(name, older).frame
    assert {*frame.index} <= {older, plugin(name).release.name}
    assert len(frame) > 0 and not (frame == "").any(axis=None)


def test_what_kube_proxy_writes_is_no_part_of_a_release() -> None:
    found = releases.lines("flannel", "vxlan", "0.20.2")
    assert {line.by for line in found} == {"flanneld"}
    jumps = {line.release: line.place for line in found if line.line.endswith("-j FLANNEL-POSTRTG")}
    assert jumps == {"0.20.2": "nat POSTROUTING, rule 1 of 2", "0.28.9": "nat POSTROUTING, rule 2 of 2"}


def test_releases_are_offered_only_where_a_walk_is_another() -> None:
    assert releases.choosable("calico", "ipip") == ("3.33", "3.32")
    assert releases.choosable("calico", "vxlan") == ("3.33",)
    assert releases.lines("calico", "vxlan", "3.32")  # a line that no walk meets
    assert "releases" not in bundle.catalogue(bundle.offer("calico", "bgp"))
    assert bundle.catalogue(bundle.offer("flannel", "udp"))["releases"] == ["0.28.9", "0.20.2"]


@pytest.mark.parametrize(("name", "mode", "older"), PAIRS)
def test_other_lines_decide_and_nothing_else(name: str, mode: str, older: str) -> None:
    """The page says so of every walk: the same end, the same frames."""

    def frames(of: Walk) -> list[tuple]:
        return [(step.netns, step.dev, step.after) for trace in of.traces for step in trace.frames()]

    for scenario in releases.differing(name, mode, older):
        new, old = (walk(name, mode, scenario, release=each) for each in (None, older))
        assert (new.disposition, frames(new)) == (old.disposition, frames(old)), scenario


def test_an_element_of_an_older_release_says_which() -> None:
    assert ' release="3.32"' in element(walk("calico", "ipip", release="3.32"))
    assert " release=" not in element(walk("calico", "ipip", release="3.33"))


def test_walks_of_an_older_release_are_made_ahead(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(bundle, "choices", lambda of: iter(()))
    written = bundle.write_choices("calico", "ipip", tmp_path, gzip.compress)
    shared, own = (
        json.loads(gzip.decompress((tmp_path / "3.32" / f"{file}.json.gz").read_bytes()))
        for file in ("shared", "cross-node/none")
    )
    assert tmp_path / "3.32" / "cross-node" / "none.json.gz" in written
    found = unpack(own, shared)["walks"]["icmp/56/0/0"]
    assert found["options"]["release"] == "3.32" and found["holds_for"] == "Calico v3.32.1"
