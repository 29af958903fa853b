"""Programs that get a copy of a device's frames (``ss -0lp``)."""

from __future__ import annotations

from typing import NamedTuple

from packetwalk.tables.made import Made


class CaptureEntry(NamedTuple("_Capture", [("dev", str), ("process", str)]), Made):
    """A packet socket: a program that gets a copy of every frame a device receives (libpcap)."""

    __slots__ = ()
    table, command, by = "capture", "ss -0lp", "weaver"

    def __str__(self) -> str:
        return f'p_raw UNCONN *:{self.dev} users:(("{self.process}"))'
