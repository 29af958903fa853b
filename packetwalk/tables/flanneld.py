"""Flanneld's own routes for its ``udp`` backend."""

from __future__ import annotations

from typing import NamedTuple

from packetwalk.tables.program import NoCommand
from packetwalk.tables.table import Table


class ProxyEntry(NamedTuple("_Proxy", [("dst", str), ("peer", str), ("port", int)]), NoCommand):
    """Flanneld's own route for its ``udp`` backend: which node has a pod network. No tool prints it."""

    __slots__ = ()

    def __str__(self) -> str:
        return f"{self.dst} -> {self.peer}:{self.port}"


PROXY = Table[ProxyEntry](
    "proxy", "the table inside flanneld (no command prints it)", (ProxyEntry,), rank=150, by="flanneld"
)
