"""The page that asks a recording of the reader's: what it holds before anybody gives one, and what of it notebooks share."""

from __future__ import annotations

import json
from html import escape
from pathlib import Path
from tempfile import TemporaryDirectory

from packetwalk.capture.recording import Recording
from packetwalk.why import Diagnosis, found, load, why
from packetwalk.why.page import TITLES, answered, overview

STYLES = ("desk", "why")


class WhyPage:
    """Where a reader gives a recording; ``repr``, and what is read before that, is the answer about an example."""

    def __init__(self, example: Recording | Path | str) -> None:
        loaded = load(given(example))
        src, dst = overview(loaded)["first"]
        self._told, self._page = why(loaded, src, dst), answered(loaded, "why", src, dst, {})

    def __repr__(self) -> str:
        return str(self._told)

    def _repr_html_(self) -> str:
        data = json.dumps({"why": self._page}, separators=(",", ":")).replace("<", "\\u003c")
        private = "<p>This page asks your recording by a script of its own; without one, <code>packetwalk why</code> asks it.</p>"
        return f'<style>{style()}</style>\n<walk-why>{private}{lines(self._told)}\n<script type="application/json">{data}</script></walk-why>'


def given(recording: Recording | Path | str) -> Recording:
    """Return a recording: itself, or what ``packetwalk.why.found`` makes of a name; BadInput for what is none."""
    if isinstance(recording, Recording):
        return recording
    with TemporaryDirectory() as place:
        return found([recording], Path(place))


def lines(told: Diagnosis) -> str:
    """Return the answer's lines as HTML, for readers without a script."""
    (_, head), *rest = told.told
    rows = "".join(f"<div><dt>{TITLES[name]}</dt><dd>{escape(text)}</dd></div>" for name, text in rest)
    return f"<p><b>{escape(head)}</b></p><dl>{rows}</dl>"


def style() -> str:
    """Return what the element looks like."""
    return "".join(
        "".join(Path(__file__).with_name(f"{each}.css").read_text().splitlines()) for each in STYLES
    )
