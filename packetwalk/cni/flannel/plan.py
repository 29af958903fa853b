"""Flannel v0.28.9 and v0.20.2: what flanneld, the bridge plugin and host-local make on a node.

Sources are paths in github.com/flannel-io/flannel at v0.28.9 and
github.com/containernetworking/plugins at v1.9.1.  In the recordings of v0.20.2 only flanneld's rules are others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from packetwalk.cni import Mode
from packetwalk.plan.cluster import Cluster, Node, Pod, made_key, made_mac
from packetwalk.plan.operation import Operation
from packetwalk.plan.reference import HOST_LOCAL, host_local, veth
from packetwalk.tables import (
    AddrEntry,
    Entry,
    FdbEntry,
    IptablesRule,
    LinkEntry,
    NeighEntry,
    ProxyEntry,
    RouteEntry,
    SocketEntry,
    SysctlEntry,
    WireguardPeer,
)

VNI, PORT, OVERHEAD = 1, 8472, 50
WG_PORT, PROXY_PORT = 51820, 8285
VXLAN = "pkg/backend/vxlan/vxlan_network.go"
DEVICE = "pkg/backend/vxlan/device.go"
HOSTGW = "pkg/backend/hostgw/hostgw.go"
IPIP = "pkg/backend/ipip/ipip.go"
UDP = "pkg/backend/udp/udp_network_amd64.go"
WIREGUARD = "pkg/backend/wireguard/wireguard_network.go"
MASQ, OLD_MASQ = "pkg/trafficmngr/iptables/iptables.go", "network/iptables.go"
KERNEL = {"vxlan": "drivers/net/vxlan/vxlan_core.c", "wireguard": "drivers/net/wireguard"}
NOTE = '-m comment --comment "flanneld masq"'
GROUPS = "224.0.0.0/4"
BRIDGE = "plugins/main/bridge/bridge.go"
CNI = ("bridge plugin", "host-local", "flannel CNI plugin")
"""The programs that attach a pod."""
HEADERS = (("IPv4", 20), ("UDP", 8), ("VXLAN", 8), ("inner Ethernet", 14))
WG_HEADERS = (("IPv4", 20), ("UDP", 8), ("WireGuard", 16), ("authentication tag", 16))


def vtep(cluster: Cluster, node: Node) -> tuple[str, str]:
    """Return (address, MAC) of ``flannel.1``: the network address of the podCIDR, a made MAC."""
    return str(cluster.pod_cidr(node).network_address), made_mac(f"flannel.{VNI} {node.name}")


def adjacent(one: Node, other: Node) -> bool:
    """Say whether two nodes are in one subnet, so that no gateway lies between them."""
    return one.segment == other.segment


def six_rules(cluster: Cluster, node: Node) -> Iterator[tuple[IptablesRule, str]]:
    """Return the masquerade and forward rules, in order, each with its source (masqRules and forwardRules)."""
    network, own = str(cluster.pod_network), str(cluster.pod_cidr(node))
    within = (f"-s {own} -d {network}", f"-s {network} -d {own}", f"! -s {network} -d {own}")
    for rule in rules_of(network, [*(f"{each} {NOTE} -j RETURN" for each in within), *masquerading(network)]):
        yield rule, MASQ


def five_rules(cluster: Cluster, node: Node) -> Iterator[tuple[IptablesRule, str]]:
    """Return the rules of v0.20.2, each with its source (MasqRules and ForwardRules): its jumps come first."""
    network, own = str(cluster.pod_network), str(cluster.pod_cidr(node))
    leaving, entering = masquerading(network)
    within = f"-s {network} -d {network} {NOTE} -j RETURN"
    for rule in rules_of(network, [within, leaving, f"! -s {network} -d {own} {NOTE} -j RETURN", entering]):
        yield rule._replace(inserted=not rule.chain.startswith("FLANNEL")), OLD_MASQ


Rules = Callable[[Cluster, Node], Iterator[tuple[IptablesRule, str]]]


def plan(cluster: Cluster, mode: str, node: Node, rules: Rules = six_rules) -> list[Operation]:
    """Return what exists on ``node`` and in its pods, in the order in which it is made; ``rules`` are a release's."""
    out = list(_flanneld(cluster, mode, node, rules))
    mtu = _mode(mode).pod_mtu(cluster.mtu)
    out += _bridge(cluster, node, mtu)
    for pod in cluster.pods_of(node):
        out += _attach(cluster, node, pod, mtu)
    return out


