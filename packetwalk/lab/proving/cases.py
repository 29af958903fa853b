"""What is proven: for each mode, the clusters to build and the packets to send in each."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

from packetwalk.cni import Mode, Plugin, Scenario
from packetwalk.faults import Fault
from packetwalk.lab import rooms
from packetwalk.lab.kernel.inventory import operations
from packetwalk.plan.rules import IPTABLES
from packetwalk.trace.packet import Packet
from packetwalk.walks.catalogue import ASKED, SCENARIOS
from packetwalk.walks.network import Network
from packetwalk.walks.scenario import network, scenarios

FIRST_PORT = 41000
PACKETS = (Packet("icmp"), Packet("udp"), Packet("tcp"), Packet("icmp", 3000))


class Trial(NamedTuple):
    """A packet of a scenario."""

    scenario: str
    packet: Packet


LEAST_MTU = 1280
"""What every path carries by IPv6 in one piece, in bytes."""
PLUGINS = "lab.plugins"
"""The room of what a lab knows of each plugin: a wheel proves without the programs that write a part of a plan."""


class Case(NamedTuple):
    """One cluster to build, and what is sent in it.

    ``special`` is a scenario that changes the cluster; ``writer`` names the program that writes its part
    of the plan itself (``packetwalk.lab.plugins``); ``rules`` is the form of the rules, ``release`` the plugin's
    where that is not the newest; ``ipv6`` says that it is dual stack, and its packets are of IPv6.
    """

    plugin: str
    mode: str
    underlay: str
    fault: str | None
    special: str | None
    trials: tuple[Trial, ...]
    writer: str | None = None
    rules: str = IPTABLES
    release: str | None = None
    ipv6: bool = False

    @property
    def name(self) -> str:
        """A name for folders: plugin, mode and what is not usual."""
        form = None if self.rules == IPTABLES else self.rules
        words = [self.plugin, self.mode, "ipv6" if self.ipv6 else None, form, self.release, self.fault, self.special]
        words.append(None if self.underlay == "flat" else self.underlay)
        words.append(self.trials[0].scenario if self.fault and len(self.trials) == 1 else None)
        words.append(re.sub(r"\W+", "-", self.writer.lower()) if self.writer else None)
        return "-".join(filter(None, words))

    def sent(self) -> Iterator[Trial]:
        """Yield what is sent, each packet from a port of its own, so that connections are told apart."""
        for number, trial in enumerate(self.trials):
            yield trial._replace(packet=replace(trial.packet, sport=FIRST_PORT + 2 * number))

    def network(self) -> Network:
        """Return the model's cluster."""
        return network(
            self.plugin, self.mode, self.underlay, self.fault, self.special, self.rules, self.release, self.ipv6
        )


def cases(plugin: Plugin, mode: Mode, rules: str = IPTABLES) -> Iterator[Case]:
    """Yield all cases of a mode: those of its plan, then those in which a program writes a part of it."""
    planned = [case._replace(rules=rules, release=plugin.other) for case in _planned(plugin, mode)]
    yield from planned
    if rooms.absent(PLUGINS):
        return
    writers = rooms.room(PLUGINS).plugin_slice(plugin.name).writers
    for case in planned:
        for writer in writers:
            shown = () if case.special else writer.scenarios(mode.name, case.underlay, case.fault)
            if shown and any(map(writer.writes, operations(case.network()))):
                trials = tuple(trial for trial in case.trials if trial.scenario in shown)
                yield case._replace(trials=trials, writer=writer.name)


def by_ipv6(plugin: Plugin, mode: Mode) -> Iterator[Case]:
    """Yield a cluster for each underlay and set of Services in which packets go by IPv6.

    None of them is cut by its sender, which is not known yet; one is too big for the tunnel, if there is one.
    """
    plugin.with_ipv6(mode.name)
    clusters: dict[tuple, list[Scenario]] = {}
    for each in (*SCENARIOS, *ASKED):
        if not each.of_ipv4 and not each.by_chance and usual(each).size <= LEAST_MTU:
            clusters.setdefault(_cluster(each), []).append(each)
    small = (*PACKETS[:3], Packet("icmp", 1402, df=True), Packet("icmp", ttl=2))
    for (underlay, *_), shown in clusters.items():
        trials = tuple(Trial(each.name, packet) for each in shown for packet in _small(each, small))
        name = shown[0].name if shown[0].special else None
        yield Case(plugin.name, mode.name, underlay, None, name, trials, ipv6=True)


def _small(scenario: Scenario, packets: tuple[Packet, ...]) -> tuple[Packet, ...]:
    """Return what is sent of it by IPv6."""
    return (usual(scenario),) if scenario in ASKED else packets


def _planned(plugin: Plugin, mode: Mode) -> Iterator[Case]:
    """Yield whole clusters first, then each fault with the packet that shows it best."""
    yield from _whole(plugin, mode)
    for fault in plugin.faults_of(mode.name):
        yield from _broken(plugin, mode, fault)


def _whole(plugin: Plugin, mode: Mode) -> Iterator[Case]:
    """Yield a cluster for each underlay, then one for each scenario that changes the cluster."""
    clusters: dict[tuple, list[Scenario]] = {}
    for each in scenarios(plugin):
        if not each.by_chance:
            clusters.setdefault(_cluster(each), []).append(each)
    for (underlay, *_), shown in clusters.items():
        name = shown[0].name if shown[0].special else None
        trials = tuple(Trial(each.name, packet) for each in shown for packet in _packets(each))
        yield Case(plugin.name, mode.name, underlay, None, name, trials)


def _cluster(scenario: Scenario) -> tuple:
    """Return what makes two scenarios have one cluster."""
    then = scenario.before.services if scenario.before else None
    return scenario.underlay, scenario.change, scenario.services, then


def _packets(scenario: Scenario) -> tuple[Packet, ...]:
    """Return the packets of a scenario: its own only, where it is one that is asked for."""
    return (usual(scenario),) if scenario in ASKED else PACKETS


def usual(scenario: Scenario) -> Packet:
    """Return the packet that a scenario sends by itself."""
    return Packet.of(scenario.packet, {"proto": scenario.proto})


def _broken(plugin: Plugin, mode: Mode, fault: Fault) -> Iterator[Case]:
    """Yield a cluster with a fault for each kind in which it shows.

    A packet that must find a cluster that nobody has used yet has one of its own.
    """
    clusters: dict[tuple, list[Scenario]] = {}
    for each in scenarios(plugin):
        if each.name in fault.shows:
            clusters.setdefault(_cluster(each), []).append(each)
    for (underlay, *_), shown in clusters.items():
        name = shown[0].name if shown[0].special else None
        best = [
            Trial(each.name, Packet.of({}, fault.packet, {"proto": each.proto}, each.packet))
            for each in shown
        ]
        alone = [(trial,) for trial in best if trial.packet.cold]
        together = tuple(trial for trial in best if not trial.packet.cold)
        for trials in (*alone, together):
            if trials:
                yield Case(plugin.name, mode.name, underlay, fault.name, name, trials)
