"""What each network plugin makes of policies: one file each, found by looking into this folder."""

from __future__ import annotations

import pkgutil
from functools import cache
from importlib import import_module

from packetwalk.errors import chosen
from packetwalk.policy.plugins.enforcement import Enforcement

CALICO = "calico"
"""Who judges where nobody says otherwise."""


@cache
def enforcements() -> tuple[Enforcement, ...]:
    """Return what every plugin does."""
    modules = (import_module(f"{__name__}.{info.name}") for info in pkgutil.iter_modules(__path__))
    return tuple(module.PLUGIN for module in modules if hasattr(module, "PLUGIN"))


def enforcement(name: str) -> Enforcement:
    """Return what a plugin does; BadInput names those that there are."""
    found: Enforcement = chosen("plugin", name, enforcements())
    return found
