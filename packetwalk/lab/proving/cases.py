"""What is proven: for each mode, the clusters to build and the packets to send in each."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from packetwalk.cni import Mode, Plugin
from packetwalk.cni import plugin as find_plugin
from packetwalk.lab.kernel.inventory import operations
from packetwalk.lab.kernel.programs import authors
from packetwalk.plan.cluster import Cluster
from packetwalk.walks.network import Network
from packetwalk.walks.scenario import scenario, scenarios

UNDERLAYS = ("flat", "routed")


class Kind(NamedTuple):
    """A kind of packet: ``size`` is the payload in bytes, of which TCP sends none."""

    proto: str
    size: int | None
    df: bool = False
    cold: bool = False

    @property
    def label(self) -> str:
        """A word for names and tables: ``icmp``, ``icmp-3000``, ``udp-1472-df``."""
        size = f"-{self.size}" if self.size not in (None, 56) else ""
        return f"{self.proto}{size}{'-df' if self.df else ''}"


KINDS = (Kind("icmp", 56), Kind("udp", 56), Kind("tcp", None), Kind("icmp", 3000))


class Packet(NamedTuple):
    """A packet of a scenario."""

    scenario: str
    kind: Kind


class Case(NamedTuple):
    """One cluster to build, and what is sent in it.

    ``special`` is a scenario that changes the cluster; ``author`` names the program that writes its part
    of the plan itself (``packetwalk.lab.kernel.programs``).
    """

    plugin: str
    mode: str
    underlay: str
    fault: str | None
    special: str | None
    packets: tuple[Packet, ...]
    author: str | None = None

    @property
    def name(self) -> str:
        """A name for folders: plugin, mode and what is not usual."""
        words = [self.plugin, self.mode, self.fault, self.special]
        words.append(None if self.underlay == "flat" else self.underlay)
        words.append(self.packets[0].scenario if self.fault and len(self.packets) == 1 else None)
        words.append(re.sub(r"\W+", "-", self.author.lower()) if self.author else None)
        return "-".join(filter(None, words))

    def network(self) -> Network:
        """Return the model's cluster."""
        return network(self.plugin, self.mode, self.underlay, self.fault, self.special)


def network(plugin: str, mode: str, underlay: str, fault: str | None, special: str | None) -> Network:
    """Return the canonical cluster; BadInput for a name that does not exist."""
    change = scenario(special, find_plugin(plugin)).change if special else None
    return Network(Cluster(underlay=underlay), plugin, mode, fault, change)


def cases(plugin: Plugin, mode: Mode) -> Iterator[Case]:
    """Yield all cases of a mode: those of its plan, then those in which a program writes a part of it."""
    planned = list(_planned(plugin, mode))
    yield from planned
    for case in planned:
        for author in authors().values():
            shown = () if case.special else author.scenarios(mode.name, case.underlay, case.fault)
            if shown and any(map(author.writes, operations(case.network()))):
                packets = tuple(packet for packet in case.packets if packet.scenario in shown)
                yield case._replace(packets=packets, author=author.name)


def _planned(plugin: Plugin, mode: Mode) -> Iterator[Case]:
    """Yield whole clusters first, then each fault with the packet that shows it best.

    A packet that must find a cluster that nobody has used yet has one of its own.
    """
    every = scenarios(plugin)
    for underlay in UNDERLAYS:
        usual = [each for each in every if each.underlay == underlay and each.change is None]
        packets = tuple(Packet(each.name, kind) for each in usual for kind in KINDS)
        yield Case(plugin.name, mode.name, underlay, None, None, packets)
    for each in every:
        if each.change is not None:
            packets = tuple(Packet(each.name, kind) for kind in KINDS)
            yield Case(plugin.name, mode.name, each.underlay, None, each.name, packets)
    for fault in plugin.faults_of(mode.name):
        for underlay in UNDERLAYS:
            shown = [each for each in every if each.name in fault.shows and each.underlay == underlay]
            best = tuple(Packet(each.name, _best(fault.packet, each.proto)) for each in shown)
            together = [best] if not fault.packet.get("cold") else [(each,) for each in best]
            for some in together if best else ():
                yield Case(plugin.name, mode.name, underlay, fault.name, None, some)


def _best(options: dict, proto: str) -> Kind:
    """Return the packet that shows a fault, as the walk of the book sends it."""
    proto = options.get("proto", proto)
    size = None if proto == "tcp" else options.get("size", 56)
    return Kind(proto, size, options.get("df", False), options.get("cold", False))
