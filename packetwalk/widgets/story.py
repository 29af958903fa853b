"""A story of control planes on a page and in a live notebook: its timeline, beside another one if wanted.

The page holds what happened, and of each stretch of time the walk of a packet that is sent then; a page without a script
has the same as a list.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cached_property
from html import escape
from typing import Any

import anywidget
import traitlets

from packetwalk.control import flows
from packetwalk.control.flows import ClientFlow, flow
from packetwalk.control.probe import PingSpan, probed, spans
from packetwalk.control.stories import story, told
from packetwalk.control.text import said, text
from packetwalk.control.timeline import SECOND
from packetwalk.widgets.pack import pack
from packetwalk.widgets.player import built

ITEMS = 20
Pinged = tuple[str, str, list[PingSpan]]


class ToldStory:
    """One story as it happens in the model, and what becomes of the pings meanwhile."""

    def __init__(self, name: str) -> None:
        """Raise BadInput for a story that there is not."""
        found = story(name)
        self.name = name
        self.timeline, self.network = told(found)
        self._pings = found.pings
        self._flows = [flow(*each) for each in found.flows]

    @cached_property
    def pinged(self) -> list[Pinged]:
        """Who pings whom, and what becomes of it, from change to change."""
        return [(src, dst, list(spans(self.network, self.timeline, src, dst))) for src, dst in self._pings]

    @cached_property
    def flowed(self) -> list[tuple[ClientFlow, list[PingSpan]]]:
        """Whose sockets stay open, and who answers them, from change to change."""
        return [(each, list(flows.spans(self.network, self.timeline, each))) for each in self._flows]

    def json(self) -> dict[str, Any]:
        """Return what the element reads."""
        probes = [probed(*each, walks=True) for each in self.pinged]
        probes += [flows.probed(*each, walks=True) for each in self.flowed]
        return self.timeline.json() | {"name": self.name, "probes": probes}

    def __str__(self) -> str:
        return text(self.timeline, self.pinged, self.flowed).rstrip()


class StoryPlayer(anywidget.AnyWidget):
    """Plays one story, or two on one clock; ``repr`` is what happens, as text."""

    _esm = built("timeline")
    timeline = traitlets.Unicode().tag(sync=True)

    def __init__(self, *stories: ToldStory) -> None:
        self._stories = stories
        super().__init__(timeline=json.dumps(pack(page_of(stories))))
        self.on_msg(self._asked)

    def _asked(self, _, content: dict, __) -> None:
        """Hand the walk's player to an element that wants to send a packet."""
        if content.get("type") == "player":
            self.send({"type": "player", "player": built().read_text(encoding="utf-8")})

    def __repr__(self) -> str:
        return "\n\n".join(map(str, self._stories))

    def _repr_mimebundle_(self, **kwargs):
        """Return the live widget, the page's element, and the text."""
        bundle = super()._repr_mimebundle_(**kwargs)
        data, metadata = bundle if isinstance(bundle, tuple) else (bundle or {}, {})
        return {**data, "text/plain": repr(self), "text/html": story_element(self._stories)}, metadata


def page_of(stories: tuple[ToldStory, ...]) -> dict[str, Any]:
    """Return what a page holds for the element."""
    return {"stories": [each.json() for each in stories]}


def story_element(stories: tuple[ToldStory, ...]) -> str:
    """Return a ``<packetwalk-timeline>`` element, called as its first story; its script is that of a walk, so that a page packs both together."""
    data = json.dumps(pack(page_of(stories)), separators=(",", ":")).replace("<", "\\u003c")
    beside = " beside" if len(stories) > 1 else ""
    known = escape(stories[0].name)  # a link to a moment names the story
    names = escape(" ".join(each.name for each in stories))
    words = "".join(part for each in stories for part in _words(each))
    return (
        f'<packetwalk-timeline id="{known}" names="{names}"{beside}>\n'
        f'<script type="application/json" class="walk">{data}</script>\n'
        f'<div class="walk-words">{words}</div>\n</packetwalk-timeline>'
    )


def _words(of: ToldStory) -> Iterator[str]:
    """Yield what happens as a list, and then what becomes of the pings."""
    yield f"<p><b>{escape(of.timeline.title)}.</b></p>"
    yield f'<ol class="walk-steps">{"".join(_items(of))}</ol>'
    for src, dst, found in of.pinged:
        yield from _spoken(f"ping {src} to {dst}", found)
    for each, found in of.flowed:
        yield from _spoken(str(each), found)


def _spoken(what: str, found: list[PingSpan]) -> Iterator[str]:
    """Yield what is sent, and what becomes of it as a list."""
    yield f"<p><b>{escape(what)}</b></p>"
    items = (
        f"<li><b>{each.start / SECOND:.3f} to {each.until / SECOND:.3f} s</b> "
        f"{'answered' if each.answered else 'lost'}: {escape(each.what)}</li>"
        for each in found
    )
    yield f'<ol class="walk-steps">{"".join(items)}</ol>'


def _items(of: ToldStory) -> Iterator[str]:
    """Yield the first things that happen; the timeline and the command list all."""
    every = list(said(of.timeline))
    for at, what in every[:ITEMS]:
        yield f"<li><b>{at / SECOND:.3f} s</b> {escape(what)}</li>"
    if every[ITEMS:]:
        more = f"{len(every) - ITEMS} more: <code>packetwalk timeline {escape(of.name)}</code>"
        yield f"<li>{more}</li>"
