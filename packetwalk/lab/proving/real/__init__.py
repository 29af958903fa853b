"""The plan against the real programs: random clusters told to a real API server, and what kube-proxy writes of them.

One API server and two kube-proxies, one in each mode, run for all draws; each difference is made simple.  What is
compared, and the little that is not: ``lines``.  One draw in five has the CNI plugin portmap add pods with hostPorts
(``host_ports``); one in twenty-five brings up a whole cluster besides, with flanneld and the CNI plugins, and compares all
tables and some packets (``whole``).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from packetwalk.errors import LabError
from packetwalk.lab.advice import advice
from packetwalk.lab.proving.real import host_ports, whole
from packetwalk.lab.proving.real.drawing import CLUSTER, MACHINES, ZONE, RealCase, draw
from packetwalk.lab.proving.real.ground import Held, Planned, Programs
from packetwalk.lab.proving.real.lines import Lines, lines
from packetwalk.lab.proving.real.service_objects import portals
from packetwalk.lab.proving.real.shrinking import simplest
from packetwalk.lab.real.api import ApiRefused
from packetwalk.lab.real.programs import missing
from packetwalk.plan import kube_proxy
from packetwalk.plan.kube_proxy_releases import MEANT, ProxyHabits

EACH, EACH_PORTS = 25, 5  # draws for which one whole cluster is brought up, for which pods with hostPorts are
OWN_NAME = re.compile(r"-[A-Z2-7]{8,16}\b.*")


class RealOutcome(NamedTuple):
    """What came of a draw: by mode the difference, of which the case is the simplest form.

    ``states`` were compared in both modes; ``refused`` are those that the API server did not take.
    """

    case: RealCase
    states: int
    refused: int
    differences: dict[str, str]

    def json(self) -> dict[str, Any]:
        """Return it for ``--format json``."""
        return {"seed": self.case.name, "differences": self.differences, "states": list(self.case.states)}


def check() -> None:
    """Raise LabError, in one line, where a real program is missing."""
    lacks = missing()
    if lacks:
        raise LabError(f"missing: {', '.join(lacks)}; {'; '.join(advice(lacks))}")


def planned(mode: str, held: Held, number: int, habits: ProxyHabits = MEANT.habits) -> Lines:
    """Return what the plan has kube-proxy write, in a mode, on one of its machines, of what the API server holds.

    ``habits`` are those of its release.
    """
    node = MACHINES[number]
    led = portals(held.services, held.slices, node.name)
    zone = held.labels[node.name].get(ZONE, "")
    made = kube_proxy.entries(led, node.address, str(CLUSTER.pod_network), mode, node.name, zone, habits)
    return lines(made)


def search(many: int, seed: str, plan: Planned = planned) -> Iterator[RealOutcome]:
    """Draw ``many`` clusters and yield the outcome of each; what differs in a new way is made simple first.

    After the last one nothing of any may be left: else one more outcome says so.  LabError when a program ends.
    """
    known: set[str] = set()
    with Programs() as programs:
        for number in range(many):
            outcome = _perform(programs, draw(f"{seed}-{number}"), plan)
            new = {_kind(*each) for each in outcome.differences.items()} - known
            known |= new
            yield _made_simple(programs, outcome, plan) if new else outcome
        left = programs.left(plan)
        if left:
            yield RealOutcome(RealCase("nothing is left", ((),)), 1, 0, left)


Beside = tuple[whole.WholeCase | host_ports.PortsCase, str]
"""What is drawn beside the clusters of Services, and how it differs first."""


def beside(many: int, seed: str) -> Iterator[Beside]:
    """Draw the pods with hostPorts and the whole clusters that belong to ``many`` draws."""
    for number in range(-(-many // EACH_PORTS)):
        ports = host_ports.draw(f"{seed}-ports-{number}")
        yield ports, host_ports.difference(ports)
    for number in range(-(-many // EACH)):
        case = whole.draw(f"{seed}-whole-{number}")
        yield case, whole.difference(case)


def _perform(programs: Programs, case: RealCase, plan: Planned) -> RealOutcome:
    """Do a case up to its first difference; a state that is refused is left out."""
    done = refused = 0
    for number, state in enumerate(case.states):
        try:
            programs.become(state)
        except ApiRefused:
            refused += 1
            continue
        done += 1
        found = programs.compare(plan)
        if found:
            return RealOutcome(case._replace(states=case.states[: number + 1]), done, refused, found)
    return RealOutcome(case, done, refused, {})


def _made_simple(programs: Programs, outcome: RealOutcome, plan: Planned) -> RealOutcome:
    """Return the outcome of the simplest case that differs in the same mode, and what differs there."""
    mode = next(iter(outcome.differences))

    def differs(case: RealCase) -> bool:
        return mode in programs.differ(case, plan)

    case = simplest(outcome.case, differs)
    return outcome._replace(case=case, differences=programs.differ(case, plan) or outcome.differences)


def _kind(mode: str, difference: str) -> str:
    """Return which lines differ, without the names of Services in the chain."""
    return f"{mode} {OWN_NAME.sub('', difference.partition(': ')[0])}"


def text(outcomes: list[RealOutcome], others: list[Beside]) -> str:
    """Return outcomes for people: what differs, with the manifests that show it, then lines that count."""
    out = []
    for each in outcomes:
        if each.differences:
            told = "\n".join(f"  => {mode}: {what}" for mode, what in each.differences.items())
            out.append(f"{each.case}\n{told}\n")
    out += [f"{case}\n  => {found}\n" for case, found in others if found]
    states, refused = sum(each.states for each in outcomes), sum(each.refused for each in outcomes)
    differing = sum(bool(each.differences) for each in outcomes)
    out.append(
        f"{len(outcomes)} clusters, {states} states of them, each in both modes of kube-proxy: {differing} differ; "
        f"{refused} states that the API server refuses were left out"
    )
    for kind, what in ((host_ports.PortsCase, "nodes with hostPorts"), (whole.WholeCase, "whole clusters")):
        some = [found for case, found in others if isinstance(case, kind)]
        out.append(f"{len(some)} {what}: {sum(map(bool, some))} differ")
    return "\n".join(out)
