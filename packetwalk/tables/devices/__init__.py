"""Kinds of network devices: how each is made, printed and read; one file a kind, found by scan."""

from __future__ import annotations

import pkgutil
from functools import cache
from importlib import import_module

from packetwalk.tables.devices.kind import DeviceKind


@cache
def _kinds() -> dict[str, DeviceKind]:
    files = [import_module(f"{__name__}.{info.name}") for info in pkgutil.iter_modules(__path__)]
    return {file.KIND.name: file.KIND for file in files if hasattr(file, "KIND")}


@cache
def kind_of(name: str) -> DeviceKind:
    """Return a kind by name, as ``info_kind`` of ``ip -j -d link`` says it; an unknown one is a plain device."""
    return _kinds().get(name) or DeviceKind(name)