def _flanneld(cluster: Cluster, mode: str, node: Node, rules: Rules) -> Iterator[Operation]:
    yield from _device(cluster, mode, node)
    for peer in cluster.nodes:
        if peer is not node:
            for entry, source in _peer(cluster, mode, node, peer):
                yield Operation(node.name, entry, "flanneld", source, peer.name)
    for rule, source in rules(cluster, node):
        yield Operation(node.name, rule, "flanneld", source)


def _device(cluster: Cluster, mode: str, node: Node) -> Iterator[Operation]:
    """Return the backend's device, its address (the first of the podCIDR) and its port."""
    name, (address, mac) = node.name, vtep(cluster, node)
    mtu = _mode(mode).pod_mtu(cluster.mtu)
    if mode == "ipip":
        device, source = LinkEntry("flannel.ipip", "ipip", mtu, "", local=node.address), IPIP
    elif mode == "wireguard":
        device = LinkEntry("flannel-wg", "wireguard", mtu, "", port=WG_PORT, key=made_key(name))
        source = WIREGUARD
    elif mode == "udp":
        device, source = LinkEntry("flannel0", "tun", mtu, "", local=node.address, port=PROXY_PORT), UDP
    elif mode == "host-gw":
        return
    else:
        device, source = (
            LinkEntry(
                f"flannel.{VNI}", "vxlan", mtu, mac, vni=VNI, local=node.address, link="eth0", port=PORT
            ),
            DEVICE,
        )
    yield Operation(name, device, "flanneld", source)
    yield Operation(name, AddrEntry(device.ifname, address, 32), "flanneld", source)
    if mode in ("wireguard", "udp"):
        scope = "link" if mode == "wireguard" else None
        yield Operation(
            name, RouteEntry(str(cluster.pod_network), device.ifname, scope=scope), "flanneld", source
        )
    if mode == "udp":
        yield Operation(name, SocketEntry("udp", PROXY_PORT, "flanneld", node.address), "flanneld", source)
    elif device.port:
        yield Operation(
            name, SocketEntry("udp", device.port, f"kernel ({device.kind})"), "kernel", KERNEL[device.kind]
        )


def _peer(cluster: Cluster, mode: str, node: Node, peer: Node) -> Iterator[tuple[Entry, str]]:
    """Return the entries for one other node, each with its source."""
    cidr, (address, mac) = str(cluster.pod_cidr(peer)), vtep(cluster, peer)
    if mode == "ipip":
        yield RouteEntry(cidr, "flannel.ipip", peer.address, onlink=True), IPIP
    elif mode == "udp":
        yield ProxyEntry(cidr, peer.address, PROXY_PORT), UDP
    elif mode == "wireguard":
        yield (
            WireguardPeer("flannel-wg", made_key(peer.name), f"{peer.address}:{WG_PORT}", (cidr,)),
            WIREGUARD,
        )
    elif mode in ("host-gw", "vxlan-directrouting") and adjacent(node, peer):
        yield RouteEntry(cidr, "eth0", peer.address), HOSTGW if mode == "host-gw" else VXLAN
    elif mode != "host-gw":
        device = f"flannel.{VNI}"
        yield NeighEntry(address, device, mac, "PERMANENT"), VXLAN
        yield FdbEntry(mac, device, peer.address, flags=("self",), state="permanent"), VXLAN
        yield RouteEntry(cidr, device, address, onlink=True), VXLAN


def masquerading(network: str, groups: str = GROUPS) -> tuple[str, str]:
    """Return the rules for what leaves the pods' network, but to groups, and for what enters it from outside."""
    masquerade = f"{NOTE} -j MASQUERADE --random-fully"
    return f"-s {network} ! -d {groups} {masquerade}", f"! -s {network} -d {network} {masquerade}"


