"""BIRD in every node: the routes that Calico leaves to BGP, written by the program itself.

Calico's own is a patched BIRD 1.6: its ``krt_tunnel``, which puts a route on ``tunl0``, is in no other
BIRD, nor in Debian's BIRD 2, which works here.
"""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from packetwalk.control.calico.bgp import BIRD, Peering, Routing
from packetwalk.lab.kernel.daemon import Daemon
from packetwalk.lab.kernel.namespaces import Namespace
from packetwalk.lab.kernel.programs.plan_writer import PlanWriter
from packetwalk.lab.plugins.calico.confd import configuration
from packetwalk.plan.operation import Operation
from packetwalk.tables import RouteEntry
from packetwalk.walks.network import Network

PROGRAM, TUNNEL = "bird", "tunl0"
PATIENCE = 20.0  # seconds until the sessions are up and the routes written
LOOK_AGAIN = 0.05  # seconds
REFLECTOR = "kind-control-plane"
FAR = ("cross-node", "cross-subnet", "service", "node-to-pod")
"""The scenarios whose packets follow a route to another node."""


class Bird(PlanWriter):
    """BIRD in all nodes, who speaks to whom by a routing; ``fault`` is what the plan calls its outcome."""

    def __init__(self, name: str, routing: Routing, fault: str | None = None) -> None:
        self.name, self.routing, self.fault = f"BIRD: {name}", routing, fault

    def scenarios(self, mode: str, underlay: str, fault: str | None) -> tuple[str, ...]:
        """Return the scenarios in which a packet follows one of its routes."""
        return FAR if fault == self.fault else ()

    def writes(self, operation: Operation) -> bool:
        """Say whether an operation is a route by BIRD."""
        return operation.by == BIRD and isinstance(operation.entry, RouteEntry)

    def lacking(self, plan: Sequence[Operation]) -> str:
        """Return what keeps BIRD from its part: the program is missing, or a route goes into a tunnel."""
        if any(isinstance(op.entry, RouteEntry) and op.entry.dev == TUNNEL for op in plan if self.writes(op)):
            return f"{TUNNEL} by BIRD itself: krt_tunnel is a patch of Calico's BIRD that Debian's has not"
        return "" if shutil.which(PROGRAM) else f"program missing: {PROGRAM}"

    @contextmanager
    def work(
        self, namespaces: Mapping[str, Namespace], network: Network, plan: Sequence[Operation]
    ) -> Iterator[Speakers]:
        """Run a BIRD in each node, and wait for the routes of the plan."""
        speakers = Speakers(namespaces, network, self.routing)
        try:
            speakers.wait([operation for operation in plan if self.writes(operation)])
            yield speakers
        finally:
            speakers.close()


WRITERS = (
    Bird("mesh", Routing()),
    Bird(
        "reflector",
        Routing(
            peerings=(Peering("reflector", "all()", f"kubernetes.io/hostname == '{REFLECTOR}'"),),
            reflectors=(REFLECTOR,),
        ),
    ),
    Bird("no peers", Routing(mesh=False), "bgp-down"),
)


class Speakers:
    """A BIRD in each node, until they are closed."""

    def __init__(self, namespaces: Mapping[str, Namespace], network: Network, routing: Routing) -> None:
        self.namespaces = {node.name: namespaces[node.name] for node in network.nodes}
        self._running: list[Daemon] = []
        for node in network.nodes:
            text = configuration(network, node, routing)
            argv = [PROGRAM, "-f", "-c", "/dev/stdin", "-s", "/run/bird.ctl"]
            self._running.append(Daemon(self.namespaces[node.name], argv, text))

    @property
    def pids(self) -> tuple[int, ...]:
        """The numbers of their processes."""
        return tuple(each.pid for each in self._running)

    def wait(self, plan: Sequence[Operation]) -> None:
        """Wait until the kernels have all routes of a plan by BIRD, by destination, or until patience ends.

        LabError when a BIRD has ended.  What the routes are is for others to compare.
        """
        end = time.monotonic() + PATIENCE
        for name, namespace in self.namespaces.items():
            wanted = {op.entry.dst for op in plan if op.netns == name and isinstance(op.entry, RouteEntry)}
            while wanted - {each["dst"] for each in routes(namespace)} and time.monotonic() < end:
                for each in self._running:
                    each.check()
                time.sleep(LOOK_AGAIN)

    def close(self) -> None:
        """End them; the routes stay, as ``persist`` says."""
        for each in self._running:
            each.close()
        self._running = []


def routes(namespace: Namespace) -> list[dict]:
    """Return the routes that BIRD wrote in a namespace, as ``ip -j route`` prints them."""
    return json.loads(namespace.run(["ip", "-j", "route", "show", "proto", "bird"]) or "[]")
