"""kube-proxy on every node: what it writes when the EndpointSlices of a Service change, and when.

Whatever the plugin is, it stands beside the plugin's own control plane.  Delays are those of kube-proxy's own log
(v1.36.3: flannel-vxlan-0.28.9-iptables and -nftables, logs/) where no timer says them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache, partial

from packetwalk.control.deeds import Verbs, switch
from packetwalk.control.endpoints import (
    NOT_READY,
    NOT_SERVING,
    READY,
    TERMINATING,
    Condition,
    ServiceEndpoints,
    ready,
)
from packetwalk.control.timeline import API, COMPUTED, MILLISECOND, SECOND, Lane, Line
from packetwalk.control.world import Stream, World
from packetwalk.errors import BadInput
from packetwalk.plan import kube_proxy
from packetwalk.plan.cluster import Node, Service
from packetwalk.plan.kube_proxy import PROGRAM
from packetwalk.tables import Entry, NftChain
from packetwalk.walks.network import Network

LOADED = 60 * MILLISECOND  # from the begin of a sync to the new rules, one transaction: 35 to 100 ms
CLEANED = 70 * MILLISECOND  # to the end of conntrack's entries: 71 ms (iptables), 147 ms (nftables)
SYNCED = 78 * MILLISECOND  # to its end: 31 to 100 ms
MIN_SYNC = 1 * SECOND  # minSyncPeriod: from the end of a sync to the begin of the next
STALE = 1 * SECOND  # how old a chain of nftables must be that nothing leads to before a sync deletes it
STARTS = 300 * MILLISECOND  # from its start to its first sync: 0.31 s after it has told its version
AGAIN = 1 * SECOND  # until it asks again where nobody answers; its back-off is longer in the end
AFFINITY = 10800  # timeoutSeconds of sessionAffinity, when nobody says another
API_SERVER = "kube-apiserver"
Known = tuple[ServiceEndpoints, ...]
"""All Services, as the API server or a kube-proxy knows them."""


class KubeProxy:
    """The kube-proxy of a node."""

    def __init__(self, world: World, network: Network, node: Node, known: Known) -> None:
        self.world, self.node, self.lane = world, node.name, Lane(node.name, PROGRAM)
        self.alive, self._known, self._network = True, known, network
        self._life, self._planned, self._idle = 0, False, world.now - MIN_SYNC
        self._clean, self._why = False, ""
        self._stale: dict[Line, int] = {}  # chains of nftables that nothing leads to, since when
        self._flows: dict[str, set[str]] = {each.service.name: set(each.used) for each in known}
        self._lines = cache(partial(_lines, network, node))
        for line in self._lines(known):
            world.tables[self.node][line] = PROGRAM

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
        self.world.state(self.lane, "syncs its rules")
        self._delete_stale()
        self._later(LOADED, partial(self._load, self._known, self._why))
        if self._clean:
            self._later(CLEANED, partial(self._forget, self._known))
        self._clean = False

    def _delete_stale(self) -> None:
        """Delete the empty chains that an earlier sync has left (nftables; the kernel may count a map's use of one late)."""
        for chain, since in list(self._stale.items()):
            if since < self.world.now - STALE:
                del self._stale[chain]
                self.world.take(self.node, PROGRAM, chain, "nothing has led to it since the last sync")

    def _load(self, known: Known, why: str) -> None:
        """Put the rules of now in the place of those that are there (``iptables-restore``, ``nft -f``)."""
        world, wanted = self.world, self._lines(known)
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
                address = _address(self._network, name)
                for dst, dport in _fronts(each.service):
                    self.world.forget(self.node, PROGRAM, dst, dport, address, why)

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
        self._known, self._why, self._clean = ask(), "kube-proxy has started", True
        self._sync()

    def _later(self, delay: int, do: Callable[[], None]) -> None:
        life = self._life
        self.world.after(delay, lambda: do() if self._life == life else None)


class KubeProxyControl:
    """The API server's EndpointSlices, and the kube-proxy of every node."""

    coming = ""  # no verb of its own names something that is not there at first

    def __init__(
        self,
        world: World,
        network: Network,
        pending: frozenset[str] = frozenset(),
        ended: frozenset[str] = frozenset(),
    ) -> None:
        """All endpoints are ready and all kube-proxies run; ``pending`` and ``ended`` are the plugin's."""
        self.world, self.network = world, network
        self.known: Known = tuple(ready(each) for each in network.cluster.services)
        self.proxies = {node.name: KubeProxy(world, network, node, self.known) for node in network.nodes}
        self._api = Lane(API, API_SERVER)
        self._watches = {name: Stream(world, self._api, each.lane) for name, each in self.proxies.items()}

    def verbs(self) -> Verbs:
        """Return what can be done, by the words for it."""
        endpoint, node = ("SERVICE", "POD"), ("NODE",)
        return {
            "endpoint-ready": (partial(self.endpoint, READY), endpoint),
            "endpoint-not-ready": (partial(self.endpoint, NOT_READY), endpoint),
            "endpoint-terminating": (partial(self.endpoint, TERMINATING), endpoint),
            "endpoint-not-serving": (partial(self.endpoint, NOT_SERVING), endpoint),
            "endpoint-gone": (partial(self.endpoint, None), endpoint),
            "endpoint-replaced": (self.replaced, (*endpoint, "POD")),
            "affinity": (self.affinity, ("SERVICE", "on|off")),
            "kube-proxy-kill": (self.kill, node),
            "kube-proxy-stop": (self.stop, node),
            "kube-proxy-start": (self.start, node),
        }

    def lanes(self) -> tuple[Lane, ...]:
        """Return who is seen, node by node."""
        return (self._api, *(each.lane for each in self.proxies.values()))

    # --- deeds ----------------------------------------------------------------------------------

    def endpoint(self, condition: Condition | None, service: str, pod: str) -> None:
        """Bring an endpoint of a Service into a condition (it comes, if it is new), or take it out."""
        found = self._service(service)
        if condition not in (READY, NOT_READY) and pod not in dict(found.endpoints):
            raise BadInput(
                f"endpoint of {service}", pod, [name for name, _ in found.endpoints] or ["none now"]
            )
        _address(self.network, pod)
        self._say(found.changed(pod, condition), f"{pod} is {condition.word if condition else 'gone'}")

    def replaced(self, service: str, pod: str, other: str) -> None:
        """Put another endpoint in the place of one, in one update."""
        found = self._service(service)
        if pod not in dict(found.endpoints):
            raise BadInput(
                f"endpoint of {service}", pod, [name for name, _ in found.endpoints] or ["none now"]
            )
        _address(self.network, other)
        self._say(found.changed(pod, None).changed(other, READY), f"{pod} is gone, {other} is ready")

    def affinity(self, service: str, word: str) -> None:
        """Set sessionAffinity of a Service to ClientIP, or to None."""
        found, seconds = self._service(service), AFFINITY if switch(word) else 0
        led = found._replace(service=found.service._replace(affinity=seconds))
        self._set(led, f"sessionAffinity of {service}: {'ClientIP' if seconds else 'None'}", "Service")

    def kill(self, node: str) -> None:
        """End kube-proxy at once (kill -9)."""
        self._end(node, f"kill -9 kube-proxy on {node}", "killed")

    def stop(self, node: str) -> None:
        """End kube-proxy by SIGTERM: it takes no rule with it either."""
        self._end(node, f"SIGTERM to kube-proxy on {node}", "ended")

    def start(self, node: str) -> None:
        """Start kube-proxy again."""
        proxy = self._proxy(node)
        if proxy.alive:
            raise BadInput("program to start", f"kube-proxy on {node}", ["one that has ended"])
        self.world.deed(node, f"kube-proxy on {node} starts")
        proxy.start(lambda: self.known)

    # --- what the API server says ---------------------------------------------------------------

    def _say(self, found: ServiceEndpoints, what: str) -> None:
        self._set(found, f"EndpointSlice of {found.service.name}: {what}", "EndpointSlice")

    def _set(self, found: ServiceEndpoints, what: str, kind: str) -> None:
        """Keep what is new, and tell all kube-proxies."""
        name = found.service.name
        self.world.deed("", what)
        self.known = tuple(found if each.service.name == name else each for each in self.known)
        for node, proxy in self.proxies.items():
            self._watches[node].send(kind, what, partial(proxy.hear, self.known, what), COMPUTED)

    # --- small words ----------------------------------------------------------------------------

    def _end(self, node: str, deed: str, how: str) -> None:
        proxy = self._proxy(node)
        if not proxy.alive:
            raise BadInput("program to end", f"kube-proxy on {node}", ["one that runs"])
        self.world.deed(node, deed)
        proxy.end(how)

    def _proxy(self, node: str) -> KubeProxy:
        if node not in self.proxies:
            raise BadInput("node", node, self.proxies)
        return self.proxies[node]

    def _service(self, name: str) -> ServiceEndpoints:
        found = {each.service.name: each for each in self.known}
        if name not in found:
            raise BadInput("Service", name, found or ["none in this cluster"])
        service = found[name].service
        if service.internal_local or service.external_local:
            raise BadInput("Service whose endpoints change", name, ["one whose traffic policies are Cluster"])
        return found[name]


def _fronts(service: Service) -> Iterator[tuple[str, int]]:
    """Yield the addresses and ports at which a Service is asked; a NodePort's has any address."""
    for address in (service.address, *service.load_balancers):
        yield address, service.port
    if service.node_port:
        yield "", service.node_port


def _address(network: Network, name: str) -> str:
    """Return the address of an endpoint: a pod's, a node's, or itself."""
    if name in network.cluster.node_by_name:
        return network.cluster.node_by_name[name].address
    known = {address for each in network.cluster.services for address in each.backends}
    return name if name in known and network.cluster.find_pod(name) is None else network.address(name)


def _lines(network: Network, node: Node, known: Known) -> tuple[Entry, ...]:
    """Return kube-proxy's lines on a node, as the plan has them."""
    services = [each.led for each in known]
    pods = network.plugin.pod_network(network.cluster)
    plan = kube_proxy.plan(network.cluster, node, pods, network.address, network.rules, services)
    return tuple(each.entry for each in plan)
