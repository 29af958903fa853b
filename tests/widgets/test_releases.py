"""What is said of releases beside each other: every line has its origin, and no packet ends otherwise."""

from __future__ import annotations

import gzip
import json

import pytest

from packetwalk.cni import plugin
from packetwalk.plan.kube_proxy_releases import RELEASES, differing
from packetwalk.plan.rules import NFTABLES
from packetwalk.policy import gather
from packetwalk.walks import releases
from packetwalk.walks.scenario import walk
from packetwalk.walks.walk import Walk
from packetwalk.widgets import bundle
from packetwalk.widgets.markup import element
from packetwalk.widgets.pack import unpack
from packetwalk.widgets.releases import alike, changes, of_kube_proxy


def frames(of: Walk) -> list[tuple]:
    return [(step.netns, step.dev, step.after) for trace in of.traces for step in trace.frames()]


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
    proxies = tuple(each.name for each in differing(NFTABLES))
    assert releases.choosable("calico", "ipip") == {"iptables": ("3.33", "3.32"), NFTABLES: proxies}
    assert releases.choosable("calico", "vxlan") == {NFTABLES: proxies}
    assert releases.lines("calico", "vxlan", "3.32")  # a line that no walk meets
    assert "releases" not in bundle.catalogue(bundle.offer("weave", "sleeve"))
    offered = bundle.catalogue(bundle.offer("flannel", "udp"))["releases"]
    assert offered == {"iptables": ["0.28.9", "0.20.2"], NFTABLES: list(proxies)}


@pytest.mark.parametrize(("name", "mode", "older"), PAIRS)
def test_other_lines_decide_and_nothing_else(name: str, mode: str, older: str) -> None:
    """The page says so of every walk: the same end, the same frames."""
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
        json.loads(gzip.decompress((tmp_path / f"{file}.json.gz").read_bytes()))
        for file in ("shared", "3.32/cross-node/none")
    )
    assert tmp_path / "3.32" / "cross-node" / "none.json.gz" in written
    found = unpack(own, shared)["walks"]["icmp/56/0/0"]
    assert found["options"]["release"] == "3.32" and found["holds_for"] == "Calico v3.32.1"
    assert tmp_path / NFTABLES / "kube-proxy-1.35" / "service" / "none.json.gz" in written


DENY = """
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: deny, namespace: default}
spec: {podSelector: {}}
"""
OTHER_PROXIES = [
    (name, mode.name, each.name)
    for name in ("calico", "flannel")
    for mode in plugin(name).modes[:1]
    for each in differing(NFTABLES)[1:]
]


@pytest.mark.parametrize(("name", "mode", "release"), OTHER_PROXIES)
def test_another_kube_proxy_decides_by_other_lines_and_nothing_else(name: str, mode: str, release: str) -> None:
    assert "service" in releases.differing(name, mode, release, NFTABLES)
    assert releases.differing(name, mode, release) == ()
    for scenario in releases.differing(name, mode, release, NFTABLES):
        new, old = (walk(name, mode, scenario, rules=NFTABLES, release=each) for each in (None, release))
        assert (new.disposition, frames(new)) == (old.disposition, frames(old)), scenario


def test_each_changed_line_has_the_release_that_changed_it() -> None:
    def marked(*form: str | None) -> dict[str, str]:
        mode, scenario, rules, release = form
        of = walk("flannel", mode, scenario, rules=rules or "iptables", release=release).to_json()["tables"]
        return {table["lines"][int(k)].strip(): to for table in of.values() for k, to in table.get("changed", {}).items()}

    drawn = "meta l4proto tcp dnat ip to numgen random mod 1 map { 0 : 10.244.2.2 . 8080 }"
    sole = "meta l4proto tcp dnat to 10.244.2.2:8080"
    assert marked("vxlan", "service", NFTABLES, None) == {drawn: "kube-proxy 1.36"}
    assert marked("vxlan", "service", NFTABLES, "kube-proxy-1.37") == {sole: "kube-proxy 1.37"}
    old = marked("vxlan", "service", NFTABLES, "kube-proxy-1.34")
    assert {*old.values()} == {"kube-proxy 1.36"} and "masquerade fully-random" in old
    assert not any("kube-proxy" in each for each in marked("vxlan", "service", None, None).values())
    assert {*marked("host-gw", "cross-node", None, None).values()} == {"Flannel 0.28.9"}
    assert marked("host-gw", "same-node", NFTABLES, None) == {}


def test_a_walk_under_policies_marks_nothing() -> None:
    """What a plugin writes under policies is known of the release alone that is meant."""
    assert walk("calico", "ipip", policies=gather(texts={"deny.yaml": DENY})).changed is None


def test_what_is_broken_is_no_change_of_a_release() -> None:
    """The fault alters BIRD's route; the others are Felix's, which 3.33 changed."""
    broken = walk("calico", "ipip", "cross-node", fault="mtu-mismatch")
    whole = walk("calico", "ipip", "cross-node")
    assert broken.changed and whole.changed
    assert broken.changed("kind-worker") == whole.changed("kind-worker")


def test_the_text_of_another_release_marks_its_lines() -> None:
    assert "(changed in Calico 3.33)" in str(walk("calico", "ipip", release="3.32"))
    assert "(changed in" not in str(walk("calico", "ipip"))


def test_tables_of_kube_proxy_name_each_release_once() -> None:
    named = ", ".join(alike().frame["Releases that write the same"]).split(", ")
    assert sorted(named) == sorted([each.number for each in RELEASES] * 2)
    assert {*of_kube_proxy().frame.index} == {each.number for each in differing(NFTABLES)}
