"""EndpointSlices: who stands behind a Service, in which condition, and whom kube-proxy therefore uses.

Source: kubernetes pkg/proxy/topology.go (``CategorizeEndpoints``), pkg/proxy/conntrack/cleanup.go.
"""

from __future__ import annotations

from typing import NamedTuple

from packetwalk.plan.cluster import Service


class Condition(NamedTuple):
    """The three conditions of an endpoint, and a word for them."""

    word: str
    ready: bool
    serving: bool
    terminating: bool


READY = Condition("ready", ready=True, serving=True, terminating=False)
NOT_READY = Condition("not ready", ready=False, serving=False, terminating=False)
TERMINATING = Condition("terminating, and serving", ready=False, serving=True, terminating=True)
NOT_SERVING = Condition("terminating, and no longer serving", ready=False, serving=False, terminating=True)


class ServiceEndpoints(NamedTuple):
    """A Service, and each of its endpoints (pods, nodes or addresses) with its condition."""

    service: Service
    endpoints: tuple[tuple[str, Condition], ...]

    @property
    def used(self) -> tuple[str, ...]:
        """Those that are ready; where none is, those that terminate and still serve."""
        ready = tuple(name for name, condition in self.endpoints if condition.ready)
        return ready or tuple(
            name for name, condition in self.endpoints if condition.serving and condition.terminating
        )

    @property
    def serving(self) -> tuple[str, ...]:
        """Those whose flows conntrack may keep."""
        return tuple(name for name, condition in self.endpoints if condition.serving)

    @property
    def led(self) -> Service:
        """The Service as kube-proxy leads to it."""
        return self.service._replace(backends=self.used)

    def changed(self, name: str, condition: Condition | None) -> ServiceEndpoints:
        """Return it with an endpoint in a condition, or without it."""
        others = tuple(each for each in self.endpoints if each[0] != name)
        return self._replace(endpoints=others if condition is None else (*others, (name, condition)))


def ready(service: Service) -> ServiceEndpoints:
    """Return a Service all of whose endpoints are ready."""
    return ServiceEndpoints(service, tuple((name, READY) for name in service.backends))
