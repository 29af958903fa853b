"""A recording that is asked in a live notebook: the element of the book's page, answered by the notebook's kernel."""

from __future__ import annotations

import json

import anywidget
import traitlets

from packetwalk.trace.packet import PacketOptions
from packetwalk.why.loading import Loaded
from packetwalk.why.page import answered, asked_of, overview
from packetwalk.widgets.player import built
from packetwalk.widgets.tools.why import lines, style


class Investigation(anywidget.AnyWidget):
    """Asks a recording why a packet does not arrive; ``repr`` is the lines of the first answer.

    ``walk`` is the walk by which it was found, to be played in a cell of its own.
    """

    _esm = built("why")
    _css = style()
    first = traitlets.Unicode().tag(sync=True)

    def __init__(self, loaded: Loaded, src: str, dst: str, packet: PacketOptions) -> None:
        asked = src, dst, packet
        self._loaded, self._found = loaded, asked_of(loaded, *asked)
        page = {"overview": overview(loaded), "why": answered(loaded, "why", *asked), "asked": asked}
        super().__init__(first=json.dumps(page))
        self.on_msg(self._asked)

    @property
    def walk(self):
        """The first answer's walk."""
        return self._found.walk

    def _asked(self, _, content: dict, __) -> None:
        """Answer the element: a question, or where the page has no player yet, its script."""
        kind, number = content.get("type"), content.get("id")
        if kind == "player":
            self.send({"type": kind, "id": number, "player": built().read_text()})
        elif kind == "why":
            try:
                found = answered(self._loaded, content["what"], *content["asked"])
            except (KeyError, TypeError) as error:
                self.send({"type": kind, "id": number, "error": f"no such question: {error}"})
            else:
                self.send({"type": kind, "id": number, "why": found})

    def __repr__(self) -> str:
        return str(self._found)

    def _repr_mimebundle_(self, **kwargs):
        """Return the live widget, the lines for a page without a kernel, and their text."""
        bundle = super()._repr_mimebundle_(**kwargs)
        data, metadata = bundle if isinstance(bundle, tuple) else (bundle or {}, {})
        return {**data, "text/plain": repr(self), "text/html": lines(self._found)}, metadata
