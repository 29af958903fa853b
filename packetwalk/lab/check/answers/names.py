"""Names of nodes and pods, one or several, and what is wrong with a node."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from packetwalk.errors import BadInput
from packetwalk.lab.check.answers.addresses import ADDRESS
from packetwalk.lab.check.answers.said import alone, text, unread
from packetwalk.lab.check.answers.words import word

if TYPE_CHECKING:
    from packetwalk.lab.grounds.ground import Ground


def node(given: Any, cluster: Ground) -> str:
    """Read the name of a node; its address, and the node itself, stand for it."""
    return _named(alone(given), cluster, cluster.nodes, "node")


def pod(given: Any, cluster: Ground) -> str:
    """Read the name of a pod; its address, and the pod itself, stand for it."""
    return _named(alone(given), cluster, cluster.pods, "pod")


def place(given: Any, cluster: Ground) -> str:
    """Read the name of a pod or a node."""
    return _named(alone(given), cluster, (*cluster.pods, *cluster.nodes), "pod or node")


def nodes(given: Any, cluster: Ground) -> tuple[str, ...]:
    """Read names of nodes: a list, one alone, or a text with commas, spaces or "and" between."""
    return tuple(sorted({_named(each, cluster, cluster.nodes, "node") for each in _several(given)}))


def pods(given: Any, cluster: Ground) -> tuple[str, ...]:
    """Read names of pods, as ``nodes``."""
    return tuple(sorted({_named(each, cluster, cluster.pods, "pod") for each in _several(given)}))


def _several(given: Any) -> Iterator[Any]:
    if isinstance(given, list | tuple | set | frozenset | Mapping):
        for each in given:
            yield from _several(each)
    elif isinstance(given, str):
        yield from re.findall(r"[\w.-]+", re.sub(r"\b(?:and|pods?|nodes?|on|of|the|at)\b", " ", text(given)))
    else:
        yield given


def _named(given: Any, cluster: Ground, among: Iterable[str], what: str) -> str:
    said = re.sub(r"^(pod|node|no)s?[/ ]+", "", text(given).lower())
    by_name = {each.lower(): each for each in among}
    by_name |= {each.removeprefix("kind-").lower(): each for each in by_name.values()}
    by_name |= {cluster.address(each): each for each in set(by_name.values()) if ADDRESS.fullmatch(said)}
    if said not in by_name:
        raise unread(what, given, dict.fromkeys(among))
    return by_name[said]


def diagnosis(given: Any, cluster: Ground) -> tuple[str, str]:
    """Read a node and one word, in any order: a pair, or a text with a comma or a space between."""
    parts = list(_several(given))
    for at, each in enumerate(parts):
        rest = [text(other) for place, other in enumerate(parts) if place != at]
        try:
            return _named(each, cluster, cluster.nodes, "node"), word(" ".join(rest)) if rest else ""
        except BadInput:
            continue
    raise unread("diagnosis", given, [f"a node ({', '.join(cluster.nodes)}) and a cause, as a pair"])
