"""The walk behind a ruling: a packet between pods of manifests, on a cluster that is made of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any, NamedTuple

from packetwalk.plan.cluster import OUTSIDE, Cluster, Node, Service
from packetwalk.plan.edit import Change
from packetwalk.plan.operation import Operation
from packetwalk.plan.rules import IPTABLES, NFTABLES
from packetwalk.plan.underlay import SERVER_PORT
from packetwalk.policy.attempt import Attempt
from packetwalk.policy.endpoints import Workload
from packetwalk.policy.estate import Estate
from packetwalk.policy.explanation import end
from packetwalk.policy.judging import Ruling
from packetwalk.policy.queries import question, travelled
from packetwalk.policy.rules import ICMP, PROTOCOLS
from packetwalk.policy.way import Addressee
from packetwalk.tables import SocketEntry
from packetwalk.trace.packet import PROTOCOLS as SENT
from packetwalk.trace.packet import Packet
from packetwalk.trace.step import Step
from packetwalk.walks.listing import ListingMemo
from packetwalk.walks.network import Network
from packetwalk.walks.policed.placed import Placed, Unplaced, unplaced
from packetwalk.walks.walk import Walk

KEEPS = "calico"
"""The plugin whose pods keep the addresses of the manifests; others give out their own."""
NAMES = {number: name for name, number in SENT.items()}
ENDS = f"The model walks what a pod sends to a pod, to a Service's address or to {OUTSIDE} outside"


class Stepped(NamedTuple):
    """A walk, and the rulings on its way, each with the step at which a table decided it, or none."""

    walk: Walk
    rulings: tuple[tuple[Ruling, Step | None], ...]

    def to_json(self, memo: ListingMemo | None = None) -> dict[str, Any]:
        """Return the walk as the player reads it, and where each ruling was made: step, place, hook, line."""
        made = [
            step and {"step": step.seq, "place": step.netns, "hook": step.hook, "line": str(step.entry)}
            for _, step in self.rulings
        ]
        return {"walk": self.walk.to_json(memo), "made": made}


def stepped(
    estate: Estate,
    source: str,
    destination: str,
    protocol: str | int,
    port: int | str,
    mode: str | None = None,
    rules: str = IPTABLES,
) -> Stepped:
    """Send a packet by the names of its ends, as ``policy.explain`` takes them, through its plugin's tables.

    ``mode`` is the plugin's, the first when None, and ``rules`` the form of its rules.  BadInput for ends, a mode or a
    form that are none; Unplaced, in a sentence, where it cannot be sent on a cluster of the model.
    """
    query = {"src": end(estate, source), "dst": end(estate, destination), "protocol": protocol, "port": port}
    asked, target = question(estate, query)
    packet = Packet(_sent(asked))
    src, dst, service = _source(estate, asked), *_destination(estate, asked, target)
    net = _network(estate, packet.proto, service.target_port if service else asked.port, service, mode, rules)
    assert net.estate is not None
    run = net.send(src, dst, packet)
    here = travelled(net.estate, *question(net.estate, query))
    passes = run.traces[0].disposition != "denied"
    if not passes == here.open == travelled(estate, asked, target).open:
        raise Unplaced(_otherwise(service))
    said = [net.mode.name, *([rules] if rules == NFTABLES else [])]
    walk = Walk(
        net.plugin.name,
        net.mode.name,
        "",
        f"{net.plugin.title} {', '.join(said)}: {asked}",
        net.plugin.version,
        packet,
        None,
        run.traces,
        run,
        rules=rules,
        estate=net.estate,
    )
    return Stepped(walk, tuple(_made(here.rulings, run.traces[0].steps)))


def _sent(asked: Attempt) -> str:
    if asked.protocol not in NAMES:
        known = ", ".join(name for name, number in PROTOCOLS.items() if number in NAMES)
        raise Unplaced(f"The model sends {known}, and nothing else.")
    return NAMES[asked.protocol]


def _source(estate: Estate, asked: Attempt) -> str:
    if estate.hosts:
        raise Unplaced("A HostEndpoint is of one node, and the nodes here are the book's own.")
    return _name(estate, asked.source.workload, str(asked.source))


def _name(estate: Estate, pod: Workload | None, said: str) -> str:
    """Return what the cluster calls a pod."""
    if pod is None:
        raise Unplaced(f"{ENDS}; this is about {said}.")
    why = unplaced(estate.found.pods[pod.namespace, pod.name])
    if why:
        raise Unplaced(f"{said} {why}.")
    return str(pod)


def _destination(estate: Estate, asked: Attempt, target: Addressee) -> tuple[str, Service | None]:
    """Return where it is sent, and the Service that this is."""
    port = "" if asked.protocol == ICMP else f":{asked.port}"
    to = asked.destination
    if target.service is not None:
        service = _service(estate, asked, target)
        return f"{service.address}{port}", service
    if to.workload is None and str(to.address) == OUTSIDE:
        return f"{OUTSIDE}{port}", None
    return f"{_name(estate, to.workload, str(to))}{port}", None


def _service(estate: Estate, asked: Attempt, target: Addressee) -> Service:
    """Return the Service that is asked for, as kube-proxy has it at this port."""
    of = target.service
    assert of is not None
    said, addresses = f"Service {of.meta.namespace}/{of.meta.name}", [str(each) for each in of.addresses]
    if of.headless or target.by_node or asked.protocol == ICMP or not addresses or ":" in addresses[0]:
        raise Unplaced(f"{ENDS}; this is not TCP or UDP to an address of {said}.")
    behind = list(estate.backends(of, asked.port, asked.protocol))
    pods = [estate.at(each.address, "").workload for each in behind]
    if len({each.port for each in behind}) != 1 or None in pods:
        raise Unplaced(
            f"Not all that stands behind {said} at port {asked.port} are pods that listen on one port."
        )
    name = next(each.name for each in of.ports if (each.protocol, each.port) == (asked.protocol, asked.port))
    return Service(
        of.meta.name,
        addresses[0],
        asked.port,
        behind[0].port,
        tuple(_name(estate, each, str(each)) for each in pods),
        of.meta.namespace,
        ((NAMES[asked.protocol], name),),
    )


def _otherwise(service: Service | None) -> str:
    """Say why the tables decide otherwise than the manifests have it."""
    if service and len(service.backends) > 1:
        return "kube-proxy draws one of the pods behind the Service, and policies do not say the same of all of them."
    return "The policies name addresses, and on the book's cluster pods and nodes have others."


@lru_cache(maxsize=4)
def _network(
    estate: Estate, proto: str, port: int, service: Service | None, mode: str | None, rules: str
) -> Network:
    machines = Placed(estate.found, (service,) if service else (), estate.plugin.name == KEEPS)
    listening = _listening(proto, port)
    return Network(
        machines, estate.plugin.name, mode, change=listening, rules=rules, policies=estate.found
    )


def _listening(proto: str, port: int) -> Change:
    """Return the edit that lets every pod listen where it is asked."""

    def change(cluster: Cluster, node: Node, plan: list[Operation]) -> list[Operation]:
        if proto == "icmp" or port == SERVER_PORT:
            return plan
        server = SocketEntry(proto, port, "server")
        return [*plan, *(Operation(pod.name, server, "the pod's program") for pod in cluster.pods_of(node))]

    return change


def _made(rulings: list[Ruling], steps: Iterable[Step]) -> Iterator[tuple[Ruling, Step | None]]:
    """Yield each ruling with the step that made it: tables may not show where nobody objects."""
    shown = [step for step in steps if step.event == "policy"]
    if len(shown) == len(rulings):
        yield from zip(rulings, shown, strict=True)
        return
    denied = bool(rulings and shown) and not rulings[-1].allowed
    yield from ((each, shown[-1] if denied and each is rulings[-1] else None) for each in rulings)
