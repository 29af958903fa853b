"""What kube-proxy in nftables mode writes on a node: one table, ``ip kube-proxy``.

Source: kubernetes/pkg/proxy/nftables/proxier.go (``setupNFTables``, ``syncProxyRules``).  Eight base chains are
made at its start and stay; what the Services are is in sets and maps, a chain for each of their ports.  The order
of those chains is drawn anew in each run; here it is that of the cluster's Services.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from packetwalk.plan.cluster import SERVICE_CIDR
from packetwalk.plan.kube_proxy_releases import MARKING, MASQUERADE, MEANT, ProxyHabits
from packetwalk.plan.service_chains import ServiceChains
from packetwalk.tables import NftChain, NftRule, NftSet, NftTable
from packetwalk.tables.nftables import NftEntry

SOURCE = "kubernetes pkg/proxy/nftables/proxier.go"
TABLE = "ip kube-proxy"
BASE: tuple[tuple[str, str, str, str, tuple[str, ...]], ...] = (
    (
        "filter-prerouting-pre-dnat",
        "filter",
        "prerouting",
        "dstnat - 10",
        ("ct state new jump firewall-check",),
    ),
    ("filter-output-pre-dnat", "filter", "output", "-110", ("ct state new jump firewall-check",)),
    (
        "filter-input",
        "filter",
        "input",
        "filter",
        ("ct state new jump nodeport-endpoints-check", "ct state new jump service-endpoints-check"),
    ),
    (
        "filter-forward",
        "filter",
        "forward",
        "filter",
        ("ct state new jump service-endpoints-check", "ct state new jump cluster-ips-check"),
    ),
    (
        "filter-output",
        "filter",
        "output",
        "filter",
        ("ct state new jump service-endpoints-check", "ct state new jump cluster-ips-check"),
    ),
    ("nat-prerouting", "nat", "prerouting", "dstnat", ("jump services",)),
    ("nat-output", "nat", "output", "-100", ("jump services",)),
    ("nat-postrouting", "nat", "postrouting", "srcnat", ("jump masquerading",)),
)
"""The base chains: name, type, hook, priority as nft prints it, rules."""
OF_A_PORT = "ipv4_addr . inet_proto . inet_service"
ADDRESSED = "ip daddr . meta l4proto . th dport"


def entries(
    node: str, services: Sequence[ServiceChains], pod_network: str, habits: ProxyHabits = MEANT.habits
) -> Iterator[NftEntry]:
    """Yield the table on the node with an address: what is jumped to before what jumps there, as ``nft -f`` wants it.

    ``habits`` are those of the release of kube-proxy that the services' chains were made for.
    """
    rules = _rules(pod_network, habits)
    yield NftTable(TABLE, "rules for kube-proxy")
    for name, kind, hook, priority, _ in BASE:
        yield NftChain(TABLE, name, f"type {kind} hook {hook} priority {priority}; policy accept;")
    for name in rules:
        about = "helper for @no-endpoint-services / @no-endpoint-nodeports" if name == "reject-chain" else ""
        yield NftChain(TABLE, name, "", about)
    for service in services:
        yield from (NftChain(TABLE, name) for name in service.chains)
    yield from _sets(node, services, habits)
    for name, *_, specs in BASE:
        yield from (NftRule(TABLE, name, spec) for spec in specs)
    for name, specs in rules.items():
        yield from (NftRule(TABLE, name, spec) for spec in specs)
    for service in services:
        for name, specs in service.chains.items():
            yield from (NftRule(TABLE, name, spec) for spec in specs)


def _rules(pods: str, habits: ProxyHabits) -> dict[str, tuple[str, ...]]:
    """Return the chains that are always there, with their rules."""
    outside = f"ip daddr @cluster-ips ip saddr != {pods} {habits.mark}"
    about = "masquerade clusterIP traffic from outside cluster"
    asked, unmark = "meta mark & 0x00004000", "meta mark set meta mark ^ 0x00004000"
    hairpin = "ip saddr . ip daddr . meta l4proto . th dport @hairpin-connections"
    masquerading: tuple[str, ...] = (
        f"{asked} != 0x00000000 {unmark} masquerade fully-random",
        f"ct status dnat {hairpin} masquerade fully-random",
    )
    if not habits.hairpins:
        masquerading = f"{asked} == 0x00000000 return", unmark, "masquerade fully-random"
    return {
        "nodeport-endpoints-check": (
            "ip daddr @nodeport-ips meta l4proto . th dport vmap @no-endpoint-nodeports",
        ),
        "service-endpoints-check": (f"{ADDRESSED} vmap @no-endpoint-services",),
        "firewall-check": (f"{ADDRESSED} vmap @firewall-ips",),
        "services": (
            *((f'{outside} comment "{about}"',) if habits.outside_once else ()),
            f"{ADDRESSED} vmap @service-ips",
            "ip daddr @nodeport-ips meta l4proto . th dport vmap @service-nodeports",
        ),
        "masquerading": masquerading,
        "cluster-ips-check": (
            'ip daddr @cluster-ips reject comment "Reject traffic to invalid ports of ClusterIPs"',
            f'ip daddr {SERVICE_CIDR} drop comment "Drop traffic to unallocated ClusterIPs"',
        ),
        **({} if habits.marks_itself else {MARKING: (MASQUERADE,)}),
        "reject-chain": ("reject",),
    }


def _sets(node: str, services: Sequence[ServiceChains], habits: ProxyHabits) -> Iterator[NftSet]:
    def of(name: str) -> tuple[str, ...]:
        return tuple(dict.fromkeys(element for each in services for element in each.elements.get(name, ())))

    if habits.hairpins:
        yield NftSet(
            TABLE,
            "hairpin-connections",
            f"ipv4_addr . {OF_A_PORT}",
            of("hairpin-connections"),
            "service hairpin connections",
        )
    yield NftSet(TABLE, "cluster-ips", "ipv4_addr", of("cluster-ips"), "Active ClusterIPs")
    yield NftSet(TABLE, "nodeport-ips", "ipv4_addr", (node,), "IPs that accept NodePort traffic")
    for name, key, comment in (
        ("no-endpoint-services", OF_A_PORT, "vmap to drop or reject packets to services with no endpoints"),
        (
            "no-endpoint-nodeports",
            "inet_proto . inet_service",
            "vmap to drop or reject packets to service nodeports with no endpoints",
        ),
        ("firewall-ips", OF_A_PORT, "destinations that are subject to LoadBalancerSourceRanges"),
        ("service-ips", OF_A_PORT, "ClusterIP, ExternalIP and LoadBalancer IP traffic"),
        ("service-nodeports", "inet_proto . inet_service", "NodePort traffic"),
    ):
        yield NftSet(TABLE, name, f"{key} : verdict", of(name), comment)
    for service in services:
        for name in service.affinity_sets:
            timeout = _period(service.portal.affinity)
            yield NftSet(TABLE, name, "ipv4_addr", flags="dynamic,timeout", size=65535, timeout=timeout)


def _period(seconds: int) -> str:
    """Return a time as nft prints it."""
    days, rest = divmod(seconds, 86400)
    hours, rest = divmod(rest, 3600)
    minutes, rest = divmod(rest, 60)
    units = zip((days, hours, minutes, rest), "dhms", strict=True)
    return "".join(f"{count}{unit}" for count, unit in units if count)
