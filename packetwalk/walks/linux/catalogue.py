"""The small networks there are, the trips through each, and what can be changed in it."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from packetwalk.errors import chosen
from packetwalk.tables import FdbEntry
from packetwalk.walks.linux.networks import (
    Entries,
    guarded,
    known_macs,
    loopback_up,
    pair,
    routed,
    switched,
    tunnel,
    without,
    written_down,
)


class Trip(NamedTuple):
    """A destination to try: from a namespace to an address."""

    name: str
    title: str
    src: str
    dst: str


class Variant(NamedTuple):
    """One thing changed: ``change`` returns the entries as they are then."""

    name: str
    title: str
    change: Callable[[Entries], Entries]


class LinuxNetwork(NamedTuple):
    """A small network: entries by namespace, trips through it, whether nobody has asked ARP yet.

    ``fits`` is the largest ping payload that needs no fragments, in bytes.
    """

    name: str
    title: str
    entries: Entries
    trips: tuple[Trip, ...]
    variants: tuple[Variant, ...] = ()
    cold: bool = False
    fits: int = 1472

    def trip(self, name: str | None) -> Trip:
        """Return a trip by name (the first when None); BadInput lists the valid ones."""
        return self.trips[0] if name is None else chosen(f"trip of {self.name}", name, self.trips)

    def changed(self, variant: str | None) -> Entries:
        """Return the entries, with one thing changed if there is a variant; BadInput lists the valid ones."""
        if variant is None:
            return self.entries
        return chosen(f"variant of {self.name}", variant, self.variants).change(self.entries)


NETWORKS = {
    each.name: each
    for each in (
        LinuxNetwork(
            "netns",
            "a network namespace that was just made",
            {"red": []},
            (
                Trip("outside", "to an address on the internet", "red", "203.0.113.9"),
                Trip("itself", "to 127.0.0.1", "red", "127.0.0.1"),
            ),
            (Variant("lo-up", "the loopback device is up", loopback_up),),
        ),
        LinuxNetwork(
            "veth", "two namespaces and a cable", pair(), (Trip("across", "red to blue", "red", "192.0.2.2"),)
        ),
        LinuxNetwork(
            "bridge",
            "three namespaces on a bridge",
            switched(),
            (Trip("switched", "red to blue", "red", "192.0.2.2"),),
            cold=True,
        ),
        LinuxNetwork(
            "route",
            "one table, four lines that could match",
            routed(),
            (
                Trip("longest", "to 198.51.100.7", "red", "198.51.100.7"),
                Trip("metric", "to 198.51.100.200", "red", "198.51.100.200"),
                Trip("default", "to 203.0.113.9", "red", "203.0.113.9"),
            ),
        ),
        LinuxNetwork(
            "neigh",
            "asking for a MAC",
            written_down(),
            (
                Trip("answered", "to 192.0.2.2", "red", "192.0.2.2"),
                Trip("nobody", "to 192.0.2.99, which nobody has", "red", "192.0.2.99"),
                Trip("written-down", "to 192.0.2.77, written down", "red", "192.0.2.77"),
            ),
            cold=True,
        ),
        LinuxNetwork(
            "fdb",
            "a bridge's FDB and a VXLAN device's",
            known_macs(),
            (
                Trip("bridge", "red to blue by the bridge", "red", "192.0.2.2"),
                Trip("vxlan", "left to right by VXLAN", "left", "10.244.2.0"),
            ),
            (Variant("no-entry", "the entries are taken away", without(FdbEntry, "host", "left")),),
        ),
        LinuxNetwork(
            "vxlan",
            "two machines, a frame inside UDP",
            tunnel(),
            (Trip("wrapped", "left to right", "left", "10.244.2.0"),),
            fits=1422,
        ),
        LinuxNetwork(
            "netfilter",
            "a machine that masquerades",
            guarded(),
            (
                Trip("through", "inside to outside", "inside", "192.0.2.9"),
                Trip("from-router", "the router itself to outside", "fw", "192.0.2.9"),
            ),
        ),
    )
}


def linux_network(name: str) -> LinuxNetwork:
    """Return a small network by name; BadInput lists the valid ones."""
    return chosen("Linux network", name, tuple(NETWORKS.values()))
