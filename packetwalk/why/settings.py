"""Changes of settings and addresses: as they usually are where packets are passed on, and as others know them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from packetwalk.tables import AddrEntry, RouteEntry
from packetwalk.tables.address import ADDRESSES
from packetwalk.tables.link import LINKS
from packetwalk.tables.neighbour import NEIGHBOURS
from packetwalk.tables.route import ROUTES
from packetwalk.tables.sysctl import is_read
from packetwalk.why.change import Mend
from packetwalk.why.commands import all_added, written
from packetwalk.why.loading import Loaded
from packetwalk.why.siblings import deviations, siblings

FORWARD = ("net.ipv4.ip_forward", "1")
SETTINGS = (
    FORWARD,
    ("net.ipv4.conf.all.forwarding", "1"),
    ("net.bridge.bridge-nf-call-iptables", "1"),
    ("net.ipv4.icmp_echo_ignore_all", "0"),
)
OF_DEVICE = (
    ("forwarding", "1"),
    ("rp_filter", "0"),
    ("arp_ignore", "0"),
    ("arp_filter", "0"),
    ("accept_local", "1"),
    ("proxy_arp", "1"),
)


def settings(loaded: Loaded, netns: str) -> Iterator[Mend]:
    """Yield settings of the kernel as they usually are where packets are passed on."""
    ns = loaded.fabric.netns(netns)
    devices = ["all", *(link.ifname for link in ns.entries(LINKS) if link.kind != "lo")]
    keyed = [
        *(SETTINGS if loaded.plans[netns].kind != "pod" else SETTINGS[3:]),
        *((f"net.ipv4.conf.{dev}.{name}", value) for name, value in OF_DEVICE for dev in devices),
    ]
    for key, value in keyed:
        if is_read(key) and ns.sysctl(key) != value:
            yield Mend(netns, (("sysctl", "-w", f"{written(key)}={value}"),), f"it is {ns.sysctl(key)}")
    for addr in _missing_addresses(loaded, netns):
        yield Mend(netns, tuple(map(tuple, addr.argv())), "it is the gateway of pods here")
    yield from _other_prefix(loaded, netns)
    if not [addr for addr in ns.addrs if addr.dev != "lo"]:
        yield from _lost_address(loaded, netns)


def _other_prefix(loaded: Loaded, netns: str) -> Iterator[Mend]:
    """Yield an address with the length of the prefix that others of its kind have, and the routes that went with the old one."""
    like = [loaded.fabric.netns(name) for name in siblings(loaded, netns)]
    for addr in loaded.fabric.netns(netns).addrs:
        lengths = Counter(each.prefixlen for there in like for each in there.addrs if each.dev == addr.dev)
        if addr.dev == "lo" or not lengths or addr.prefixlen in lengths:
            continue
        usual = lengths.most_common(1)[0][0]
        gone = "ip", "addr", "del", f"{addr.local}/{addr.prefixlen}", "dev", addr.dev
        lost = [
            each
            for each in deviations(loaded, netns)
            if each.missing and isinstance(each.entry, RouteEntry) and each.entry.dev == addr.dev
        ]
        commands = (gone, *map(tuple, addr._replace(prefixlen=usual).argv()), *all_added(lost))
        yield Mend(netns, commands, f"others of its kind have a prefix of {usual} bits there")


def _lost_address(loaded: Loaded, netns: str) -> Iterator[Mend]:
    """Yield the address by which others still know a machine that has none, with the routes that went with it."""
    ns = loaded.fabric.netns(netns)
    like = [loaded.fabric.netns(name) for name in siblings(loaded, netns)]
    lengths = [addr.prefixlen for each in like for addr in each.addrs if addr.dev != "lo"]
    for other in loaded.plans:
        for known in loaded.fabric.netns(other).entries(NEIGHBOURS):
            for link in ns.entries(LINKS):
                if link.address and link.address == known.lladdr and lengths:
                    added = AddrEntry(link.ifname, known.dst, lengths[0]).argv()
                    lost = [route for each in like[:1] for route in each.entries(ROUTES) if route.gateway]
                    commands = [*added, *(["ip", "route", "replace", *route.argv()[0][3:]] for route in lost)]
                    yield Mend(netns, tuple(map(tuple, commands)), f"{other} knows it by this address")


def _missing_addresses(loaded: Loaded, netns: str) -> Iterator[AddrEntry]:
    """Yield addresses that pods of a node take for their gateway, and that their bridge has not."""
    ns = loaded.fabric.netns(netns)
    for name, plan in loaded.plans.items():
        if plan.node != netns or plan.kind != "pod":
            continue
        pod = loaded.fabric.netns(name)
        way = pod.fib.lookup("192.0.2.1")
        link = pod.links.get(way.dev) if way else None
        port = ns.links.get(link.peer[1]) if link and link.peer else None
        if way and way.gateway and way.gateway not in ns.local and port and port.master:
            length = next((each.prefixlen for each in pod.entries(ADDRESSES) if each.dev == way.dev), 24)
            yield AddrEntry(port.master, way.gateway, length)
