"""What goes wrong: what a fault is, here; those that can befall any plugin, in ``everywhere``."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from packetwalk.plan.edit import Change, Who, everybody
from packetwalk.plan.properties import Properties
from packetwalk.trace.packet import PacketOptions

TO_ANOTHER_NODE = ("cross-node", "service", "node-to-pod")
"""The scenarios of every mode whose packets go to another node."""


class Touch(NamedTuple):
    """What a fault may change: tables (none: any), on which nodes and in their pods, about whom (None: anybody)."""

    tables: tuple[str, ...] = ()
    nodes: Who = everybody
    about: Who | None = None


class Fault(NamedTuple):
    """A thing that goes wrong: ``change`` returns the operations of a node as the fault leaves them.

    ``title`` names it, without a full stop; ``story`` tells whoever reads on what it does and why it happens.
    ``shows`` are the scenarios in which it makes a difference, ``touches`` all that it changes, ``needs`` the
    properties of the modes that it can befall; ``packet`` has the fields of the packet that shows it best;
    ``later`` does the same as ``change`` and what the plugin does about it once it has noticed; ``governs`` says that
    it is a policy, in the place of any other; ``cards`` are the nodes whose network cards it gives another MAC.
    """

    name: str
    title: str
    story: str
    shows: tuple[str, ...]
    touches: tuple[Touch, ...]
    change: Change
    needs: Callable[[Properties], bool] = lambda mode: True
    packet: PacketOptions = {}  # noqa: RUF012  (never changed)
    later: Change | None = None
    governs: bool = False
    cards: Who | None = None
