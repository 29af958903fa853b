"""Packet Walk: an exact model of the Linux data path under Flannel, Calico and Weave Net.

import packetwalk
packetwalk.walk("flannel", "vxlan", "cross-node", size=1400)
cluster = packetwalk.Cluster(nodes=3, pods_per_node=2).use("flannel", "vxlan")
cluster.send("a", "b", proto="icmp", size=56)

Each name is imported when it is first asked for: the command starts at once, and can be stopped at any time.
"""

from __future__ import annotations

import sys
from types import ModuleType

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from packetwalk.errors import BadInput
    from packetwalk.walks.catalogue import SCENARIOS
    from packetwalk.walks.compare import modes
    from packetwalk.walks.network import PluggableCluster as Cluster
    from packetwalk.walks.report import mtu, tables
    from packetwalk.walks.scenario import walk
    from packetwalk.walks.walk import Walk

__version__ = "0.2.0"
__all__ = ["SCENARIOS", "BadInput", "Cluster", "Walk", "modes", "mtu", "tables", "walk"]
_PLACES = {
    "SCENARIOS": ("walks.catalogue", "SCENARIOS"),
    "BadInput": ("errors", "BadInput"),
    "Cluster": ("walks.network", "PluggableCluster"),
    "Walk": ("walks.walk", "Walk"),
    "modes": ("walks.compare", "modes"),
    "mtu": ("walks.report", "mtu"),
    "tables": ("walks.report", "tables"),
    "walk": ("walks.scenario", "walk"),
}


class _Package(ModuleType):
    """This package as a value, which imports what it is asked for."""

    def __getattr__(self, name: str) -> Any:
        if name not in _PLACES:
            raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}")
        from importlib import import_module

        room, member = _PLACES[name]
        return getattr(import_module(f"{self.__name__}.{room}"), member)

    def __setattr__(self, name: str, value: Any) -> None:
        """Leave out the room that has the name of a function here: ``from packetwalk.tables import`` finds it."""
        if name != "tables":
            super().__setattr__(name, value)

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *__all__})


sys.modules[__name__].__class__ = _Package
