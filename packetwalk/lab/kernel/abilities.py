"""What the running kernel can do of a plan, and what is done by a program in its place."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable
from functools import cache

from packetwalk.errors import LabError
from packetwalk.lab.advice import absent
from packetwalk.lab.kernel import openvswitch, recent, stand_ins, xfrm
from packetwalk.lab.kernel.namespaces import Namespace
from packetwalk.lab.kernel.writing import needed
from packetwalk.plan.operation import Operation
from packetwalk.tables import Entry, LinkEntry, SocketEntry, XfrmStateEntry, table_of
from packetwalk.tables.recent import RecentEntry

TITLES = {"wireguard": "WireGuard", "openvswitch": "Open vSwitch"}
TRIED_WITH = {"ipip": ("local", "192.0.2.1")}  # without an address it would be a second tunl0
TRIED = {"openvswitch": openvswitch.available, "esp": xfrm.available, "recent": recent.available}


def lacking(plan: Iterable[Operation]) -> str:
    """Return what is missing for a plan: a device that is neither in the kernel nor has a stand-in, a program."""
    entries = [op.entry for op in plan]
    devices = filter(None, map(_missing, sorted(_kinds(entries))))
    commands = (argv for entry in entries for argv in entry.argv())
    return next(devices, "") or _unfilled(entries) or absent(needed(commands))


def _missing(kind: str) -> str:
    """Return that a device is not in the kernel and has no stand-in that could start, or nothing."""
    if in_kernel(kind):
        return ""
    player = stand_ins.player(kind)
    absent = [each for each in player.needs if shutil.which(each) is None] if player else []
    closed = (
        player.opens if player and player.opens and not os.access(player.opens, os.R_OK | os.W_OK) else ""
    )
    if player and not absent and not closed:
        return ""
    also = f", and programs missing: {', '.join(absent)}" if absent else ""
    also += f", and this user may not open {closed} to play one" if closed else ""
    return f"no {TITLES.get(kind, kind)} device{also}"


def _unfilled(entries: list[Entry]) -> str:
    kept = stand_ins.keepers(entries)
    for entry in entries:
        table = table_of(entry)
        by_itself = isinstance(entry, SocketEntry) or table.second  # link-local addresses are the kernel's
        if not entry.argv() and not by_itself and table.name not in kept:
            return f"nobody fills {table.name}, a table of {table.by}"
    if any(isinstance(entry, XfrmStateEntry) for entry in entries) and not in_kernel("esp"):
        return "no ESP"
    if any(isinstance(entry, RecentEntry) for entry in entries) and not in_kernel("recent"):
        return "this user may not write what -m recent remembers"
    return next(filter(None, (each.refuses(entries) for each in dict.fromkeys(kept.values()))), "")


def played(plan: Iterable[Operation]) -> frozenset[str]:
    """Return what is played for a plan: kinds of devices the kernel lacks, and names of programs."""
    entries = [op.entry for op in plan]
    programs = stand_ins.keepers(entries).values()
    kinds = {kind for kind in _kinds(entries) if not in_kernel(kind)}
    return frozenset(kinds | {each.process for each in programs})


def _kinds(entries: Iterable[Entry]) -> set[str]:
    return {entry.kind for entry in entries if isinstance(entry, LinkEntry)} - {"lo", "eth"}


@cache
def in_kernel(kind: str) -> bool:
    """Say whether the running kernel makes this kind of device, or has ``esp`` or ``recent``; it is tried out."""
    if kind in ("veth", "bridge", "vxlan"):
        return True
    trial = Namespace("trial")
    try:
        if kind in TRIED:
            return TRIED[kind](trial)
        trial.run(["ip", "link", "add", "trial0", "type", kind, *TRIED_WITH.get(kind, ())])
    except LabError:
        return False
    finally:
        trial.close()
    return True
