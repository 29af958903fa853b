"""What survives what, as a table for a page: each cell is computed from a story, and opens it."""

from __future__ import annotations

import json
from html import escape

import pandas as pd

from packetwalk.cni import plugins
from packetwalk.control.survival import EVENTS, Survival, survivals
from packetwalk.widgets.frames import CaptionedTable, Marked
from packetwalk.widgets.pack import pack
from packetwalk.widgets.story import ToldStory


def survival_table(plugin: str) -> CaptionedTable:
    """Return what becomes of traffic between pods, event by event, in each mode of a plugin with a control plane in time."""
    cells = {(each.story.event, each.story.mode): each for each in survivals() if each.story.plugin == plugin}
    modes = list(dict.fromkeys(mode for _, mode in cells))
    events = [event for event in EVENTS if any((event, mode) in cells for mode in modes)]
    frame = pd.DataFrame(
        {mode: [_cell(cells.get((event, mode))) for event in events] for mode in modes},
        index=pd.Index([EVENTS[event] for event in events], name="What happens"),
    )
    return CaptionedTable(frame, f"{plugins()[plugin].title}: pings from pod a to a pod of another node")


def _cell(found: Survival | None) -> Marked:
    if found is None:
        return Marked("not told", "not told")
    said = str(found)
    words = said[0].upper() + said[1:]
    link = f'<a href="#story={escape(found.story.name)}">{escape(words)}</a> ({found.evidence})'
    return Marked(f"{words} ({found.evidence})", link)


class ToldStories:
    """The stories behind the cells, told one at a time where a page has a script; as text their names."""

    def __init__(self) -> None:
        self.stories = [each.story for each in survivals()]

    def __repr__(self) -> str:
        lines = (f"  {each.name:<34}{each.plugin} {each.mode}: {each.title}" for each in self.stories)
        return "\n".join(["play_story(NAME) plays one:", *lines])

    def _repr_html_(self) -> str:
        told = [ToldStory(each.name).json() for each in self.stories]
        data = json.dumps(pack({"stories": told}), separators=(",", ":")).replace("<", "\\u003c")
        return (
            f'<packetwalk-stories names="{" ".join(each.name for each in self.stories)}">\n'
            f'<script type="application/json" class="walk">{data}</script>\n'
            '<packetwalk-timeline id="story" unlinked></packetwalk-timeline></packetwalk-stories>'
        )
