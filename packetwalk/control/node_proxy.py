"""The kube-proxy of a node: its syncs, what it does when its rules are gone, and what it deletes of conntrack.

Delays are those of kube-proxy's own log (v1.36.3: flannel-vxlan-0.28.9-iptables and -nftables, logs/) where no timer says
them.  How it finds out that its rules are gone was not recorded: kubernetes pkg/util/iptables/iptables.go (``Monitor``),
pkg/proxy/iptables/proxier.go, pkg/proxy/nftables/proxier.go.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache, partial

from packetwalk.control.endpoints import ServiceEndpoints
from packetwalk.control.timeline import API, MILLISECOND, SECOND, Lane, Line
from packetwalk.control.world import World
from packetwalk.plan import kube_proxy
from packetwalk.plan.cluster import Node, Service
from packetwalk.plan.kube_proxy import CANARY, PROGRAM
from packetwalk.plan.rules import IPTABLES
from packetwalk.tables import Entry, NftChain, SysctlEntry, UserChain
from packetwalk.walks.network import Network

LOADED = 60 * MILLISECOND  # from the begin of a sync to the new rules, one transaction: 35 to 100 ms
CLEANED = 70 * MILLISECOND  # to the end of conntrack's entries: 71 ms (iptables), 147 ms (nftables)
SYNCED = 78 * MILLISECOND  # to its end: 31 to 100 ms
MIN_SYNC = 1 * SECOND  # minSyncPeriod: from the end of a sync to the begin of the next
SYNC_PERIOD = (
    30 * SECOND
)  # syncPeriod: how often it looks for its canary, and when it tries again what has failed
FULL_SYNC = 3600 * SECOND  # FullSyncPeriod: how often it writes everything anew, needed or not
STALE = 1 * SECOND  # how old a chain of nftables must be that nothing leads to before a sync deletes it
STARTS = 300 * MILLISECOND  # from its start to its first sync: 0.31 s after it has told its version
AGAIN = 1 * SECOND  # until it asks again where nobody answers; its back-off is longer in the end
Known = tuple[ServiceEndpoints, ...]
"""All Services, as the API server or a kube-proxy knows them."""


class KubeProxy:
    """The kube-proxy of a node."""

    def __init__(self, world: World, network: Network, node: Node, known: Known) -> None:
        self.world, self.node, self.lane = world, node.name, Lane(node.name, PROGRAM)
        self.alive, self._known, self._network = True, known, network
        self._life, self._planned, self._idle = 0, False, world.now - MIN_SYNC
        self._clean, self._why = False, ""
        self._full, self._lost = False, False  # the next sync writes everything; some of it is gone
        self._stale: dict[Line, int] = {}  # chains of nftables that nothing leads to, since when
        self._flows: dict[str, set[str]] = {each.service.name: set(each.used) for each in known}
        self._lines = cache(partial(_lines, network, node))
        for line in self._lines(known):
            world.tables[self.node][line] = PROGRAM
        self._look_after()

    def hear(self, known: Known, about: str) -> None:
        """Take in what the API server says; rules are written now, or when the last sync is long enough ago."""
        if not self.alive:
            return
        for old, new in zip(self._known, known, strict=True):
            udp = any(protocol == "udp" for protocol, _ in new.service.ports)
            self._clean |= old.endpoints != new.endpoints and udp
        self._known, self._why = known, about
        self._plan(max(0, self._idle + MIN_SYNC - self.world.now))

    def _plan(self, wait: int) -> None:
        if not self._planned:
            self._planned = True
            self._later(wait, self._sync)

    def _sync(self) -> None:
        self._planned, self._idle = False, self.world.now + SYNCED
        self.world.state(self.lane, "syncs all its rules" if self._full else "syncs its rules")
        self._delete_stale()
        self._later(LOADED, partial(self._load, self._known, self._why, self._full))
        self._full = False
        if self._clean:
            self._later(CLEANED, partial(self._forget, self._known))
        self._clean = False

    def _delete_stale(self) -> None:
        """Delete the empty chains that an earlier sync has left (nftables; the kernel may count a map's use of one late)."""
        for chain, since in list(self._stale.items()):
            if since < self.world.now - STALE:
                del self._stale[chain]
                self.world.take(self.node, PROGRAM, chain, "nothing has led to it since the last sync")

    def _load(self, known: Known, why: str, full: bool) -> None:
        """Put the rules of now in the place of those that are there (``iptables-restore``, ``nft -f``), in one transaction.

        What is only a change of them fails where they are gone; all of them are written half a minute later.
        """
        if self._lost and not full:
            self.world.state(
                self.lane, f"{self._command} fails, for what it changes is gone: tries again in 30 s"
            )
            self._later(SYNC_PERIOD, partial(self._try_again, why))
            return
        world, wanted, self._lost = self.world, self._lines(known), False
        there = [entry for entry, by in world.tables[self.node].items() if by == PROGRAM]
        kept = set(there) & set(wanted)
        for line in there:
            if line not in kept and isinstance(line, NftChain):
                self._stale.setdefault(line, world.now - LOADED)
            elif line not in kept:
                world.take(self.node, PROGRAM, line, why)
        places: dict[Line, Line | None] = {}
        following: Line | None = None
        for line in reversed(wanted):
            places[line] = following
            following = line if line in kept else following
        for line in wanted:
            if line not in kept:
                world.write(self.node, PROGRAM, line, why, places[line])
        for each in known:
            self._flows[each.service.name] |= set(each.used)

    def _forget(self, known: Known) -> None:
        """Delete UDP's entries that lead to nobody who serves, where somebody else does (``CleanStaleEntries``)."""
        for each in known:
            stale = self._flows[each.service.name] - set(each.serving)
            if not each.serving or not any(protocol == "udp" for protocol, _ in each.service.ports):
                continue
            self._flows[each.service.name] -= stale
            for name in sorted(stale):
                why = f"{name} no longer serves {each.service.name}, and somebody else does"
                address = address_of(self._network, name)
                for dst, dport in _fronts(each.service):
                    self.world.forget(self.node, PROGRAM, dst, dport, address, why)

    def lose(self, by: str) -> None:
        """Somebody deletes all its rules and chains."""
        self._lost, self._stale = True, {}
        for line, author in list(self.world.tables[self.node].items()):
            if author == PROGRAM and not isinstance(line, SysctlEntry):
                self.world.take(self.node, by, line, "somebody deleted all that is kube-proxy's")

    @property
    def _iptables(self) -> bool:
        return self._network.rules == IPTABLES

    @property
    def _command(self) -> str:
        return "iptables-restore" if self._iptables else "nft"

    def _look_after(self) -> None:
        """Begin to look for the canary (iptables only), and to write everything anew once an hour."""
        if self._iptables:
            self._later(SYNC_PERIOD, self._look)
        self._later(FULL_SYNC, self._anew)

    def _look(self) -> None:
        """Look for the chain that is there only to be missed: when it is gone, so may be all the others."""
        there = self.world.tables[self.node]
        if not any(isinstance(each, UserChain) and each.chain == CANARY for each in there):
            self.world.state(self.lane, f"misses its chain {CANARY}")
            self._sync_all(f"{CANARY} was gone")
        self._later(SYNC_PERIOD, self._look)

    def _anew(self) -> None:
        self._sync_all("an hour has passed since all was written")
        self._later(FULL_SYNC, self._anew)

    def _try_again(self, why: str) -> None:
        if self._lost:
            self._sync_all(why)

    def _sync_all(self, why: str) -> None:
        self._full, self._why = True, why
        self._plan(max(0, self._idle + MIN_SYNC - self.world.now))

    def end(self, how: str) -> None:
        """End it: its rules stay, and nobody changes them."""
        self.alive, self._planned = False, False
        self._life += 1
        self.world.state(self.lane, how)

    def start(self, ask: Callable[[], Known]) -> None:
        """Start it: it asks for everything, and compares all rules with what it wants."""
        self.alive, self._planned, self._stale = True, True, {}
        self._life += 1
        self.world.state(self.lane, "started")
        self._later(STARTS, lambda: self._list(ask))

    def _list(self, ask: Callable[[], Known]) -> None:
        """Ask for all there is, again and again while the API server is not reached."""
        if not self.world.connected(API, self.node):
            self._later(AGAIN, lambda: self._list(ask))
            return
        self._known, self._why, self._clean, self._full = ask(), "kube-proxy has started", True, True
        self._sync()
        self._look_after()

    def _later(self, delay: int, do: Callable[[], None]) -> None:
        life = self._life
        self.world.after(delay, lambda: do() if self._life == life else None)


def _fronts(service: Service) -> Iterator[tuple[str, int]]:
    """Yield the addresses and ports at which a Service is asked; a NodePort's has any address."""
    for address in (service.address, *service.load_balancers):
        yield address, service.port
    if service.node_port:
        yield "", service.node_port


def address_of(network: Network, name: str) -> str:
    """Return the address of an endpoint: a pod's, a node's, or itself."""
    if name in network.cluster.node_by_name:
        return network.cluster.node_by_name[name].address
    known = {address for each in network.cluster.services for address in each.backends}
    return name if name in known and network.cluster.find_pod(name) is None else network.address(name)


def _lines(network: Network, node: Node, known: Known) -> tuple[Entry, ...]:
    """Return kube-proxy's lines on a node, as the plan has them."""
    services = [each.led for each in known]
    pods = network.plugin.pod_network(network.cluster)
    plan = kube_proxy.plan(network.cluster, node, pods, network.address, network.rules, services, network.plugin.proxy.habits)
    return tuple(each.entry for each in plan)
