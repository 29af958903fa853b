"""The way of a packet past everybody who judges it: which endpoints, in which order, and what it looks like there.

Policy sees ports after a service's translation, and sources before masquerading, on the node where that is done; a node's
packets to its own pods it does not see at all (recorded with Calico v3.33, VXLAN and kube-proxy 1.36.3).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from packetwalk.policy.attempt import Attempt
from packetwalk.policy.endpoints import HostPoint, Machine, Workload
from packetwalk.policy.estate import Backend, Estate, Party
from packetwalk.policy.judging import BEFORE_DNAT, FORWARD, NORMAL, UNTRACKED, Ruling, judge
from packetwalk.policy.leaving import NIC, TUNNEL
from packetwalk.policy.manifests.collected import ServiceRecord
from packetwalk.policy.rules import EGRESS, INGRESS, IPIP, TCP, UDP

EVERY_INTERFACE = "*"
VXLAN_PORT = 4789
_SAFE_IN = {(TCP, port) for port in (22, 179, 2379, 2380, 5473, 6443, 6666, 6667)} | {(UDP, 68)}
_SAFE_OUT = {(TCP, port) for port in (179, 2379, 2380, 5473, 6443, 6666, 6667)} | {(UDP, 53), (UDP, 67)}
"""What no host endpoint's policy refuses (FailsafeInboundHostPorts and FailsafeOutboundHostPorts, their defaults)."""


def wraps(protocol: int, port: int) -> bool:
    """Say whether a packet is one of a tunnel between nodes: IP-in-IP, or VXLAN on its registered port."""
    return protocol == IPIP or (protocol, port) == (UDP, VXLAN_PORT)


Judge = Callable[[Estate, Workload | HostPoint, str, Attempt, str], Ruling | None]


class Addressee(NamedTuple):
    """Where a packet is sent: to somebody, or to a service (``by_node`` at a node's port of it)."""

    party: Party
    service: ServiceRecord | None = None
    by_node: Machine | None = None


