"""Write once what several walks of a page have in common: it stands before the first of them."""

from __future__ import annotations

import json
import re
from typing import Any

from sphinx.application import Sphinx

from packetwalk.widgets.pack import pack_apart, unpack

WALK = re.compile(r'(?P<open><script type="application/json" class="walk">)(?P<data>.*?)</script>', re.S)
PLAYER = "<packet-walk"
TWO = 2
"""Of a page nobody takes a part: what two walks hold is written once."""


def together(body: str) -> str:
    """Return the body with the walks packed together, if there are two or more."""
    walks = [unpack(json.loads(found["data"])) for found in WALK.finditer(body)]
    if len(walks) < TWO:
        return body
    shared, own = pack_apart([(str(number), walk) for number, walk in enumerate(walks)], often=TWO)
    rest = iter(own.values())
    body = WALK.sub(lambda found: f"{found['open']}{_written(next(rest))}</script>", body)
    before, player, after = body.partition(PLAYER)
    return f'{before}<script type="application/json" class="walks">{_written(shared)}</script>{player}{after}'


def _written(data: dict) -> str:
    return json.dumps(data, separators=(",", ":")).replace("<", "\\u003c")


def pack_page(app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: Any) -> None:
    if context.get("body"):
        context["body"] = together(context["body"])


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("html-page-context", pack_page, priority=920)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
