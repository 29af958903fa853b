"""What policies say, whatever their kind: tiers, policies in order, rules, and what a rule asks of a packet's two ends.

Kubernetes' policies are said in Calico's terms, as Calico itself does: a NetworkPolicy stands in the tier ``default``
with order 1000, a ClusterNetworkPolicy in ``kube-admin`` or ``kube-baseline`` with its priority as order.
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import NamedTuple

from packetwalk.policy.selector import Selector

INGRESS, EGRESS = "ingress", "egress"
ALLOW, DENY, LOG, PASS = "Allow", "Deny", "Log", "Pass"
TCP, UDP, ICMP, IPIP, ICMP6, SCTP, UDPLITE = 6, 17, 1, 4, 58, 132, 136
PROTOCOLS = {"TCP": TCP, "UDP": UDP, "SCTP": SCTP, "ICMP": ICMP, "ICMPv6": ICMP6, "UDPLite": UDPLITE}
WITH_PORTS = (TCP, UDP, SCTP, UDPLITE)
NAMESPACE, SERVICE_ACCOUNT = "projectcalico.org/namespace", "projectcalico.org/serviceaccount"
OF_NAMESPACE, OF_ACCOUNT = "pcns.", "pcsa."
"""What stands before the labels that an endpoint has from its namespace and its service account."""


def protocol_name(number: int) -> str:
    """Return a protocol as people name it."""
    return next((name for name, known in PROTOCOLS.items() if known == number), f"protocol {number}")


class HostAddress(NamedTuple):
    """An IP address: its family and its value."""

    version: int
    value: int

    @classmethod
    def read(cls, text: str) -> HostAddress:
        """Read one; ValueError where it is none."""
        found = ip_address(text)
        return cls(found.version, int(found))

    @property
    def loopback(self) -> bool:
        """Whether whoever sends to it means itself: 127.0.0.0/8 but its broadcast address, and ::1."""
        return 0x7F000000 <= self.value < 0x7FFFFFFF if self.version == 4 else self.value == 1

    def __str__(self) -> str:
        return str(IPv6Address(self.value) if self.version == 6 else IPv4Address(self.value))


class AddressRange(NamedTuple):
    """Addresses of one family from ``first`` to ``last``, as CIDR in ``text``."""

    version: int
    first: int
    last: int
    text: str

    @classmethod
    def read(cls, text: str, strict: bool = False) -> AddressRange:
        """Read a CIDR, or an address alone; ValueError where it is none, or, ``strict``, has bits past its prefix."""
        found = ip_network(text, strict)
        return cls(found.version, int(found.network_address), int(found.broadcast_address), str(found))

    def __contains__(self, address: object) -> bool:
        return (
            isinstance(address, HostAddress)
            and address.version == self.version
            and self.first <= address.value <= self.last
        )

    def __str__(self) -> str:
        return self.text


class Ports(NamedTuple):
    """Ports from ``first`` to ``last``; or those that endpoints call ``name``."""

    first: int
    last: int
    name: str = ""

    def __str__(self) -> str:
        return self.name or (str(self.first) if self.first == self.last else f"{self.first}:{self.last}")


class Peer(NamedTuple):
    """Whom a rule means: every condition that is there must hold.

    ``selector`` and ``without`` ask Calico's labels (those of namespace and service account among them) of endpoints
    and network sets; ``pods``, ``namespaces`` and ``namespace`` ask of pods only what Kubernetes asks, ``nodes`` of
    nodes, ``domains`` names in DNS, which nobody looks up; ``outside`` means no pod's address is meant, ``service`` (namespace, name) the endpoints of a service.
    """

    selector: Selector | None = None
    without: Selector | None = None
    pods: Selector | None = None
    namespaces: Selector | None = None
    namespace: str | None = None
    nodes: Selector | None = None
    domains: tuple[str, ...] = ()
    nets: tuple[AddressRange, ...] = ()
    not_nets: tuple[AddressRange, ...] = ()
    outside: bool = False
    service: tuple[str, str] | None = None

    def __str__(self) -> str:
        said = [f"{self.selector}"] if self.selector else []
        said += [f"not ({self.without})"] if self.without else []
        said += [f"pods {self.pods}"] if self.pods else []
        said += [f"of namespaces {self.namespaces}"] if self.namespaces else []
        said += [f"of namespace {self.namespace}"] if self.namespace is not None else []
        said += [f"nodes {self.nodes}"] if self.nodes else []
        said += [" or ".join(self.domains)] if self.domains else []
        said += [" or ".join(map(str, self.nets))] if self.nets else []
        said += [f"not in {' or '.join(map(str, self.not_nets))}"] if self.not_nets else []
        said += ["not a pod"] if self.outside else []
        said += [f"service {'/'.join(self.service)}"] if self.service else []
        return " and ".join(said) or "anybody"


class RuleEnd(NamedTuple):
    """What a rule asks of the source, or of the destination; without peers it is anybody."""

    peers: tuple[Peer, ...] = ()
    ports: tuple[Ports, ...] = ()
    not_ports: tuple[Ports, ...] = ()


ANY_END = RuleEnd()


class IcmpKind(NamedTuple):
    """A type of ICMP, and its code where that matters."""

    type: int
    code: int | None = None

    def is_kind(self, other: IcmpKind | None) -> bool:
        """Say whether a packet's type and code are of this kind; None is a packet of another protocol."""
        return other is not None and self.type == other.type and self.code in (None, other.code)