class PolicedWay:
    """One packet's way; ``rulings`` are those of it so far, and the last one refuses where one does."""

    def __init__(self, estate: Estate, judged: Judge = judge) -> None:
        self.estate, self.judged = estate, judged
        self.rulings: list[Ruling] = []

    @property
    def open(self) -> bool:
        """Whether nobody has refused it."""
        return all(each.allowed for each in self.rulings)

    def go(self, asked: Attempt, target: Addressee) -> None:
        """Let the packet go from its source to its target."""
        source, service = asked.source, target.service
        if service is not None and service.headless:
            self._by_name(asked, service)
        elif source.workload is not None:
            self._from_pod(asked, target, source.workload)
        elif source.machine is not None:
            self._from_node(asked, target, source.machine)
        else:
            self._from_outside(asked, target)

    def _by_name(self, asked: Attempt, service: ServiceRecord) -> None:
        """Go to each pod behind a headless service, at the port that is asked: DNS says where, nobody translates."""
        addresses = self.estate.behind(service)
        if not addresses:
            said = f"service {service.meta.namespace}/{service.meta.name} is headless and has no endpoint"
            self._refused(asked.source, EGRESS, f"{said}: its name has no address")
        for each in addresses:
            to = self.estate.at(each, str(each))
            if asked.source.workload is None or to.workload is not asked.source.workload:
                self.go(asked._replace(destination=to), Addressee(to))

    def _refused(self, endpoint: object, direction: str, said: str) -> None:
        self.rulings.append(Ruling(str(endpoint), direction, False, said=said))

    def _pod(self, pod: Workload, direction: str, asked: Attempt) -> None:
        """Ask a pod's policies; one that is finished has an interface that nobody knows."""
        if not self.open:
            return
        if pod.finished:
            self._refused(
                pod, direction, f"{pod} is finished: its interface is no endpoint any more, all is dropped"
            )
            return
        tunnel = self.estate.plugin.closes_tunnels and wraps(asked.protocol, asked.port)
        if direction == EGRESS and tunnel:
            self._refused(pod, direction, "Felix lets no pod send VXLAN or IP-in-IP of its own: Drop")
            return
        ruling = self.judged(self.estate, pod, direction, asked, NORMAL)
        if ruling is not None:
            self.rulings.append(ruling)
        if direction == INGRESS and tunnel and asked.protocol == UDP:
            said = f"UDP {VXLAN_PORT} is not tracked: the pod's answer belongs to nothing, and is dropped as INVALID"
            self._refused(pod, EGRESS, said)

    def _host(
        self, machine: Machine | None, device: str, direction: str, asked: Attempt, *stages: str
    ) -> None:
        """Ask the policies of the host endpoint that a packet passes, stage by stage, until one accepts it."""
        point = self._point(machine, device)
        if point is None:
            return
        for stage in stages:
            if not self.open:
                return
            if stage != FORWARD and self._safe(direction, asked):
                continue
            ruling = self.judged(self.estate, point, direction, asked, stage)
            if ruling is None:
                continue
            self.rulings.append(ruling)
            if stage == UNTRACKED and ruling.allowed:
                self._answer(point, direction, asked)
            return

    def _answer(self, point: HostPoint, direction: str, asked: Attempt) -> None:
        """Ask for the answer of a packet that is not tracked: nobody knows that it is one."""
        back = Attempt(
            asked.destination, asked.source, asked.protocol, asked.source_port, asked.port, asked.icmp
        )
        other = EGRESS if direction == INGRESS else INGRESS
        for stage in (UNTRACKED, NORMAL):
            ruling = self.judged(self.estate, point, other, back, stage)
            if ruling is not None:
                self.rulings.append(ruling)
                return

    @staticmethod
    def _safe(direction: str, asked: Attempt) -> bool:
        return (asked.protocol, asked.port) in (_SAFE_IN if direction == INGRESS else _SAFE_OUT)

    def _point(self, machine: Machine | None, device: str) -> HostPoint | None:
        """Return the host endpoint of a device: one of its own before the one of all."""
        mine = [each for each in self.estate.hosts if machine is not None and each.node == machine.name]
        own = [each for each in mine if each.interface != EVERY_INTERFACE and device == "eth0"]
        every = [each for each in mine if each.interface == EVERY_INTERFACE]
        return next(iter(own or every), None)

    def _machine_of(self, party: Party) -> Machine | None:
        return self.estate.machines.get(party.workload.node) if party.workload else party.machine

    # --- from a pod ------------------------------------------------------------------------------

    def _from_pod(self, asked: Attempt, target: Addressee, pod: Workload) -> None:
        home = self.estate.machines.get(pod.node)
        here = target.by_node is None or target.by_node is home
        if target.service is not None and here:
            for after in self._translated(asked, target, pod, EGRESS):
                rewritten = target.by_node is not None and not target.service.external_local
                self._routed_from_pod(after, pod, home, rewritten)
            return
        self._routed_from_pod(asked, pod, home, False, target)

    def _routed_from_pod(
        self,
        asked: Attempt,
        pod: Workload,
        home: Machine | None,
        masqueraded: bool,
        target: Addressee | None = None,
    ) -> None:
        """Go on from a pod, its own node's translation done; ``target``: another node's port of a service."""
        to = asked.destination
        there = self._machine_of(to)
        same = home is not None and there is home
        if not (same and to.machine is not None and self.estate.plugin.frees_own_node):
            self._pod(pod, EGRESS, asked)
        if to.workload is not None and not (target and target.service):
            if not same:
                asked = self._between(asked, home, there, masqueraded=masqueraded)
            self._pod(to.workload, INGRESS, asked)
            return
        if to.machine is not None and same:
            if self.open and self.estate.endpoint_to_host == "Drop":
                self._refused(
                    pod, EGRESS, "a packet of a pod to its own node: DefaultEndpointToHostAction is Drop"
                )
            return
        self._host(home, "eth0", EGRESS, asked, FORWARD)
        if to.machine is not None:
            seen = asked._replace(source=self._masqueraded(asked.source, home))
            self._into_node(seen, target or Addressee(to), to.machine)

    def _masqueraded(self, source: Party, home: Machine | None) -> Party:
        """Return a pod's packet's source where it has left the pods' network: its node, where that is known."""
        return self.estate.node_party(home) if home is not None else source

    # --- from a node -----------------------------------------------------------------------------

    def _from_node(self, asked: Attempt, target: Addressee, machine: Machine) -> None:
        if target.service is not None and target.by_node in (None, machine):
            for after in self._translated(asked, target, machine, EGRESS):
                self._routed_from_node(after, machine)
            return
        self._routed_from_node(asked, machine, target)

    def _routed_from_node(self, asked: Attempt, machine: Machine, target: Addressee | None = None) -> None:
        to = asked.destination
        there = self._machine_of(to)
        if to.workload is not None:
            if there is machine:
                if to.workload.finished:
                    self._refused(
                        to.workload, INGRESS, f"{to.workload} is finished: its node has no route to it"
                    )
                return
            device, source = self._leaving(machine, to)
            self._host(machine, device, EGRESS, asked, UNTRACKED, NORMAL)
            seen = asked._replace(source=source)
            self._host(there, device, INGRESS, seen, UNTRACKED, BEFORE_DNAT, FORWARD)
            self._pod(to.workload, INGRESS, seen)
            return
        device = "lo" if there is machine else "eth0"
        self._host(machine, device, EGRESS, asked, UNTRACKED, NORMAL)
        if there is machine:
            self._host(machine, device, INGRESS, asked, UNTRACKED, BEFORE_DNAT, NORMAL)
        elif there is not None:
            self._into_node(asked, target or Addressee(to), there)

    def _leaving(self, machine: Machine, to: Party) -> tuple[str, Party]:
        """Return by which device a node's packets leave for a pod of another, and whose the pod thinks they are."""
        device, address = self.estate.leaving(machine, to)
        if address in machine.addresses:
            return device, self.estate.node_party(machine, address)
        sets = self.estate.at(address, "").sets if address else ()
        return device, Party(address, None, (), sets, machine, f"{machine}'s tunnel")

    def _between(
        self, asked: Attempt, home: Machine | None, there: Machine | None, *, masqueraded: bool
    ) -> Attempt:
        """Take a packet from one node to another's pod, and return it as it comes there."""
        device, source = self._leaving(home, asked.destination) if home else (TUNNEL, asked.source)
        self._host(home, device, EGRESS, asked, FORWARD)
        seen = asked._replace(source=source) if masqueraded else asked
        first = (UNTRACKED,) if device == NIC else ()
        self._host(there, device, INGRESS, seen, *first, BEFORE_DNAT, FORWARD)
        return seen

    # --- from outside, or from another node ------------------------------------------------------

    def _from_outside(self, asked: Attempt, target: Addressee) -> None:
        pod = asked.destination.workload
        if target.by_node is not None or asked.destination.machine is not None:
            self._into_node(asked, target, target.by_node or asked.destination.machine)
            return
        if pod is None:
            return
        there = self.estate.machines.get(pod.node)
        self._host(there, "eth0", INGRESS, asked, UNTRACKED, BEFORE_DNAT, FORWARD)
        self._pod(pod, INGRESS, asked)

    def _into_node(self, asked: Attempt, target: Addressee, machine: Machine | None) -> None:
        """Come in at a node's interface: to itself, or to a port of it that leads to a service."""
        if machine is None:
            return
        if target.service is None:
            self._host(machine, "eth0", INGRESS, asked, UNTRACKED, BEFORE_DNAT, NORMAL)
            return
        before = len(self.rulings)
        self._host(machine, "eth0", INGRESS, asked, UNTRACKED, BEFORE_DNAT)
        stages = (FORWARD,) if len(self.rulings) == before else ()
        for after in self._translated(asked, target, machine, INGRESS):
            pod = after.destination.workload
            self._host(machine, "eth0", INGRESS, after, *(stages if pod else (NORMAL,) if stages else ()))
            if pod is None:
                continue
            there = self.estate.machines.get(pod.node)
            if there is machine:
                self._pod(pod, INGRESS, after)
                continue
            self._pod(pod, INGRESS, self._between(after, machine, there, masqueraded=True))

    def _translated(self, asked: Attempt, target: Addressee, at: object, direction: str) -> Iterator[Attempt]:
        """Yield the packet with each endpoint of a service as its destination."""
        service = target.service
        if service is None:
            return
        ends: list[Backend] = list(
            self.estate.backends(service, asked.port, asked.protocol, target.by_node is not None)
        )
        name = f"{service.meta.namespace}/{service.meta.name}"
        local = service.external_local and target.by_node is not None
        if local and not (asked.source.workload or asked.source.machine is target.by_node):
            ends = [
                each for each in ends if self._machine_of(self.estate.at(each.address, "")) is target.by_node
            ]
        if not ends:
            self._refused(
                at, direction, f"service {name} has no endpoint for port {asked.port} here; no policy decides"
            )
        for each in ends:
            yield asked._replace(destination=self.estate.at(each.address, str(each.address)), port=each.port)
