"""An API server and two kube-proxies that run for many cases: in iptables mode on one machine, in nftables on another."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import ExitStack
from typing import NamedTuple

from packetwalk.lab.kernel.build import Lab
from packetwalk.lab.kernel.patience import FACTOR
from packetwalk.lab.proving.real.drawing import (
    CLUSTER,
    HOMES,
    MACHINES,
    RealCase,
    State,
    changed,
    identity,
    machine,
)
from packetwalk.lab.proving.real.lines import (
    LISTING,
    Lines,
    differences,
    lines,
    stale,
    titles,
    with_own_comments,
    written,
)
from packetwalk.lab.real import objects
from packetwalk.lab.real.api import Api, ApiRefused, Object
from packetwalk.lab.real.control_plane import ControlPlane
from packetwalk.lab.real.kube_proxy import Marker, RealKubeProxy
from packetwalk.plan import underlay
from packetwalk.plan.rules import RULES

PAUSE, LONGEST, SHORT = 0.1, 3.0 * FACTOR, 1.0 * FACTOR  # seconds: a difference that stays so long is one
STALE = 1.1  # seconds: a chain of nftables that is emptied is deleted by a sync a second later


class Held(NamedTuple):
    """What the API server holds, with its defaults: all that a kube-proxy is told."""

    services: list[Object]
    slices: list[Object]
    labels: dict[str, dict[str, str]]  # of Nodes, by name


Planned = Callable[[str, Held, int], Lines]
"""Makes of a mode, what is held, and the number of a machine the lines of the plan."""


class Programs:
    """The programs; use it with ``with``, or ``close`` it."""

    def __init__(self, program: str | None = None) -> None:
        """Start them and wait until both kube-proxies have written; ``program`` is another kube-proxy than the pinned one."""
        with ExitStack() as stack:
            plan = [op for node in CLUSTER.nodes for op in underlay.node_plan(CLUSTER, node)]
            lab = stack.enter_context(Lab(plan))
            first = CLUSTER.nodes[0]
            self._plane = stack.enter_context(ControlPlane(lab.netns[first.name], first.address))
            for home in HOMES:
                self.api.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": home}})
            for node in CLUSTER.nodes:
                spec, status = objects.node(node, str(CLUSTER.pod_cidr(node)))
                self.api.apply(spec)
                self.api.apply(status, status=True)
            self._state: State = tuple(machine(k) for k in range(len(MACHINES)))
            self.proxies: list[RealKubeProxy] = []
            self._titles: set[str] = set()
            for node, mode in zip(MACHINES, RULES, strict=True):
                self._plane.join(lab.netns[node.name])
                proxy = RealKubeProxy(lab.netns[node.name], str(CLUSTER.pod_network), mode, program=program)
                stack.callback(proxy.close)
                self.proxies.append(proxy)
            self._wait()
            self._open = stack.pop_all()

    @property
    def api(self) -> Api:
        """The client of the API server."""
        return self._plane.api

    def become(self, state: State) -> None:
        """Make the cluster so, and wait until both kube-proxies have written it."""
        gone, new = changed(state, self._state)
        for each in gone:
            if each["kind"] == "Node" and identity(each)[2] in [node.name for node in MACHINES]:
                self.api.apply(machine([node.name for node in MACHINES].index(identity(each)[2])))
            else:
                self.api.delete(each)
        self._state = tuple(each for each in self._state if each not in gone)
        for each in new:
            self.api.apply({key: value for key, value in each.items() if key != "status"})
            if "status" in each:
                self.api.apply({key: value for key, value in each.items() if key != "spec"}, status=True)
            self._state = (*(one for one in self._state if identity(one) != identity(each)), each)
        self._wait()

    def _wait(self) -> None:
        marker = Marker(self._plane)
        for proxy in self.proxies:
            proxy.synced(marker)

    def held(self) -> Held:
        """Return what the API server holds now."""
        labels = {
            each["metadata"]["name"]: each["metadata"].get("labels", {}) for each in self.api.all("Node")
        }
        return Held(self.api.all("Service"), self.api.all("EndpointSlice"), labels)

    def compare(self, planned: Planned, longest: float = LONGEST) -> dict[str, str]:
        """Return the first difference in each mode that has one, after it has stayed for a while."""
        held = self.held()
        out = {}
        for number, proxy in enumerate(self.proxies):
            wanted = planned(proxy.mode, held, number)
            self._titles |= titles(wanted)
            end = time.monotonic() + longest
            while found := self._difference(number, wanted):
                if time.monotonic() > end:
                    out[proxy.mode] = found
                    break
                time.sleep(PAUSE)
        return out

    def listing(self, number: int) -> str:
        """Return what the tool of a kube-proxy's mode prints on its machine."""
        proxy = self.proxies[number]
        return proxy.machine.run(LISTING[proxy.mode])

    def _difference(self, number: int, wanted: Lines) -> str:
        real = lines(written(self.proxies[number].mode, self.listing(number)))
        return next(differences(wanted, with_own_comments(real, wanted, self._titles)), "")

    def differ(self, case: RealCase, planned: Planned) -> dict[str, str]:
        """Return how a case differs by mode, from an empty cluster on; nothing where the API server refuses it."""
        found: dict[str, str] = {}
        try:
            self.become(())
            for state in case.states:
                self.become(state)
                found = self.compare(planned, SHORT)
        except ApiRefused:
            return {}
        return found

    def left(self, planned: Planned) -> dict[str, str]:
        """Delete all, and return by mode what stays then of chains that kube-proxy empties first and deletes later."""
        self.become(())
        for _ in range(2):
            time.sleep(STALE)
            self._wait()
        found = self.compare(planned)
        for number, proxy in enumerate(self.proxies):
            chains = stale(written(proxy.mode, self.listing(number)))
            if chains:
                found.setdefault(proxy.mode, f"{chains[0]}: only kube-proxy has it, empty")
        return found

    def close(self) -> None:
        """End all of it."""
        self._open.close()

    def __enter__(self) -> Programs:
        return self

    def __exit__(self, *_) -> None:
        self.close()
