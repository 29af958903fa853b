"""Frames of the model made equal to recorded ones where masks allow: then all bytes are compared."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from packetwalk import wire
from packetwalk.wire import Arp, Data, Ethernet, Header, Icmp, Ipv4, Tcp, Udp

MASKED: dict[Any, tuple[str, ...]] = {
    Ipv4: ("id",),
    Icmp: ("id", "seq"),
    Udp: ("sport", "dport"),
    Tcp: ("sport", "dport", "seq", "ack", "window", "options"),
    Data: ("content",),
}


def with_masked(model: tuple[Any, ...], recorded: tuple[Any, ...]) -> wire.Stack:
    """Return the model's frame with the masked fields of the recorded one."""
    out = []
    for mine, theirs in zip(model, recorded, strict=True):
        fields = MASKED.get(type(mine), ()) if type(mine) is type(theirs) else ()
        out.append(mine._replace(**{name: getattr(theirs, name) for name in fields}))
    return tuple(out)


def renamed(stack: tuple[Any, ...], macs: Mapping[str, str]) -> wire.Stack:
    """Return a stack with other MACs."""
    return tuple(_renamed(header, macs) for header in stack)


def _renamed(header: Any, macs: Mapping[str, str]) -> Header:
    known: dict[Any, tuple[str, ...]] = {Ethernet: ("dst", "src"), Arp: ("sha", "tha")}
    fields = known.get(type(header), ())
    old = {name: getattr(header, name) for name in fields}
    return header._replace(**{name: macs.get(mac, mac) for name, mac in old.items()})
