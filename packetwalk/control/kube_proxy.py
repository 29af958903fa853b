"""kube-proxy on every node: what it writes when the EndpointSlices of a Service change, and when.

Whatever the plugin is, it stands beside the plugin's own control plane.
"""

from __future__ import annotations

from functools import partial

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
from packetwalk.control.node_proxy import Known, KubeProxy, address_of
from packetwalk.control.timeline import API, COMPUTED, Lane
from packetwalk.control.world import Stream, World
from packetwalk.errors import BadInput
from packetwalk.plan.rules import NFTABLES
from packetwalk.walks.network import Network

AFFINITY = 10800  # timeoutSeconds of sessionAffinity, when nobody says another
API_SERVER, BY_HAND = "kube-apiserver", "by hand"


class KubeProxyControl:
    """The API server's EndpointSlices, and the kube-proxy of every node."""

    coming: tuple[str, ...] = ()  # no verb of its own names something that is not there at first

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
            "kube-proxy-flush": (self.flush, node),
        }

    def lanes(self) -> tuple[Lane, ...]:
        """Return who is seen, node by node."""
        return (self._api, *(each.lane for each in self.proxies.values()))

    # --- deeds ----------------------------------------------------------------------------------

    def endpoint(self, condition: Condition | None, service: str, pod: str) -> None:
        """Bring an endpoint of a Service into a condition (it comes, if it is new), or take it out."""
        found = self._service(service, local=condition in (READY, None))
        if condition not in (READY, NOT_READY) and pod not in dict(found.endpoints):
            raise BadInput(
                f"endpoint of {service}", pod, [name for name, _ in found.endpoints] or ["none now"]
            )
        address_of(self.network, pod)
        self._say(found.changed(pod, condition), f"{pod} is {condition.word if condition else 'gone'}")

    def replaced(self, service: str, pod: str, other: str) -> None:
        """Put another endpoint in the place of one, in one update."""
        found = self._service(service, local=True)
        if pod not in dict(found.endpoints):
            raise BadInput(
                f"endpoint of {service}", pod, [name for name, _ in found.endpoints] or ["none now"]
            )
        address_of(self.network, other)
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

    def flush(self, node: str) -> None:
        """Delete all rules and chains of kube-proxy's, as a firewall does that starts anew."""
        how = (
            "nft delete table ip kube-proxy"
            if self.network.rules == NFTABLES
            else "kube-proxy's chains are deleted"
        )
        proxy = self._proxy(node)
        self.world.deed(node, f"{how} on {node}")
        proxy.lose(BY_HAND)

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
        for hear in self.world.watchers:
            hear(self.known)

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

    def _service(self, name: str, *, local: bool = False) -> ServiceEndpoints:
        """Return a Service by name; with ``local`` one of a node's own endpoints too, for those are ready or gone."""
        found = {each.service.name: each for each in self.known}
        if name not in found:
            raise BadInput("Service", name, found or ["none in this cluster"])
        service = found[name].service
        if not local and (service.internal_local or service.external_local):
            raise BadInput(
                "Service to change",
                name,
                ["one whose traffic policies are Cluster, or ready and gone endpoints"],
            )
        return found[name]
