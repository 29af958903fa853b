"""What a lab knows of each network plugin: one file or folder each, found by looking into this folder."""

from __future__ import annotations

import pkgutil
from collections.abc import Mapping
from functools import cache
from importlib import import_module
from typing import NamedTuple

from packetwalk.cni import plugin as find_plugin
from packetwalk.errors import BadInput
from packetwalk.lab.kernel.programs.attached import CniPlugins
from packetwalk.lab.kernel.programs.plan_writer import PlanWriter
from packetwalk.lab.kind.installation import Installation
from packetwalk.lab.manifests import Reader
from packetwalk.lab.real.agent import RealInstallation


class Slice(NamedTuple):
    """What a lab knows of a plugin; a file says what it has of this.

    ``installation`` (``KIND``) is how kind gets it, ``readers`` (``READERS``) read the documents that change
    it, by kind, ``writers`` (``WRITERS``) are programs that write a part of its plan themselves, ``real`` (``REAL``)
    is how its own programs run in namespaces.
    """

    installation: Installation | None
    readers: Mapping[str, Reader]
    writers: tuple[PlanWriter, ...]
    real: RealInstallation | None = None


@cache
def plugin_slice(name: str) -> Slice:
    """Return what is known of a plugin; BadInput lists the plugins there are."""
    if find_plugin(name).name not in _names():
        return Slice(None, {}, ())
    module = import_module(f"{__name__}.{name}")
    return Slice(
        getattr(module, "KIND", None),
        getattr(module, "READERS", {}),
        getattr(module, "WRITERS", ()),
        getattr(module, "REAL", None),
    )


@cache
def _names() -> tuple[str, ...]:
    return tuple(sorted(info.name for info in pkgutil.iter_modules(__path__)))


@cache
def installations() -> Mapping[str, Installation]:
    """Return how kind gets each plugin that it can get, by name."""
    found = {name: plugin_slice(name).installation for name in _names()}
    return {name: each for name, each in found.items() if each is not None}


def installation(plugin: str) -> Installation:
    """Return how kind gets a plugin; BadInput lists those it can get."""
    if plugin not in installations():
        raise BadInput("plugin on kind", plugin, installations())
    return installations()[plugin]


def writer(plugin: str, name: str) -> PlanWriter:
    """Return a program that writes a part of a plugin's plan, by name; BadInput lists the known ones."""
    known = {each.name: each for each in plugin_slice(plugin).writers}
    if name not in known:
        raise BadInput(f"program that writes routes or devices of {plugin}", name, known)
    return known[name]


def cni_plugins() -> tuple[str, ...]:
    """Return the CNI plugins, as programs, that attach pods themselves for some plugin."""
    found = (each for name in _names() for each in plugin_slice(name).writers)
    return tuple(sorted({name for each in found if isinstance(each, CniPlugins) for name in each.plugins}))
