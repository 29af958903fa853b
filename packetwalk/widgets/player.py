"""The player in a live notebook: an anywidget around the same element as in the static pages."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import anywidget
import traitlets

from packetwalk.errors import BadInput, LabError
from packetwalk.plan.rules import IPTABLES
from packetwalk.trace.packet import FIELDS
from packetwalk.walks.walk import Walk
from packetwalk.widgets.bundle import index, offer
from packetwalk.widgets.markup import element, page_of
from packetwalk.widgets.pack import pack

STATIC = Path(__file__).parent / "static"


def built(script: str = "player") -> Path:
    """Return the bundle of the player, or another script's; LabError, in one line, where it is not: a wheel has none."""
    bundle = STATIC / f"{script}.js"
    if not bundle.is_file():
        raise LabError(
            f"the {script} is not at {bundle}: it comes with the book's repository (`make book` there)"
        )
    return bundle


class Player(anywidget.AnyWidget):
    """Plays a walk, with up to two others beside it.

    ``step`` follows the reader and can be set; ``repr`` is the walk as text.
    """

    _esm = built()
    walk = traitlets.Unicode().tag(sync=True)
    step = traitlets.Int(0).tag(sync=True)

    def __init__(self, walk: Walk, step: int = 0, beside: Sequence[Walk] = ()) -> None:
        self._shown, self._beside = walk, tuple(beside)
        super().__init__(walk=json.dumps(pack(page_of(walk, self._beside))), step=step)
        self.on_msg(self._asked)

    def _asked(self, _, content: dict, __) -> None:
        """Answer the element's question for another walk, or for the modes there are."""
        if content.get("type") == "modes":
            self.send({"type": "modes", "id": content.get("id"), "modes": index()})
        if content.get("type") != "walk":
            return
        options = content.get("options", {})
        try:
            form = options.get("rules", IPTABLES), options.get("release") or None
            of = offer(options["plugin"], options["mode"], *form)
            packet = {name: options[name] for name in FIELDS if name in options}
            if packet.get("proto") == "tcp":
                packet.pop("size", None)
            walk = of.walk(options["scenario"], options.get("fault"), **packet)
            self.send({"type": "walk", "id": content.get("id"), "walk": pack(walk.to_json())})
        except (BadInput, KeyError) as error:
            self.send({"type": "walk", "id": content.get("id"), "error": str(error)})

    def __repr__(self) -> str:
        return repr(self._shown)

    def _repr_mimebundle_(self, **kwargs):
        """Return the live widget, the page's element, and the text table."""
        bundle = super()._repr_mimebundle_(**kwargs)
        data, metadata = bundle if isinstance(bundle, tuple) else (bundle or {}, {})
        shown = {"text/plain": repr(self), "text/html": element(self._shown, self.step, self._beside)}
        return {**data, **shown}, metadata
