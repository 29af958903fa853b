"""Flanneld's own routes for its ``udp`` backend."""

from __future__ import annotations

from typing import NamedTuple

from packetwalk.tables.made import Made


class ProxyEntry(NamedTuple("_Proxy", [("dst", str), ("peer", str), ("port", int)]), Made):
    """Flanneld's own route for its ``udp`` backend: which node has a pod network. No tool prints it."""

    __slots__ = ()
    table, command, by = "proxy", "the table inside flanneld (no command prints it)", "flanneld"

    def __str__(self) -> str:
        return f"{self.dst} -> {self.peer}:{self.port}"
