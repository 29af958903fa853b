"""What a lab that was killed has left: all its processes bear a mark in their environment.

So nothing is mistaken that another test, or another user of the machine, does at the same time.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

MARK = "PACKETWALK_MARK"
PATIENCE = 5.0  # seconds: the kernel takes namespaces away when it has time


def processes(mark: str) -> list[Path]:
    """Return the folders in /proc of the processes that bear a mark."""
    wanted, found = f"{MARK}={mark}".encode(), []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            words = (process / "environ").read_bytes().split(b"\0")
        except OSError:
            continue
        found += [process] if wanted in words else []
    return found


def namespaces(of: list[Path] | None = None) -> set[str]:
    """Return the network namespaces that processes are in or hold open, those of all or of some."""
    found = set()
    for process in Path("/proc").glob("[0-9]*") if of is None else of:
        for link in [process / "ns" / "net", *process.glob("fd/*")]:
            try:
                target = os.readlink(link)
            except OSError:
                continue
            found |= {target} if target.startswith("net:") else set()
    return found


def soon(holds: Callable[[], object]) -> bool:
    """Say whether something comes true within a few seconds."""
    end = time.monotonic() + PATIENCE
    while not holds() and time.monotonic() < end:
        time.sleep(0.05)
    return bool(holds())
