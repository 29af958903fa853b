"""What manifests hold, object by object, before one is looked at together with another."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from packetwalk.policy.endpoints import AddressSet, HostPoint, Machine, NamedPort, Profile
from packetwalk.policy.manifests import wording
from packetwalk.policy.manifests.documents import Document
from packetwalk.policy.manifests.fields import Given
from packetwalk.policy.rules import AddressRange, HostAddress, NetworkRules, PolicyTier

META = (
    *("name", "generateName", "namespace", "labels", "annotations", "uid", "resourceVersion", "generation"),
    *("creationTimestamp", "managedFields", "ownerReferences", "finalizers", "selfLink"),
    *("deletionTimestamp", "deletionGracePeriodSeconds"),
)


class Meta(NamedTuple):
    """An object's name, namespace (``default`` where none is written) and labels."""

    name: str
    namespace: str
    labels: Mapping[str, str]
    annotations: Mapping[str, str]


def meta(at: Given, namespaced: bool = True) -> Meta:
    """Read ``metadata``."""
    data = (at / "metadata").only(*META)
    name = data / "name"
    if not name.there or not name.text():
        name.wrong(name.value, "a name")
    name.worded(wording.name)
    namespace = (data / "namespace").worded(wording.namespace, "default") if namespaced else ""
    labels, notes = (data / "labels").labels(), data.value.get("annotations") or {}
    return Meta(name.text(), namespace, labels, notes)


class PodRecord(NamedTuple):
    """A pod as its manifest has it, without what its namespace adds."""

    meta: Meta
    account: str
    node: str
    addresses: tuple[HostAddress, ...]
    ports: tuple[NamedPort, ...]
    host_network: bool
    finished: bool


class ServicePortRecord(NamedTuple):
    """A port of a service: ``target`` is a number, or the name of a port of its pods."""

    name: str
    protocol: int
    port: int
    target: int | str
    node_port: int = 0


class ServiceRecord(NamedTuple):
    """A service: ``headless`` has no address of its own, ``external`` is the name in DNS that it stands for."""

    meta: Meta
    addresses: tuple[HostAddress, ...]
    ports: tuple[ServicePortRecord, ...]
    selector: Mapping[str, str]
    external_local: bool
    headless: bool = False
    external: str = ""


class SliceRecord(NamedTuple):
    """Endpoints of a service: addresses, and (name, protocol, port) of each port."""

    namespace: str
    service: str
    addresses: tuple[HostAddress, ...]
    ports: tuple[tuple[str, int, int], ...]


ALWAYS, CROSS_SUBNET, NEVER = "Always", "CrossSubnet", "Never"
"""When packets to a pool's pods on other nodes go through a tunnel."""


class PoolRecord(NamedTuple):
    """An IPPool: its addresses, and the ``mode`` of IP-in-IP or VXLAN, whichever is not Never."""

    name: str
    net: AddressRange
    mode: str


BY_NAME = ("namespaces", "accounts", "pods", "services", "tiers")
ONCE = ("pods", "services", "tiers", "policies")
IN_ORDER = ("templates", "machines", "slices", "pools", "sets", "hosts", "profiles", "to_host")


class Collected:
    """All that was read; documents add to it."""

    def __init__(self, blocks_match_pods: bool = True) -> None:
        self.blocks_match_pods = blocks_match_pods
        self.namespaces: dict[str, Mapping[str, str]] = {}
        self.accounts: dict[tuple[str, str], Mapping[str, str]] = {}
        self.pods: dict[tuple[str, str], PodRecord] = {}
        self.templates: list[PodRecord] = []
        self.machines: list[Machine] = []
        self.services: dict[tuple[str, str], ServiceRecord] = {}
        self.slices: list[SliceRecord] = []
        self.pools: list[PoolRecord] = []
        self.sets: list[AddressSet] = []
        self.hosts: list[HostPoint] = []
        self.profiles: list[Profile] = []
        self.tiers: dict[str, PolicyTier] = {}
        self.policies: dict[tuple[str, str, str], tuple[NetworkRules, Given]] = {}
        self.to_host: list[str] = []
        self.unused: dict[str, int] = {}

    @property
    def endpoint_to_host(self) -> str:
        """What Felix does with a pod's packet to its own node (DefaultEndpointToHostAction)."""
        return self.to_host[-1] if self.to_host else "Accept"

    def meets(self, other: Collected) -> bool:
        """Say whether something of another stands here, too, that may stand once."""
        return any(getattr(self, kind).keys() & getattr(other, kind).keys() for kind in ONCE)

    def add(self, other: Collected, document: Document) -> None:
        """Add what was read of a document, wherever it stands now."""
        for kind in BY_NAME:
            getattr(self, kind).update(getattr(other, kind))
        for kind in IN_ORDER:
            getattr(self, kind).extend(getattr(other, kind))
        for key, (rules, at) in other.policies.items():
            self.policies[key] = rules, Given(document, at.value, at.way)
        for kind, number in other.unused.items():
            self.unused[kind] = self.unused.get(kind, 0) + number

    def stand_in(self) -> None:
        """Let each template be a pod, where none of the pods that were read has its labels."""
        for each in self.templates:
            home, wanted = each.meta.namespace, each.meta.labels.items()
            made = (pod for (where, _), pod in self.pods.items() if where == home)
            if not any(wanted <= pod.meta.labels.items() for pod in made):
                self.pods.setdefault((home, each.meta.name), each)

    def policy(self, rules: NetworkRules, at: Given) -> None:
        """Add a policy; the same name twice is a mistake of whoever put the files together."""
        key = (rules.kind, rules.namespace, rules.name)
        if key in self.policies:
            (at / "metadata" / "name").wrong(rules.name, f"a name that no other {rules.kind_said} has")
        self.policies[key] = rules, at
