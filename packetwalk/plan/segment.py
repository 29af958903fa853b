"""An Ethernet segment: who is plugged into it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class Segment(NamedTuple):
    """An Ethernet segment: who has a MAC, who has an address; both give (netns, device)."""

    by_mac: Mapping[str, tuple[str, str]]
    by_address: Mapping[str, tuple[str, str]]
