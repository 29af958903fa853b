"""Drivers of tunnel devices: one file each, found by looking into this folder.

A driver module has ``KIND`` (the kind of link it drives), ``LAYER2`` (whether frames with an
Ethernet header go in and out), ``PROTOCOL`` (the IP protocol its wrapped packets have),
``send(run, ns, skb, device)`` (a packet was handed to the device) and
``receive(run, ns, skb, dev) -> bool`` (a packet of its protocol arrived for this machine; False when
it is for somebody else).  One whose packets travel in UDP also says by ``ports(ns)`` on which ports of a
namespace they arrive (``encap_rcv``).
"""

from __future__ import annotations

import pkgutil
from functools import cache
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from packetwalk.datapath.netns import Netns

UDP = 17


@cache
def drivers() -> dict[str, ModuleType]:
    """Return all drivers by the kind of link."""
    names = sorted(info.name for info in pkgutil.iter_modules(__path__))
    modules = [import_module(f"{__name__}.{name}") for name in names]
    return {module.KIND: module for module in modules}


def receivers(ns: Netns, protocol: int, port: int) -> tuple[ModuleType, ...]:
    """Return the drivers whose wrapped packets have this IP protocol and, in UDP, come to this port."""
    found = (driver for driver in drivers().values() if protocol == driver.PROTOCOL)
    return tuple(driver for driver in found if protocol != UDP or port in driver.ports(ns))


@cache
def is_layer2(kind: str) -> bool:
    """Say whether a device of this kind carries Ethernet frames."""
    driver = drivers().get(kind)
    return driver is None or driver.LAYER2
