"""Whom policies speak of: pods, host endpoints and network sets, with all the labels that a selector sees of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from packetwalk.policy.rules import (
    NAMESPACE,
    OF_ACCOUNT,
    OF_NAMESPACE,
    SERVICE_ACCOUNT,
    AddressRange,
    HostAddress,
    PolicyRule,
)


class NamedPort(NamedTuple):
    """A port with a name that an endpoint offers."""

    name: str
    protocol: int
    port: int


class Workload(NamedTuple):
    """A pod: its own labels, its namespace's, and all of them as Calico's selectors see them."""

    namespace: str
    name: str
    labels: Mapping[str, str]
    of_namespace: Mapping[str, str]
    all_labels: Mapping[str, str]
    addresses: tuple[HostAddress, ...] = ()
    node: str = ""
    ports: tuple[NamedPort, ...] = ()
    host_network: bool = False
    finished: bool = False

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}"


class HostPoint(NamedTuple):
    """A HostEndpoint: an interface of a node (``*`` is all of them)."""

    name: str
    node: str
    interface: str
    addresses: tuple[HostAddress, ...]
    all_labels: Mapping[str, str]
    profiles: tuple[str, ...] = ()
    ports: tuple[NamedPort, ...] = ()

    def __str__(self) -> str:
        return f"HostEndpoint {self.name}"


class AddressSet(NamedTuple):
    """A NetworkSet, or a GlobalNetworkSet: addresses with labels."""

    name: str
    namespace: str
    nets: tuple[AddressRange, ...]
    all_labels: Mapping[str, str]


class Machine(NamedTuple):
    """A node: ``tunnels`` are addresses that its plugin gives it beside its own, ``subnet`` is that of its first one."""

    name: str
    addresses: tuple[HostAddress, ...]
    labels: Mapping[str, str]
    tunnels: tuple[HostAddress, ...] = ()
    subnet: AddressRange | None = None

    def __str__(self) -> str:
        return f"node {self.name}"


class Profile(NamedTuple):
    """A profile: what decides where no policy does."""

    name: str
    ingress: tuple[PolicyRule, ...]
    egress: tuple[PolicyRule, ...]


def combined(
    own: Mapping[str, str],
    namespace: str = "",
    of_namespace: Mapping[str, str] | None = None,
    account: str = "",
    of_account: Mapping[str, str] | None = None,
    **more: str,
) -> dict[str, str]:
    """Return the labels that Calico's selectors see of one: its own come before those it has from others."""
    found: dict[str, str] = {}
    if namespace:
        found |= {OF_NAMESPACE + key: value for key, value in (of_namespace or {}).items()}
        found[OF_NAMESPACE + "projectcalico.org/name"] = namespace
    if account:
        found |= {OF_ACCOUNT + key: value for key, value in (of_account or {}).items()}
        found[OF_ACCOUNT + "projectcalico.org/name"] = account
    found |= own
    if namespace:
        found[NAMESPACE] = namespace
    if account:
        found[SERVICE_ACCOUNT] = account
    return found | more