def rules_of(network: str, masquerading: list[str]) -> Iterator[IptablesRule]:
    """Yield flanneld's two chains, each behind the jump to it."""
    forward, chain = '-m comment --comment "flanneld forward"', "FLANNEL-POSTRTG"
    yield IptablesRule("nat", "POSTROUTING", f"{NOTE} -j {chain}")
    yield IptablesRule("nat", chain, f"-m mark --mark 0x4000/0x4000 {NOTE} -j RETURN")
    for spec in masquerading:
        yield IptablesRule("nat", chain, spec)
    yield IptablesRule("filter", "FORWARD", f"{forward} -j FLANNEL-FWD")
    for end in ("-s", "-d"):
        yield IptablesRule("filter", "FLANNEL-FWD", f"{end} {network} {forward} -j ACCEPT")


def _bridge(cluster: Cluster, node: Node, mtu: int) -> Iterator[Operation]:
    """What the bridge plugin makes with the first pod of a node: cni0, its address, forwarding."""
    cidr = cluster.pod_cidr(node)
    by = ("bridge plugin", BRIDGE)
    yield Operation(node.name, LinkEntry("cni0", "bridge", mtu, made_mac(f"cni0 {node.name}")), *by)
    yield Operation(node.name, AddrEntry("cni0", str(cidr[1]), cidr.prefixlen, brd=True), *by)
    yield Operation(node.name, SysctlEntry("net.ipv4.ip_forward", "1"), *by)
    yield Operation(
        node.name,
        SysctlEntry("net.bridge.bridge-nf-call-iptables", "1"),
        "node set-up",
        "flanneld refuses to start without br_netfilter: main.go",
    )


def _attach(cluster: Cluster, node: Node, pod: Pod, mtu: int) -> Iterator[Operation]:
    """What one CNI ADD makes: the veth pair, the pod's address and its routes."""
    host_end = veth(pod)
    cidr, network = cluster.pod_cidr(node), str(cluster.pod_network)
    gateway, address = str(cidr[1]), host_local(cluster, pod)
    by = ("bridge plugin", BRIDGE)
    yield Operation(
        node.name,
        LinkEntry(
            host_end, "veth", mtu, made_mac(f"veth {pod.name}"), "cni0", (pod.name, "eth0"), hairpin=True
        ),
        *by,
        pod.name,
    )
    yield Operation(
        pod.name, LinkEntry("eth0", "veth", mtu, pod.mac, peer=(node.name, host_end), creates=False), *by
    )
    yield Operation(pod.name, AddrEntry("eth0", address, cidr.prefixlen, brd=True), *HOST_LOCAL)
    yield Operation(pod.name, RouteEntry("default", "eth0", gateway), *by)
    yield Operation(
        pod.name,
        RouteEntry(network, "eth0", gateway),
        "flannel CNI plugin",
        "github.com/flannel-io/cni-plugin flannel_linux.go",
    )


def _mode(name: str) -> Mode:
    return next(mode for mode in MODES if mode.name == name)


MODES = (
    Mode("vxlan", "VXLAN", "recommended, the default of the manifest", HEADERS, lambda mtu: mtu - OVERHEAD),
    Mode(
        "vxlan-directrouting",
        "VXLAN with DirectRouting",
        "recommended, an option of vxlan",
        HEADERS,
        lambda mtu: mtu - OVERHEAD,
    ),
    Mode("host-gw", "host-gw", "recommended for experienced users", (), lambda mtu: mtu),
    Mode("wireguard", "WireGuard", "recommended", WG_HEADERS, lambda mtu: mtu - 80),
    Mode(
        "udp",
        "UDP, a proxy in user space",
        "debugging only",
        (("IPv4", 20), ("UDP", 8)),
        lambda mtu: mtu - 28,
    ),
    Mode("ipip", "IPIP", "experimental", (("IPv4", 20),), lambda mtu: mtu - 20),
)
