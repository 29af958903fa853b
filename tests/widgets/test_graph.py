"""The graphs of BGP sessions: their sums, their places, their SVG."""

from __future__ import annotations

from itertools import combinations
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from packetwalk.widgets.graph import Connections, Sessions, sessions, side_by_side


@pytest.mark.parametrize(
    ("nodes", "reflectors", "count"),
    [(3, 0, 3), (12, 0, 66), (100, 0, 4950), (12, 2, 21), (100, 2, 197), (12, 1, 11), (12, 12, 66)],
)
def test_the_sums_of_the_book(nodes: int, reflectors: int, count: int) -> None:
    assert sessions(nodes, reflectors) == count


@given(st.integers(2, 40).flatmap(lambda n: st.tuples(st.just(n), st.integers(0, n))))
def test_the_sum_is_the_number_of_edges_drawn(size: tuple[int, int]) -> None:
    graph = Sessions(*size)
    assert len(graph.network.edges) == graph.count == sessions(*size)


def test_more_reflectors_than_nodes_are_refused() -> None:
    with pytest.raises(ValueError, match="valid are 0 to 3"):
        sessions(3, 4)


def test_two_clients_of_reflectors_hold_no_session() -> None:
    edges = {(edge["from"], edge["to"]) for edge in Sessions(12, 2).network.edges}
    assert (0, 1) in edges
    assert not [pair for pair in combinations(range(2, 12), 2) if pair in edges]


def test_pyvis_holds_fixed_places_and_no_physics() -> None:
    graph = Sessions(12, 2)
    assert not [node for node in graph.network.nodes if node["physics"]]
    assert len({(node["x"], node["y"]) for node in graph.network.nodes}) == 12
    assert graph.network.nodes == Sessions(12, 2).network.nodes


@pytest.mark.parametrize("graph", [Sessions(12), Sessions(12, 2)])
def test_the_svg_shows_every_node_and_session_without_help(graph: Sessions) -> None:
    svg = ElementTree.fromstring(graph.svg())
    assert len(svg.findall("./g/path")) == graph.count
    assert [text.text for text in svg.findall("./g/text")] == [str(i) for i in range(1, 13)]
    assert svg.get("role") == "img" and svg.get("aria-label") == graph.title
    html = side_by_side(graph)._repr_html_()
    assert "http" not in html and "<script" not in html
    assert len(html) < 12_000


def test_the_words_say_what_the_picture_shows() -> None:
    words = repr(side_by_side(Sessions(12), Sessions(12, 2)))
    assert words.startswith("Full mesh: 12 nodes, 66 sessions\nnode   1   11 sessions")
    assert "node   2   11 sessions  route reflector\nnode   3    2 sessions" in words
    assert " at 0x" not in words


def test_weave_connects_every_pair_but_those_cut() -> None:
    whole, cut = Connections(12), Connections(12, cut=((2, 3), (3, 2), (4, 9)))
    assert (whole.count, len(whole.network.edges)) == (66, 66)
    assert (cut.count, len(cut.network.edges)) == (64, 64)
    assert "node   2   10 connections" in repr(cut) and "2 cut" in cut.title


@pytest.mark.parametrize("pair", [(1, 1), (0, 2), (3, 13)])
def test_a_cut_needs_two_peers(pair: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="valid are two different peers of 1 to 12"):
        Connections(12, cut=(pair,))
