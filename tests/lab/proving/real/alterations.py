"""Twelve ways in which the plan of kube-proxy could be wrong: draws told to the real one have to find each.

``python -m tests.lab.proving.real.alterations`` draws clusters as ``packetwalk prove --real`` does, compares what
kube-proxy wrote with every altered plan, and prints the draw in which each differed first.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple
from unittest.mock import patch

from packetwalk.lab.proving import real
from packetwalk.lab.proving.real import service_objects
from packetwalk.lab.proving.real.drawing import draw
from packetwalk.lab.proving.real.ground import Programs
from packetwalk.plan import (
    kube_proxy,
    kube_proxy_nft,
    kube_proxy_releases,
    portal,
    service_chains,
    service_rules,
)
from packetwalk.plan.portal import Endpoint, Portal, Usable
from packetwalk.plan.service_rules import ServicePort

MOST, SEED = 100, "alterations"


class PlanAlteration(NamedTuple):
    """A change of the plan: ``name`` of ``where`` is what ``made`` makes of it."""

    where: Any
    name: str
    made: Callable[[Any], Any]


def _swapped(was: tuple) -> tuple:
    return (was[0], was[3], was[2], was[1], *was[4:])


def _in_the_order_of_numbers(was: Callable[..., Usable]) -> Callable[..., Usable]:
    def usable(*asked: Any) -> Usable:
        found = was(*asked)
        return found._replace(everywhere=tuple(reversed(found.everywhere)))

    return usable


def _none_for_a_port_of_the_outside(was: Callable[[Any], Iterator]) -> Callable[[Any], Iterator]:
    return lambda self: (rule for rule in was(self) if "KUBE-PROXY-FIREWALL" not in rule)


ALTERATIONS = {
    "two jumps have changed places": PlanAlteration(kube_proxy, "JUMPS", _swapped),
    "another mark asks for masquerading": PlanAlteration(
        kube_proxy_releases, "MASQUERADE", lambda was: was.replace("4000", "8000")
    ),
    "endpoints stand in another order": PlanAlteration(kube_proxy, "usable", _in_the_order_of_numbers),
    "no chain drops whom a load balancer does not let in": PlanAlteration(
        ServicePort, "rules", _none_for_a_port_of_the_outside
    ),
    "endpoints that terminate are not used": PlanAlteration(portal, "_leaving", lambda was: lambda every: ()),
    "hints say nothing": PlanAlteration(portal, "_meant", lambda was: lambda *asked: lambda each: True),
    "a client is remembered twice as long": PlanAlteration(
        kube_proxy_nft, "_period", lambda was: lambda seconds: was(2 * seconds)
    ),
    "a port without a name has a colon": PlanAlteration(
        Portal, "title", lambda was: property(lambda self: f"{self.namespace}/{self.service}:{self.name}")
    ),
    "shares are not of what is left": PlanAlteration(
        service_rules, "_printed", lambda was: lambda share: was(0.5)
    ),
    "a node's own address is no source of a load balancer": PlanAlteration(
        service_chains, "ip_address", lambda was: lambda text: was("0.0.0.1")
    ),
    "no endpoint is on the node itself": PlanAlteration(
        Endpoint, "local", lambda was: property(lambda self: False)
    ),
    "an externalIP is no way in": PlanAlteration(
        service_objects, "_version", lambda was: lambda text: 6 if text.startswith("192.0.2.") else was(text)
    ),
}


@contextmanager
def altered(name: str) -> Iterator[None]:
    """Let the plan be wrong in one way."""
    where, attribute, made = ALTERATIONS[name]
    with patch.object(where, attribute, made(getattr(where, attribute))):
        yield


def main() -> int:
    """Print the draws that each alteration took; return 1 if one was not found, or the plan itself differs."""
    found: dict[str, str] = {}
    with Programs() as programs:
        for number in range(MOST):
            for state in draw(f"{SEED}-{number}").states:
                programs.become(state)
                if told := programs.compare(real.planned):
                    print(f"the plan itself, draw {number + 1}: {told}")
                    return 1
                for name in ALTERATIONS.keys() - found:
                    with altered(name):
                        told = programs.compare(real.planned, 0)
                    if told:
                        mode, difference = next(iter(told.items()))
                        found[name] = f"{number + 1:4}  {mode}: {difference[:90]}"
            if len(found) == len(ALTERATIONS):
                break
    for name in ALTERATIONS:
        print(f"{name:55}{found.get(name, 'not found')}")
    return int(len(found) < len(ALTERATIONS))


if __name__ == "__main__":
    sys.exit(main())
