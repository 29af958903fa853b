"""A cluster with its control plane, from the first program's start to the end of a timeline."""

from __future__ import annotations

from packetwalk.control.calico.filled import FilledCluster, filled
from packetwalk.control.calico.filling import FillingControl
from packetwalk.control.calico.programs import CalicoControl
from packetwalk.control.deeds import PlannedDeed, prepared
from packetwalk.control.timeline import SECOND, Timeline
from packetwalk.control.world import World
from packetwalk.errors import BadInput
from packetwalk.walks.network import Network
from packetwalk.walks.scenario import network

UP = 140 * SECOND
"""How long a cluster runs before the first deed: sessions are up, the only keepalive was 58 seconds ago."""
CONTROL_PLANES = {("calico", "bgp"): CalicoControl}
"""Who has one in virtual time, by plugin and mode."""


def timeline(
    net: Network,
    deeds: tuple[PlannedDeed, ...],
    until: int,
    title: str,
    *,
    up: int = UP,
    ended: frozenset[str] = frozenset(),
) -> Timeline:
    """Return what happens when deeds are done to a cluster that has been ``up`` for a while; microseconds.

    ``ended`` are nodes whose own part of the control plane has not been started.  BadInput for a mode without a control plane in virtual time, and for a deed that cannot be.
    """
    which = net.plugin.name, net.mode.name
    if which not in CONTROL_PLANES:
        known = [" ".join(each) for each in CONTROL_PLANES]
        raise BadInput("control plane in virtual time of", " ".join(which), known)
    world = World([node.name for node in net.nodes], -up)
    coming = frozenset(each.words[0] for each in deeds if each.verb == "pod" and each.words)
    for pod in coming:
        net.address(pod)
    control = _control(net)(world, net, coming, ended)
    verbs = control.verbs()
    planned = [(each.at, prepared(each, verbs)) for each in deeds]
    world.run(-1)
    initial = tuple((node, entry, by) for node, lines in world.tables.items() for entry, by in lines.items())
    for at, do in planned:
        world.after(at - world.now, do)
    world.run(until)
    return Timeline(title, *which, until, control.lanes(), initial, tuple(world.events))


def _control(net: Network) -> type[CalicoControl]:
    small = isinstance(net.cluster, FilledCluster)
    return FillingControl if small else CONTROL_PLANES[net.plugin.name, net.mode.name]


def cluster(plugin: str, mode: str, deeds: tuple[PlannedDeed, ...]) -> Network:
    """Return the cluster for deeds: the canonical one, or one with a small pool where pods are added one by one."""
    if any(each.verb == "add" for each in deeds) and (plugin, mode) == ("calico", "bgp"):
        return filled(deeds).use(plugin, mode)
    return network(plugin, mode)


def verbs() -> dict[tuple[str, str], dict[str, tuple[str, ...]]]:
    """Return, by plugin and mode, what can be done, and what the words after it are about."""
    found = {}
    for which, control in CONTROL_PLANES.items():
        net = network(*which)
        more = FillingControl if control is CalicoControl else control
        made = more(World([node.name for node in net.nodes], 0), net)
        found[which] = {verb: about for verb, (_, about) in made.verbs().items()}
    return found
