"""Tables for pages and notebooks: a pandas DataFrame that shows itself so that everybody can read it."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from itertools import groupby

import pandas as pd

from packetwalk.walks import compare

KINDS = {
    "Routes": ("route",),
    "Neighbours": ("neigh",),
    "FDB entries": ("fdb",),
    "Rules": ("iptables",),
    "Peers": ("wg", "proxy", "connections"),
}


@dataclass(frozen=True)
class Marked:
    """Text that has a form in HTML: a link, a line of a table."""

    text: str
    html: str

    def __str__(self) -> str:
        return self.text


def code(text: str) -> Marked:
    """Return text that is set as code."""
    return Marked(text, f"<code>{escape(text)}</code>" if text else "")


class CaptionedTable:
    """A DataFrame with a caption; in a page a table with header cells, as text what pandas prints.

    ``frame`` is the DataFrame, for whoever wants to compute with it.
    """

    def __init__(self, frame: pd.DataFrame, caption: str) -> None:
        self.frame, self.caption = frame, caption

    def __repr__(self) -> str:
        return f"{self.caption}\n{self.frame.to_string(max_colwidth=70)}"

    def _repr_html_(self) -> str:
        rows = [_row(label, values) for label, *values in self.frame.itertuples(name=None)]
        return (
            f'<table class="dataframe"><caption>{escape(self.caption)}</caption>'
            f"<thead>{_head(self.frame)}</thead><tbody>{''.join(rows)}</tbody></table>"
        )


def _head(frame: pd.DataFrame) -> str:
    """Return the header rows: one, or two where columns are grouped."""
    corner = escape(str(frame.index.name or ""))
    names = [str(name[-1] if isinstance(name, tuple) else name) for name in frame.columns]
    row = "".join(
        f'<th scope="col"{_align(value)}>{escape(name)}</th>'
        for name, value in zip(names, next(frame.itertuples(index=False)), strict=True)
    )
    if not isinstance(frame.columns, pd.MultiIndex):
        return f'<tr><th scope="col">{corner}</th>{row}</tr>'
    groups = [(name, len(list(found))) for name, found in groupby(first for first, _ in frame.columns)]
    above = "".join(
        f'<th scope="colgroup" colspan="{width}" class="text-center">{escape(str(name))}</th>'
        for name, width in groups
    )
    return f'<tr><th scope="col" rowspan="2">{corner}</th>{above}</tr><tr>{row}</tr>'


def _row(label: object, values: list) -> str:
    cells = "".join(f"<td{_align(value)}>{_cell(value)}</td>" for value in values)
    return f'<tr><th scope="row">{_cell(label)}</th>{cells}</tr>'


def _align(value: object) -> str:
    return ' class="text-right"' if isinstance(value, int) else ""


def _cell(value: object) -> str:
    return value.html if isinstance(value, Marked) else escape(str(value))


def crossings() -> CaptionedTable:
    """Return one default ping through every mode: bytes, MTU, TTL, and who picks the other node."""
    found = compare.crossings()
    frame = pd.DataFrame(
        {
            "In the pod": [each.pod_frame for each in found],
            "On the wire": [each.wire_frame for each in found],
            "Added": [each.added for each in found],
            "Pod MTU": [each.pod_mtu for each in found],
            "TTL at b": [each.ttl for each in found],
            "IP hops": [each.hops for each in found],
            "Headers on the wire": [" ".join(each.stack) for each in found],
        },
        index=pd.Index([f"{each.plugin} {each.mode}" for each in found], name="Mode"),
    )
    return CaptionedTable(
        frame,
        "A default ping from pod a to pod b on another node in the same subnet, in "
        "bytes of frame; the pod's MTU on an underlay of 1500",
    )


def deciders() -> CaptionedTable:
    """Return for every mode the line on the sending node that picks the other node."""
    found = compare.crossings()
    frame = pd.DataFrame(
        {
            "Table": [each.table or "none" for each in found],
            "Line": [code(each.decided) for each in found],
        },
        index=pd.Index([f"{each.plugin} {each.mode}" for each in found], name="Mode"),
    )
    return CaptionedTable(frame, "The first line on kind-worker that names the other node, 172.18.0.4")


def entries(sizes: tuple[int, ...] = (3, 100, 1000)) -> CaptionedTable:
    """Return how many entries of each kind a node holds in clusters of these sizes."""
    pairs = list(compare.modes())
    counted = {(pair, size): compare.entries(*pair, size) for pair in pairs for size in sizes}
    frame = pd.DataFrame(
        {
            (title, f"{size:,}"): [sum(counted[pair, size][table] for table in tables) for pair in pairs]
            for title, tables in KINDS.items()
            for size in sizes
        },
        index=pd.Index([" ".join(pair) for pair in pairs], name="Mode"),
    )
    *some, last = (f"{size:,}" for size in sizes)
    return CaptionedTable(
        frame,
        "What the plugin writes on one node with two pods, counted in its plan, in "
        f"clusters of {', '.join(some)} and {last} nodes; a peer is a WireGuard peer, a "
        "connection of weaver or of the udp proxy",
    )
