"""Who holds a BGP session or a mesh connection with whom: pyvis keeps the graph, a page gets it as one inline SVG.

Coordinates are fixed and physics is off, so the picture is the same at every build; the SVG needs
no script, no file of its own and no other host, and takes its colours from the page.
"""

from __future__ import annotations

from html import escape
from itertools import combinations
from math import cos, pi, sin

from pyvis.network import Network

from packetwalk.plan.cluster import Cluster

RING, INNER, DOT = 150, 42, 15  # radii in the units of the drawing
HALF = RING + DOT + 5
INK, SOFT, PAPER, CLIENT, REFLECTOR = (
    "var(--ink,currentColor)",
    "var(--soft,currentColor)",
    "var(--paper,Canvas)",
    "var(--pw-ip,#2563eb)",
    "var(--pw-vxlan,#b45309)",
)


def sessions(nodes: int, reflectors: int = 0) -> int:
    """Count the BGP sessions among ``nodes`` when ``reflectors`` of them are route reflectors.

    Without reflectors every pair has one.  With them a node peers with every reflector and the
    reflectors peer with each other; two nodes that are no reflectors do not.
    """
    if not 0 <= reflectors <= nodes:
        raise ValueError(f"reflectors is {reflectors}: valid are 0 to {nodes}")
    if not reflectors:
        return nodes * (nodes - 1) // 2
    return reflectors * (nodes - reflectors) + reflectors * (reflectors - 1) // 2


class Sessions:
    """The BGP sessions of a cluster; ``network`` is the pyvis graph, ``repr`` says it in words."""

    word = "sessions"

    def __init__(self, nodes: int = 12, reflectors: int = 0) -> None:
        """Raise ValueError when there are more reflectors than nodes."""
        self.nodes, self.reflectors = nodes, reflectors
        self.count = sessions(nodes, reflectors)
        self.network = Network(cdn_resources="in_line")
        self.network.toggle_physics(False)
        self._place(Cluster(nodes=nodes, pods_per_node=1))

    def _place(self, cluster: Cluster) -> None:
        """Put nodes on a ring, reflectors inside of it, and an edge for each session."""
        for index, node in enumerate(cluster.nodes):
            inner = index < self.reflectors
            place, places = (
                (index, self.reflectors) if inner else (index - self.reflectors, self.nodes - self.reflectors)
            )
            radius = INNER if inner else RING
            turn = 2 * pi * place / places - (pi if inner else pi / 2)
            self.network.add_node(
                index,
                label=str(index + 1),
                title=f"{node.name}, {node.address}",
                x=round(radius * cos(turn), 1),
                y=round(radius * sin(turn), 1),
                physics=False,
                shape="square" if inner else "dot",
                group="reflector" if inner else "node",
            )
        for one, other in combinations(range(self.nodes), 2):
            if self._joined(one, other):
                self.network.add_edge(one, other, physics=False)

    def _joined(self, one: int, other: int) -> bool:
        return not self.reflectors or one < self.reflectors

    @property
    def title(self) -> str:
        """What is shown, in a line."""
        if not self.reflectors:
            return f"Full mesh: {self.nodes} nodes, {self.count} sessions"
        return f"{self.reflectors} route reflectors: {self.nodes} nodes, {self.count} sessions"

    def __repr__(self) -> str:
        ends = [edge[end] for edge in self.network.edges for end in ("from", "to")]
        words = (
            f"node {node['label']:>3}  {ends.count(node['id']):>3} {self.word}"
            + ("  route reflector" if node["group"] == "reflector" else "")
            for node in self.network.nodes
        )
        return "\n".join([self.title, *words])

    def _repr_html_(self) -> str:
        return f'<figure style="margin:1.2rem 0">{self.svg()}{self._caption()}</figure>'

    def _caption(self) -> str:
        return f"<figcaption>{escape(self.title)}</figcaption>"

    def svg(self) -> str:
        """Return the graph as an SVG element that names itself to screen readers."""
        at = {node["id"]: node for node in self.network.nodes}
        lines = "".join(
            f'<path d="M{at[e["from"]]["x"]} {at[e["from"]]["y"]}L{at[e["to"]]["x"]} {at[e["to"]]["y"]}"/>'
            for e in self.network.edges
        )
        box = f"{-HALF} {-HALF} {2 * HALF} {2 * HALF}"
        return (
            f'<svg viewBox="{box}" role="img" aria-label="{escape(self.title)}" '
            f'style="width:100%;max-width:{2 * HALF}px;height:auto;display:block">'
            f'<g stroke="{SOFT}" stroke-opacity=".55">{lines}</g>'
            f"{''.join(_mark(node) for node in self.network.nodes)}</svg>"
        )


class Connections(Sessions):
    """The connections of a Weave mesh: every peer with every other, but for the pairs in ``cut``.

    Peers are numbered from 1, as they are drawn.
    """

    word = "connections"

    def __init__(self, peers: int = 12, cut: tuple[tuple[int, int], ...] = ()) -> None:
        """Raise ValueError for a pair that is none of two different peers."""
        for one, other in cut:
            if one == other or not {one, other} <= set(range(1, peers + 1)):
                raise ValueError(f"cut is {(one, other)}: valid are two different peers of 1 to {peers}")
        self.cut = {frozenset(pair) for pair in cut}
        super().__init__(peers)
        self.count -= len(self.cut)

    def _joined(self, one: int, other: int) -> bool:
        return frozenset((one + 1, other + 1)) not in self.cut

    @property
    def title(self) -> str:
        """What is shown, in a line."""
        lost = f", {len(self.cut)} cut" if self.cut else ""
        return f"Weave's mesh: {self.nodes} peers, {self.count} connections{lost}"


def side_by_side(*graphs: Sessions) -> SideBySide:
    """Show graphs beside each other where there is room, below each other where there is not."""
    return SideBySide(graphs)


class SideBySide:
    """Several graphs as one figure."""

    def __init__(self, graphs: tuple[Sessions, ...]) -> None:
        self.graphs = graphs

    def __repr__(self) -> str:
        return "\n\n".join(map(repr, self.graphs))

    def _repr_html_(self) -> str:
        cells = "".join(
            f'<div style="flex:1 1 17rem;max-width:{2 * HALF}px">{graph._repr_html_()}</div>'
            for graph in self.graphs
        )
        return f'<div style="display:flex;flex-wrap:wrap;gap:0 2rem">{cells}</div>'


def _mark(node: dict) -> str:
    """Return a node: a square for a reflector, else a disc, with its number and a tooltip."""
    x, y, inner = node["x"], node["y"], node["group"] == "reflector"
    colour = f'fill="{PAPER}" stroke="{REFLECTOR if inner else CLIENT}" stroke-width="3"'
    shape = (
        f'<rect x="{x - DOT}" y="{y - DOT}" width="{2 * DOT}" height="{2 * DOT}" rx="4" {colour}/>'
        if inner
        else f'<circle cx="{x}" cy="{y}" r="{DOT}" {colour}/>'
    )
    return (
        f"<g><title>{escape(node['title'])}</title>{shape}"
        f'<text x="{x}" y="{y}" dy=".35em" text-anchor="middle" fill="{INK}" '
        f'font-family="sans-serif" font-size="15">{escape(node["label"])}</text></g>'
    )