class PolicyRule(NamedTuple):
    """A rule; ``number`` counts as the manifest does, from 0: a rule for two protocols is two with the same number."""

    number: int
    action: str
    protocol: int | None = None
    source: RuleEnd = ANY_END
    destination: RuleEnd = ANY_END
    not_protocol: int | None = None
    icmp: IcmpKind | None = None
    not_icmp: IcmpKind | None = None
    version: int | None = None
    name: str = ""


_SAID = {"KubernetesNetworkPolicy": "NetworkPolicy", "NetworkPolicy": "Calico NetworkPolicy"}


class NetworkRules(NamedTuple):
    """A policy of any kind: whom it governs, in which directions, and its rules.

    ``unset`` of an order is the largest; ``place`` breaks a tie: name, namespace, kind (facts of Calico v3.33).
    ``beside`` are rules of a NetworkPolicy for the direction that its policyTypes leave out; ``names_ports`` says that it
    names a port anywhere.
    """

    kind: str
    name: str
    namespace: str
    tier: str
    order: float
    subject: Peer
    directions: tuple[str, ...]
    ingress: tuple[PolicyRule, ...] = ()
    egress: tuple[PolicyRule, ...] = ()
    on_forward: bool = False
    before_dnat: bool = False
    untracked: bool = False
    staged: bool = False
    beside: tuple[PolicyRule, ...] = ()
    names_ports: bool = False

    def rules(self, direction: str) -> tuple[PolicyRule, ...]:
        """Return its rules of one direction."""
        return self.ingress if direction == INGRESS else self.egress

    def speaks_of(self, direction: str) -> bool:
        """Say whether it governs a direction, or has rules for it."""
        return direction in self.directions or bool(self.rules(direction))

    @property
    def place(self) -> tuple[float, str, str, str]:
        """What it is sorted by within its tier."""
        return self.order, self.name, self.namespace, self.kind

    @property
    def kind_said(self) -> str:
        """Its kind as people say it."""
        return _SAID.get(self.kind, self.kind)

    def __str__(self) -> str:
        where = f"{self.namespace}/" if self.namespace else ""
        return f"{self.kind_said} {where}{self.name}"


class PolicyTier(NamedTuple):
    """A tier: what no rule of its policies decides, ``default`` does."""

    name: str
    order: float
    default: str

    @property
    def place(self) -> tuple[float, str]:
        """What it is sorted by."""
        return self.order, self.name


UNSET = float("inf")
BUILT_IN = (
    PolicyTier("kube-admin", 1_000, PASS),
    PolicyTier("default", 1_000_000, DENY),
    PolicyTier("kube-baseline", 10_000_000, PASS),
)
"""The tiers that every cluster has (libcalico-go/lib/clientv3/client.go of Calico v3.33)."""
KUBERNETES_ORDER = 1000
