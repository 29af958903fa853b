"""What survives what, as a table for a page: each cell is computed from a story, and opens it."""

from __future__ import annotations

from html import escape

import pandas as pd

from packetwalk.cni import plugins
from packetwalk.control.survival import EVENTS, Survival, survivals
from packetwalk.widgets.frames import CaptionedTable, Marked

PAGE = "{plugin}/in-time.html#moment=0&el={story}"
"""Where a story is told, from the page of the table."""
NONE = Marked("not told here", "not told here")


def survival_table() -> CaptionedTable:
    """Return what becomes of traffic between pods, event by event, in each mode that has a control plane in time."""
    cells = {(each.story.event, (each.story.plugin, each.story.mode)): each for each in survivals()}
    columns = list(dict.fromkeys(which for _, which in cells))
    frame = pd.DataFrame(
        {
            f"{plugins()[plugin].title}, {mode}": [
                _cell(found) if (found := cells.get((event, (plugin, mode)))) else NONE for event in EVENTS
            ]
            for plugin, mode in columns
        },
        index=pd.Index(list(EVENTS.values()), name="What happens"),
    )
    return CaptionedTable(
        frame,
        "Pings from pod a to a pod of another node; times are the model's, a recording's lie within what the timers allow",
    )


def _cell(found: Survival) -> Marked:
    said = str(found)
    words = said[0].upper() + said[1:]
    where = PAGE.format(plugin=found.story.plugin, story=found.story.name)
    link = f'<a href="{escape(where)}">{escape(words)}</a> ({found.evidence})'
    return Marked(f"{words} ({found.evidence})", link)
