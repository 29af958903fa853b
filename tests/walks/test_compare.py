"""The figures of the comparison: walked and counted, and what the sources say they are."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest

from packetwalk.walks import compare
from packetwalk.widgets import frames

# (bytes of the frame on the wire for a default ping, pod MTU on 1500, TTL at pod b)
KNOWN = {
    ("flannel", "vxlan"): (148, 1450, 62),
    ("flannel", "vxlan-directrouting"): (98, 1450, 62),
    ("flannel", "host-gw"): (98, 1500, 62),
    ("flannel", "wireguard"): (170, 1420, 62),
    ("flannel", "ipip"): (118, 1480, 62),
    ("flannel", "udp"): (126, 1472, 60),
    ("calico", "ipip"): (118, 1480, 62),
    ("calico", "vxlan"): (148, 1450, 62),
    ("calico", "bgp"): (98, 1500, 62),
    ("calico", "wireguard"): (170, 1440, 62),
    ("weave", "fastdp"): (148, 1376, 64),
    ("weave", "fastdp-encrypted"): (182, 1376, 64),
    ("weave", "sleeve"): (160, 65535, 64),
    ("weave", "sleeve-encrypted"): (184, 65535, 64),
}
MODES = sorted(compare.modes())


@pytest.mark.parametrize("pair", sorted(KNOWN), ids=" ".join)
def test_crossing_is_as_the_sources_say(pair: tuple[str, str]) -> None:
    found = compare.crossing(*pair)
    assert (found.wire_frame, found.pod_mtu, found.ttl) == KNOWN[pair]
    assert found.added == found.wire_frame - 98


@pytest.mark.parametrize("pair", MODES, ids=" ".join)
def test_some_line_picks_the_other_node(pair: tuple[str, str]) -> None:
    found = compare.crossing(*pair)
    assert found.table and "172.18.0.4" in found.decided


@pytest.mark.parametrize("pair", MODES, ids=" ".join)
def test_entries_grow_with_the_peers_or_not_at_all(pair: tuple[str, str]) -> None:
    few, more, many = (compare.entries(*pair, nodes) for nodes in (3, 12, 102))
    for table in many:
        assert (more[table] - few[table]) * 10 == many[table] - more[table], table


def test_entries_of_vxlan_are_one_of_each_kind_per_peer() -> None:
    found = compare.entries("flannel", "vxlan", 1000)
    assert (found["route"], found["neigh"], found["fdb"]) == (999, 999, 999)


class Cells(HTMLParser):
    """The header cells of a table: their scope and their text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.headers: list[tuple[str | None, str]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        if tag == "th":
            self.headers.append((dict(attrs).get("scope"), ""))

    def handle_data(self, data: str) -> None:
        if self.tags[-1:] == ["th"]:
            self.headers[-1] = (self.headers[-1][0], data)


@pytest.mark.parametrize("table", [frames.crossings, frames.deciders, frames.entries])
def test_tables_name_their_rows_and_columns(table) -> None:
    cells = Cells(table()._repr_html_())
    assert cells.tags.count("caption") == 1
    assert all(scope in ("row", "col", "colgroup") and text for scope, text in cells.headers)
    assert sum(scope == "row" for scope, _ in cells.headers) == len(MODES)
