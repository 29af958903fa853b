"""What a page asks of one text of manifests: the walk of a packet between two of its pods, in plain values."""

from __future__ import annotations

import json
from typing import Any

from packetwalk.errors import BadInput
from packetwalk.plan.rules import IPTABLES
from packetwalk.policy.playground import estate_of
from packetwalk.walks.listing import ListingMemo
from packetwalk.walks.policed.placed import Unplaced
from packetwalk.walks.stepped import stepped


def walked(
    text: str,
    plugin: str,
    protocol: str,
    port: int,
    source: str,
    destination: str,
    mode: str | None = None,
    rules: str = IPTABLES,
    memo: ListingMemo | None = None,
) -> dict[str, Any]:
    """Return the walk in a mode and a form of rules, and where each ruling on its way was made; or, as ``why_not``, a sentence that says why there is none."""
    try:
        found = stepped(estate_of(text, plugin), source, destination, protocol, port, mode, rules)
    except Unplaced as error:
        return {"why_not": str(error)}
    except BadInput as error:
        return {"why_not": f"{error}."}
    return found.to_json(memo)


def walk(*asked: Any) -> str:
    """Return ``walked`` as JSON."""
    return json.dumps(walked(*asked))
