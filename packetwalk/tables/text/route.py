"""Routes as text: ``ip route show table all``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from packetwalk.tables.table import Files
from packetwalk.tables.text.words import pairs, unread

TEXTS = ("route.txt",)
TYPES = (
    "unicast",
    "local",
    "broadcast",
    "multicast",
    "anycast",
    "throw",
    "nat",
    "blackhole",
    "unreachable",
    "prohibit",
)
HOP = {"via": "gateway", "dev": "dev", "weight": "weight"}
WORDS = HOP | {"table": "table", "proto": "protocol", "scope": "scope", "src": "prefsrc", "metric": "metric"}
"""The words of ``ip route``, and what ``-j`` calls what follows."""
FLAGS = ("onlink", "linkdown", "dead", "pervasive", "offload")


def objects(texts: Files) -> dict[str, list[dict[str, Any]]]:
    """Return the routes; several next hops stand each on a line of its own."""
    out: list[dict[str, Any]] = []
    for line in texts["route.txt"].splitlines():
        words = line.split()
        if words[:1] == ["nexthop"] and out:
            hop: dict[str, Any] = pairs(words, HOP)
            weight = {"weight": int(hop["weight"])} if hop.get("weight", "").isdigit() else {}
            out[-1].setdefault("nexthops", []).append(hop | weight | {"flags": []})
        elif words:
            out.append(_written(words))
    named = any("protocol" in each for each in out)
    return {"route.json": out if named else [each | _by_kernel(each) for each in out]}


def _written(words: list[str]) -> dict[str, Any]:
    """Return a line of ``ip route`` as ``-j`` prints it."""
    kind = {"type": words[0]} if words[0] in TYPES else {}
    dst, *rest = words[len(kind) :] or [""]
    if not dst[:1].isdigit() and dst != "default" and ":" not in dst:
        raise unread("ip route", " ".join(words))
    found: dict[str, Any] = pairs(rest, WORDS)
    if found.get("gateway") in ("inet", "inet6"):  # a next hop of the other family
        family = found.pop("gateway")
        found["via"] = {"family": family, "host": rest[rest.index(family) + 1]}
    if "metric" in found:
        found["metric"] = int(found["metric"])
    if "mtu" in rest:
        after = [word for word in rest[rest.index("mtu") :] if word.isdigit()]
        found |= {"metrics": [{"mtu": int(after[0])}]} if after else {}
    return kind | {"dst": dst} | found | {"flags": [word for word in rest if word in FLAGS]}


def _by_kernel(route: Mapping[str, Any]) -> dict[str, str]:
    """Return the protocol of a route that is as the kernel adds it; busybox names none."""
    own = "prefsrc" in route and "gateway" not in route
    return {"protocol": "kernel"} if own and route.get("scope") in ("link", "host") else {}
