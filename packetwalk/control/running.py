"""A cluster with its control plane, from the first program's start to the end of a timeline."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from packetwalk.control.calico.felix import FelixControl
from packetwalk.control.calico.filled import FILLING, FilledCluster, filled
from packetwalk.control.calico.filling import Filling, FillingControl
from packetwalk.control.calico.outside import PEERS, SHOP, OutsideControl, outside
from packetwalk.control.calico.programs import CalicoControl
from packetwalk.control.deeds import PlannedDeed, Verbs, prepared
from packetwalk.control.flannel.cluster import FlannelControl
from packetwalk.control.kube_proxy import KubeProxyControl
from packetwalk.control.timeline import API, SECOND, Lane, Timeline
from packetwalk.control.weave.control import WeaveControl
from packetwalk.control.world import World
from packetwalk.errors import BadInput
from packetwalk.plan.cluster import ROUTER
from packetwalk.plan.rules import IPTABLES
from packetwalk.walks.network import Network
from packetwalk.walks.scenario import network


class Control(Protocol):
    """A control plane: made with its lines in the world's tables; ``pending`` are what deeds say will come."""

    coming: tuple[str, ...]

    def __init__(
        self,
        world: World,
        network: Network,
        pending: frozenset[str] = frozenset(),
        ended: frozenset[str] = frozenset(),
    ) -> None: ...

    def verbs(self) -> Verbs: ...

    def lanes(self) -> tuple[Lane, ...]: ...


UP = 140 * SECOND
"""How long a cluster runs before the first deed: all is up, and BGP's only keepalive was 58 seconds ago."""
FLANNEL = ("vxlan", "vxlan-directrouting", "host-gw", "wireguard", "udp", "ipip")
CONTROL_PLANES: dict[tuple[str, str], type[Control]] = {
    **{("calico", mode): CalicoControl for mode in ("bgp", "ipip", "ipip-crosssubnet", "wireguard")},
    **{("calico", mode): FelixControl for mode in ("vxlan", "vxlan-crosssubnet")},
    **{("flannel", mode): FlannelControl for mode in FLANNEL},
    **{
        ("weave", mode): WeaveControl for mode in ("fastdp", "sleeve", "fastdp-encrypted", "sleeve-encrypted")
    },
}
"""Whose plugin has one in virtual time, by plugin and mode."""
FILLED: dict[type[Control], type[Control]] = {CalicoControl: FillingControl, FelixControl: Filling}
"""Where a pool can be filled, and what is done then."""
EVERYWHERE: tuple[type[Control], ...] = (KubeProxyControl,)
"""Those that stand beside each plugin's; one is there when a deed is about it."""


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
    world = _world(net, -up)
    own = _control(net)
    coming = _coming(net, deeds, own.coming)
    controls: list[Control] = [own(world, net, coming, ended)]
    if any(each.verb not in controls[0].verbs() for each in deeds):
        controls += [each(world, net) for each in EVERYWHERE]
    verbs = {verb: do for each in controls for verb, do in each.verbs().items()}
    planned = [(each.at, prepared(each, verbs)) for each in deeds]
    with _uncollected():
        world.run(-1)
        lines = world.tables.items()
        initial = tuple((node, entry, by) for node, there in lines for entry, by in there.items())
        for at, do in planned:
            world.after(at - world.now, do)
        world.run(until)
    return Timeline(
        title, *which, until, _lanes(controls, net), initial, tuple(world.events), tuple(world.governed)
    )


@contextmanager
def _uncollected() -> Iterator[None]:
    """Let Python look for no garbage meanwhile: what happens is kept to the end, and looking costs a third of the time."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


def _lanes(controls: list[Control], net: Network) -> tuple[Lane, ...]:
    """Return all lanes: who is outside of the cluster, the API, then node by node, its kernel last."""
    places = {name: number for number, name in enumerate((ROUTER, API, *(node.name for node in net.nodes)))}
    lanes = dict.fromkeys(lane for each in controls for lane in each.lanes())
    return tuple(sorted(lanes, key=lambda lane: (places[lane.node], lane.program == "kernel")))


def _control(net: Network) -> type[Control]:
    if isinstance(net.cluster, FilledCluster):
        return FILLED[CONTROL_PLANES[net.plugin.name, net.mode.name]]
    own = CONTROL_PLANES[net.plugin.name, net.mode.name]
    return OutsideControl if own is CalicoControl and SHOP in net.cluster.services else own


def cluster(plugin: str, mode: str | None, deeds: tuple[PlannedDeed, ...], rules: str = IPTABLES) -> Network:
    """Return the cluster for deeds: the canonical one, one with a small pool where pods are added one by one, or one whose router is told of Services."""
    own = CONTROL_PLANES.get((plugin, mode or ""))
    if mode and own in FILLED and any(each.verb in FILLING for each in deeds):
        return filled(mode, deeds).use(plugin, mode, rules=rules)
    if own is CalicoControl and any(each.verb == PEERS for each in deeds):
        return outside().use(plugin, mode, rules=rules)
    return network(plugin, mode, rules=rules)


def _coming(net: Network, deeds: tuple[PlannedDeed, ...], verbs: tuple[str, ...]) -> frozenset[str]:
    """Return who is not there before the first deed: of whom the start is told by one of ``verbs``, and no end before it.

    A node that boots afresh has lost its pods, which were there.
    """
    first: dict[str, str] = {}
    for each in sorted(deeds, key=lambda each: each.at):
        about = each.words[:1] if each.verb.removesuffix("-ends") in verbs else ()
        if each.verb == "start-afresh":
            about = tuple(pod.name for pod in net.pods if pod.node in each.words)
        for one in about:
            first.setdefault(one, each.verb)
    return frozenset(one for one, told in first.items() if told in verbs)


def _world(net: Network, start: int) -> World:
    """Return a world of the nodes and the pods of a cluster."""
    return World([each.name for each in (*net.nodes, *net.pods)], start)


def verbs() -> dict[tuple[str, str], dict[str, tuple[str, ...]]]:
    """Return, by plugin and mode, what can be done, and what the words after it are about."""
    found = {}
    for which, own in CONTROL_PLANES.items():
        net, more = network(*which), FILLED.get(own, own)
        made = [each(_world(net, 0), net) for each in (more, *EVERYWHERE)]
        found[which] = {verb: about for each in made for verb, (_, about) in each.verbs().items()}
    return found
