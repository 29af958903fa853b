"""Programs that get a copy of a device's frames (``ss -0lp``)."""

from __future__ import annotations

from typing import NamedTuple

from packetwalk.tables.program import NoCommand
from packetwalk.tables.table import Table


class CaptureEntry(NamedTuple("_Capture", [("dev", str), ("process", str)]), NoCommand):
    """A packet socket: a program that gets a copy of every frame a device receives (libpcap)."""

    __slots__ = ()

    def __str__(self) -> str:
        return f'p_raw UNCONN *:{self.dev} users:(("{self.process}"))'


CAPTURES = Table[CaptureEntry]("capture", "ss -0lp", (CaptureEntry,), rank=100, by="weaver")
