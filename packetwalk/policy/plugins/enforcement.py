"""What a plugin does with policies, as far as plugins differ."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from packetwalk.policy.manifests.fields import Given
from packetwalk.policy.rules import NetworkRules

Taken = tuple[NetworkRules, Given]
"""A policy as a plugin takes it, and its manifest."""
Changed = tuple[NetworkRules, NetworkRules | None, str]
"""A policy, what is left of it beside the others, or None, and why."""


class Enforcement(NamedTuple):
    """A plugin: ``takes`` is a policy as it works there, or None and why it does not work at all.

    ``closes_tunnels``: pods cannot send VXLAN or IP-in-IP of their own; ``knows_hosts``: host endpoints are judged;
    ``frees_own_node``: what a pod sends to its own node is judged by no policy.  ``together`` says which policies work
    otherwise beside the others than alone.
    """

    name: str
    takes: Callable[[NetworkRules], tuple[NetworkRules | None, str]]
    closes_tunnels: bool = False
    knows_hosts: bool = False
    frees_own_node: bool = False
    together: Callable[[Sequence[Taken]], Iterable[Changed]] = lambda policies: ()
