"""What kube-proxy writes on a node: in iptables mode here, in nftables mode by ``kube_proxy_nft``.

Source: kubernetes/pkg/proxy/iptables/proxier.go.  In iptables mode kube-proxy puts its jumps before all that is in a chain of
the kernel's (``EnsureRule`` with ``Prepend``), and makes an empty chain in three tables, by which it notices
that somebody flushed them.  What stands in KUBE-SERVICES and KUBE-NODEPORTS comes out of a hash table of Go,
in another order on each node and in each run; here it is that of the cluster's Services.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from packetwalk.plan import kube_proxy_nft
from packetwalk.plan.cluster import Cluster, Node, Service
from packetwalk.plan.kube_proxy_releases import MEANT, PROGRAM, ProxyHabits
from packetwalk.plan.operation import Operation
from packetwalk.plan.portal import Endpoint, Portal, usable
from packetwalk.plan.rules import IPTABLES, NFTABLES
from packetwalk.plan.service_chains import ServiceChains
from packetwalk.plan.service_rules import SERVICES, ServicePort, counted, note
from packetwalk.tables import Entry, IptablesRule, SysctlEntry, UserChain

SOURCE = "kubernetes pkg/proxy/iptables/proxier.go"
MARK = "0x4000"
CANARY = "KUBE-PROXY-CANARY"
NEW = "-m conntrack --ctstate NEW"
PORTALS = note("kubernetes service portals")
VISIBLE = note("kubernetes externally-visible service portals")
FIREWALL = note("kubernetes load balancer firewall")
JUMPS = (
    ("filter", "INPUT", f"{NEW} {VISIBLE} -j KUBE-EXTERNAL-SERVICES"),
    ("filter", "FORWARD", f"{NEW} {VISIBLE} -j KUBE-EXTERNAL-SERVICES"),
    ("filter", "INPUT", f"{note('kubernetes health check service ports')} -j KUBE-NODEPORTS"),
    ("filter", "FORWARD", f"{NEW} {PORTALS} -j {SERVICES}"),
    ("filter", "OUTPUT", f"{NEW} {PORTALS} -j {SERVICES}"),
    ("filter", "FORWARD", f"{note('kubernetes forwarding rules')} -j KUBE-FORWARD"),
    ("filter", "INPUT", f"{NEW} {FIREWALL} -j KUBE-PROXY-FIREWALL"),
    ("filter", "OUTPUT", f"{NEW} {FIREWALL} -j KUBE-PROXY-FIREWALL"),
    ("filter", "FORWARD", f"{NEW} {FIREWALL} -j KUBE-PROXY-FIREWALL"),
    ("nat", "OUTPUT", f"{PORTALS} -j {SERVICES}"),
    ("nat", "PREROUTING", f"{PORTALS} -j {SERVICES}"),
    ("nat", "POSTROUTING", f"{note('kubernetes postrouting rules')} -j KUBE-POSTROUTING"),
    ("filter", "OUTPUT", "-j KUBE-FIREWALL"),
    ("filter", "INPUT", "-j KUBE-FIREWALL"),
)
"""The jumps in the order in which they are made (``iptablesJumpChains``, then ``setupIPTables...Firewall``)."""
OWN = (
    (
        "filter",
        "KUBE-FIREWALL",
        (
            f"! -s 127.0.0.0/8 -d 127.0.0.0/8 {note('block incoming localnet connections')} "
            "-m conntrack ! --ctstate RELATED,ESTABLISHED,DNAT -j DROP"
        ),
    ),
    (
        "filter",
        "KUBE-FORWARD",
        f"-m conntrack --ctstate INVALID {counted('ct_state_invalid_dropped_pkts')} -j DROP",
    ),
    (
        "filter",
        "KUBE-FORWARD",
        f"{note('kubernetes forwarding rules')} -m mark --mark {MARK}/{MARK} -j ACCEPT",
    ),
    (
        "filter",
        "KUBE-FORWARD",
        (
            f"{note('kubernetes forwarding conntrack rule')} "
            "-m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT"
        ),
    ),
    ("nat", "KUBE-MARK-MASQ", f"-j MARK --set-xmark {MARK}/{MARK}"),
    ("nat", "KUBE-POSTROUTING", f"-m mark ! --mark {MARK}/{MARK} -j RETURN"),
    ("nat", "KUBE-POSTROUTING", f"-j MARK --set-xmark {MARK}/0x0"),
    (
        "nat",
        "KUBE-POSTROUTING",
        f"{note('kubernetes service traffic requiring SNAT')} -j MASQUERADE --random-fully",
    ),
)
LAST = (
    f"{note('kubernetes service nodeports; NOTE: this must be the last rule in this chain')} "
    "-m addrtype --dst-type LOCAL -j KUBE-NODEPORTS"
)
LAST6 = f"! -d ::1/128 {LAST}"


def plan(
    cluster: Cluster,
    node: Node,
    pod_network: str,
    address_of: Callable[[str], str],
    rules: str = IPTABLES,
    services: Sequence[Service] | None = None,
    habits: ProxyHabits = MEANT.habits,
) -> Iterator[Operation]:
    """Return what is there on one node; ``address_of`` gives a backend pod's address, ``rules`` is kube-proxy's mode.

    ``services`` are those that kube-proxy knows, the cluster's when None; ``habits`` are its release's.
    """
    known = cluster.services if services is None else services
    if not known:
        return
    source = kube_proxy_nft.SOURCE if rules == NFTABLES else SOURCE
    led = [
        portal
        for service in known
        for portal in _portals(
            service, [_endpoint(cluster, node, service, to, address_of) for to in service.backends]
        )
    ]
    for entry in entries(led, node.address, pod_network, rules, node.name, habits=habits):
        yield Operation(node.name, entry, PROGRAM, source)


def entries(
    portals: Iterable[Portal],
    address: str,
    pod_network: str,
    rules: str = IPTABLES,
    node: str = "",
    zone: str = "",
    habits: ProxyHabits = MEANT.habits,
) -> Iterator[Entry]:
    """Yield kube-proxy's lines on the node ``node`` with an address, in a zone, for these ports of Services.

    ``habits`` are its release's, which show in nftables mode alone.
    """
    led = [(portal, usable(portal, node, zone), pod_network, address) for portal in portals]
    if rules == NFTABLES:
        chains = [ServiceChains(*each, habits) for each in led]
        yield from kube_proxy_nft.entries(address, chains, pod_network, habits)
        return
    second = ":" in address  # of IPv6 no address of the loopback is routed, and so none has to be guarded
    if not second:
        yield SysctlEntry("net.ipv4.conf.all.route_localnet", "1")
    for table in ("mangle", "nat", "filter"):
        yield UserChain(table, CANARY)
    for table, chain, spec in JUMPS:
        yield IptablesRule(table, chain, spec, inserted=True)
    for table, chain, spec in OWN[1:] if second else OWN:
        yield IptablesRule(table, chain, spec)
    for each in led:
        for rule in ServicePort(*each).rules():
            yield IptablesRule(*rule)
    yield IptablesRule("nat", SERVICES, LAST6 if second else LAST)


def _portals(service: Service, endpoints: list[Endpoint]) -> Iterator[Portal]:
    """Yield the ports of a Service of the cluster, each with the same endpoints."""
    for protocol, name in service.ports:
        yield Portal(
            service.namespace,
            service.name,
            name,
            protocol,
            service.address,
            service.port,
            tuple(endpoints),
            service.node_port,
            load_balancers=service.load_balancers,
            sources=service.sources,
            internal_local=service.internal_local,
            external_local=service.external_local,
            affinity=service.affinity,
        )


def _endpoint(
    cluster: Cluster, node: Node, service: Service, backend: str, address_of: Callable[[str], str]
) -> Endpoint:
    """Return where a backend is: a pod, a node (a program on its network), or an address."""
    port, pod = service.target_port, cluster.find_pod(backend)
    if pod is not None:
        return Endpoint(address_of(backend), port, pod.node == node.name)
    machine = cluster.node_by_name.get(backend)
    return Endpoint(machine.address if machine else backend, port, machine is node)
