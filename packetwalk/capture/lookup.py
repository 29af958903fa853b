"""Which line of a recorded table explains what was seen: the look-ups a kernel makes, made again.

Nothing of the model is used: agreement between the two means something.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cached_property
from ipaddress import IPv4Address, IPv4Network
from itertools import combinations_with_replacement

from packetwalk.capture.identity import Stack
from packetwalk.capture.nft_nat import BeforeNat, NftNat
from packetwalk.capture.recording import Place
from packetwalk.capture.refusals import Refusing, of_iptables, of_nft
from packetwalk.capture.stacked import KINDS, End, Standing
from packetwalk.tables import (
    ConntrackEntry,
    FdbEntry,
    IpRule,
    IptablesRule,
    LinkEntry,
    NeighEntry,
    NftRule,
    RouteEntry,
    SocketEntry,
    SysctlEntry,
)
from packetwalk.tables.address import ADDRESSES
from packetwalk.tables.conntrack import CONNECTIONS
from packetwalk.tables.fdb import FORWARDING
from packetwalk.tables.ip_rule import KERNELS, LAST, OF_VRF, RULES
from packetwalk.tables.iptables import hit
from packetwalk.tables.link import LINKS
from packetwalk.tables.neighbour import NEIGHBOURS
from packetwalk.tables.route import ROUTES
from packetwalk.tables.socket import SOCKETS
from packetwalk.tables.sysctl import SETTINGS
from packetwalk.trace.packet import PROTOCOLS
from packetwalk.wire import Udp

SWITCHES = ("bridge", "openvswitch")
"""Kinds of devices that pass frames from port to port."""
FOLLOWED = ("lo", "eth", "veth", "dummy", "vrf", *SWITCHES, "vxlan", "ipip", "wireguard", "tun", *KINDS)
"""Kinds of devices behind which a packet is known again."""
GRE, PROTOCOL_OF_GRE = ("gre", "gretap", "erspan"), 47
TUNNELS = ("vxlan", "ipip", "wireguard", "tun", "openvswitch")


class Lookup:
    """The tables of one recorded namespace."""

    def __init__(self, place: Place, standing: Mapping[End, Standing] | None = None) -> None:
        """``standing`` are the devices of all namespaces that stand on others."""
        self.place, self._standing = place, standing or {}
        self.links: dict[str, LinkEntry] = {link.ifname: link for link in place.entries(LINKS)}
        self._found: dict[tuple[str, str | None, str, str], RouteEntry | None] = {}

    @cached_property
    def local(self) -> set[str]:
        """The addresses of this namespace."""
        return {address.local for address in self.place.entries(ADDRESSES)}

    @cached_property
    def macs(self) -> set[str]:
        """The MACs of this namespace's devices."""
        return {link.address for link in self.links.values()}

    @cached_property
    def addressed(self) -> set[str]:
        """The devices that have an address."""
        return {address.dev for address in self.place.entries(ADDRESSES)}

    @cached_property
    def _routes(self) -> list[tuple[IPv4Network, RouteEntry]]:
        return [
            (IPv4Network("0.0.0.0/0" if route.dst == "default" else route.dst, strict=False), route)
            for route in self.place.entries(ROUTES)
        ]

    def route(self, dst: str, dev: str | None = None, src: str = "", came: str = "") -> RouteEntry | None:
        """Return the route for an address (``fib_lookup``): each table in turn, the longest prefix wins.

        Of tables to which only some packets are sent, by mark or device, the one is taken whose route leads where
        the packet went, to ``dev``: a capture does not show marks.  An own address is so by whatever device one comes.
        Of VRFs the one counts whose device it came by, ``came``, or of the machine's own packets the one it leaves by.
        """
        asked = dst, dev, src, came
        if asked not in self._found:
            asking = [rule for rule in self._rules if not rule.action and _asks(rule, dst, src)]
            vrf = self._table_of_vrf(came or dev or "")
            routes = [
                (rule, self._longest(vrf if rule.lookup == OF_VRF else rule.lookup, dst)) for rule in asking
            ]
            found = [*dict.fromkeys(each for rule, each in routes if each and not rule.suppresses(each.dst))]
            fits = [
                route
                for route in found
                if dev is None or dev in route.devices or "local" in (route.table, route.type)
            ]
            self._found[asked] = next(iter(fits or found), None)
        return self._found[asked]

    def _table_of_vrf(self, dev: str) -> str:
        """Return the table of the VRF that a device is, or is in; empty without one."""
        return self._tables_of_vrfs.get(self.master(dev) or dev, "")

    @cached_property
    def _tables_of_vrfs(self) -> dict[str, str]:
        found = ((each["ifname"], each.get("linkinfo", {})) for each in self.place.printed("link.json"))
        return {
            name: str(info.get("info_data", {}).get("table", ""))
            for name, info in found
            if info.get("info_kind") == "vrf"
        }

    @cached_property
    def _rules(self) -> list[IpRule]:
        return [*(RULES.in_order(self.place.entries(RULES)) or KERNELS), LAST]

    def _longest(self, table: str, dst: str) -> RouteEntry | None:
        address = IPv4Address(dst)
        fits = [
            (network.prefixlen, -route.metric, -number, route)
            for number, (network, route) in enumerate(self._routes)
            if route.table == table and address in network
        ]
        best = max(fits, key=lambda fit: fit[:3])[3] if fits else None
        return None if best is None or best.type == "throw" else best

    def neighbour(self, address: str, dev: str) -> NeighEntry | None:
        """Return the neighbour entry of an address on a device."""
        return self._neighbours.get((address, dev))

    @cached_property
    def _neighbours(self) -> dict[tuple[str, str], NeighEntry]:
        return {(each.dst, each.dev): each for each in reversed(self.place.entries(NEIGHBOURS))}

    def owner(self, mac: str, bridge: str) -> FdbEntry | None:
        """Return the forwarding entry of a MAC on a bridge or a VXLAN device."""
        fits = [f for f in self._forwarding.get(mac, ()) if bridge in (f.master, f.ifname)]
        plain = [f for f in fits if f.state != "permanent" or f.dst or f.ifname == bridge]
        return next(iter(plain or fits), None)

    @cached_property
    def _forwarding(self) -> dict[str, list[FdbEntry]]:
        out: dict[str, list[FdbEntry]] = {}
        for each in self.place.entries(FORWARDING):
            out.setdefault(each.mac, []).append(each)
        return out

    def master(self, dev: str) -> str | None:
        """Return the bridge that a device is a port of."""
        link = self.links.get(dev)
        return link.master if link else None

    def kind(self, dev: str) -> str:
        """Return what a device is: ``veth``, ``bridge``, ``vxlan`` ..."""
        return self.links[dev].kind if dev in self.links else ""

    def stands_on(self, dev: str, below: str) -> bool:
        """Whether a device of this namespace stands on another one of it."""
        found = self._standing.get((self.place.netns, dev))
        return found is not None and (self.place.netns, below) in found.below

    def standing(self, dev: str) -> str:
        """Return the kind of a device that stands on others; empty for any other."""
        found = self._standing.get((self.place.netns, dev))
        return found.kind if found else ""

    def is_shared(self, dev: str) -> bool:
        """Whether another device stands on a device, or it is a port of one, so that what comes in may be for that."""
        return any((self.place.netns, dev) in each.below for each in self._standing.values())

    def unread(self, packet: Stack) -> LinkEntry | None:
        """Return the tunnel's device that a packet is for, if it is of a kind that is not followed."""
        port = next((header.dport for header in packet if isinstance(header, Udp)), 0)
        for link, told in self._unread:
            if link.kind in GRE if packet[0].protocol == PROTOCOL_OF_GRE else port and port == told:
                return link
        return None

    @cached_property
    def _unread(self) -> list[tuple[LinkEntry, int | None]]:
        """The tunnels' devices that are not followed, with their UDP ports."""
        return [
            (self.links[each["ifname"]], info.get("info_data", {}).get("port"))
            for each in self.place.printed("link.json")
            if (info := each.get("linkinfo", {})) and info.get("info_kind", "veth") not in FOLLOWED
        ]

    @cached_property
    def sockets(self) -> dict[tuple[str, int], SocketEntry]:
        """The listening sockets, by protocol and port."""
        return {(each.protocol, each.port): each for each in reversed(self.place.entries(SOCKETS))}

    @cached_property
    def lets_in(self) -> set[tuple[str, str]]:
        """Each device with a MAC that its own list of them has."""
        return {(each.ifname, each.mac) for found in self._forwarding.values() for each in found}

    def bridge(self, dev: str) -> str | None:
        """Return the bridge that a device is, or is a port of."""
        if self.kind(dev) == "bridge":
            return dev
        master = self.master(dev)
        return master if self.kind(master or "") in SWITCHES else None

    def wraps(self, dev: str) -> bool:
        """Whether a device puts packets into others."""
        return self.kind(dev) in TUNNELS

    @cached_property
    def forwarding_on(self) -> SysctlEntry | None:
        """The setting that lets this machine forward."""
        found = (each for each in self.place.entries(SETTINGS) if each.key == "net.ipv4.ip_forward")
        return next(found, None)

    def refusals(self, proto: str, ends: tuple, dev: str, but: str) -> list[IptablesRule | NftRule]:
        """Return the rules that refuse and have counted, and are for a packet that came by ``dev``; none of the hooks
        output, postrouting and ``but``."""
        return [
            each.rule
            for each in self._refusing
            if each.hook not in ("output", "postrouting", but) and each.is_for(proto, ends, dev)
        ]

    @cached_property
    def _refusing(self) -> list[Refusing]:
        return [*of_iptables(self._counted), *of_nft(self.place.files.get("nft.txt", ""))]

    @cached_property
    def _counted(self) -> list[tuple[IptablesRule, int]]:
        """The rules, with how many packets each has seen."""
        out, table = [], ""
        for line in self.place.files.get("iptables.txt", "").splitlines():
            table = line[1:] if line.startswith("*") else table
            if line.startswith("[") and " -A " in line:
                counted = hit(line)
                _, chain, spec = counted.rule.split(" ", 2)
                out.append((IptablesRule(table, chain, spec), counted.packets))
        return out

    @cached_property
    def _nat(self) -> list[tuple[IptablesRule, int]]:
        """The rules of the table nat, with how many packets each has seen."""
        return [(rule, seen) for rule, seen in self._counted if rule.chain_table == "nat"]

    def translation(self, asking: BeforeNat, new: str, port: int) -> IptablesRule | NftRule | None:
        """Return the rule that makes a destination; None unless exactly one that has been used, or that counts nothing, may."""
        goals = (f"--to-destination {new}:{port}", f"--to-destination {new}")
        fits = [
            rule
            for rule, seen in self._nat
            if seen and rule.spec.endswith(goals) and f"-p {asking.proto}" in rule.spec
        ]
        every: list[IptablesRule | NftRule] = [*fits, *self._nft_nat.to(asking, new, port)]
        return every[0] if len(every) == 1 else None

    def masquerade(self, asking: BeforeNat, new: str) -> IptablesRule | NftRule | None:
        """Return the rule that rewrites a source; None unless exactly one that has been used, or that counts nothing, may."""
        src, _, dst, _ = asking.ends
        fits = [rule for rule in self._masquerading if _fits(rule.spec, src, dst)]
        every: list[IptablesRule | NftRule] = [*fits, *self._nft_nat.source(asking, new)]
        return every[0] if len(every) == 1 else None

    @cached_property
    def _nft_nat(self) -> NftNat:
        return NftNat(self.place.files.get("nft.txt", ""))

    @cached_property
    def _masquerading(self) -> list[IptablesRule]:
        """The rules that rewrite a source and have counted."""
        return [rule for rule, seen in self._nat if seen and re.search(r"-j (MASQUERADE|SNAT)\b", rule.spec)]

    def tracked(self, protocol: int, ends: tuple) -> ConntrackEntry | None:
        """Return the tracked connection that a packet belongs to, by all of its tuple, either way; of a fragment, which
        shows no ports, the only one between its addresses."""
        src, sport, dst, dport = ends
        fits = [
            entry
            for entry in self._connections.get(frozenset((src, dst)), ())
            if PROTOCOLS.get(entry.protocol) == protocol
            and (ends in _tuples(entry) or (not sport and not dport and _is_between(entry, src, dst)))
        ]
        return fits[0] if len(fits) == 1 else None

    def returned(self, protocol: int, src: str, sport: int, dst: str, dport: int) -> ConntrackEntry | None:
        """Return the connection whose answer a packet is, if its first packet's source was changed here.

        Ports are compared where the packet has any.
        """
        for entry in self._connections.get(frozenset((src, dst)), ()):
            changed = (entry.reply_dst, entry.reply_dport) != (entry.src, entry.sport)
            ports = (entry.reply_sport, entry.reply_dport) if sport or dport else (0, 0)
            answer = (entry.reply_src, entry.reply_dst, *ports)
            if changed and answer == (src, dst, sport, dport) and PROTOCOLS.get(entry.protocol) == protocol:
                return entry
        return None

    def destined(self, protocol: int, src: str, sport: int, dst: str, dport: int) -> ConntrackEntry | None:
        """Return the connection whose first packet this is, or one that goes its way, if its destination was changed."""
        for entry in self._connections.get(frozenset((src, dst)), ()):
            changed = (entry.reply_src, entry.reply_sport) != (entry.dst, entry.dport)
            asked = entry.src, entry.sport, entry.dst, entry.dport
            if changed and asked == (src, sport, dst, dport) and PROTOCOLS.get(entry.protocol) == protocol:
                return entry
        return None

    @cached_property
    def _connections(self) -> dict[frozenset[str], list[ConntrackEntry]]:
        """The tracked connections by the two addresses of a packet, either way, before and after it was changed."""
        out: dict[frozenset[str], list[ConntrackEntry]] = {}
        for entry in self.place.entries(CONNECTIONS):
            ends = (entry.src, entry.dst, entry.reply_src, entry.reply_dst)
            for pair in {frozenset(two) for two in combinations_with_replacement(ends, 2)}:
                out.setdefault(pair, []).append(entry)
        return out


def _tuples(entry: ConntrackEntry) -> list[tuple[str, int, str, int]]:
    """Return the ends of a connection's packets on their way through a machine: before, between and after its changes."""
    there = entry.src, entry.sport, entry.dst, entry.dport
    back = entry.reply_src, entry.reply_sport, entry.reply_dst, entry.reply_dport
    return [there, back, (*there[:2], *back[:2]), (*back[:2], *there[:2])]


def _is_between(entry: ConntrackEntry, src: str, dst: str) -> bool:
    return any((one, other) == (src, dst) for one, _, other, _ in _tuples(entry))


def _fits(spec: str, src: str, dst: str) -> bool:
    """Whether the addresses of a rule (``-s``, ``-d``, each perhaps with ``!``) fit a packet."""
    for no, flag, network in re.findall(r"(! )?-([sd]) (\S+)", spec):
        inside = IPv4Address(src if flag == "s" else dst) in IPv4Network(network, strict=False)
        if inside == bool(no):
            return False
    return True


def _asks(rule: IpRule, dst: str, src: str) -> bool:
    """Whether a routing rule can be for packets from one address to another; ``src`` may not be known."""
    sides = [(rule.src, src), (rule.dst, dst)]
    known = [(network, address) for network, address in sides if network and address]
    fits = all(IPv4Address(address) in IPv4Network(network) for network, address in known)
    if not rule.inverted:
        return fits
    all_known = len(known) == sum(network is not None for network, _ in sides)
    return not (fits and all_known and rule.fwmark is None and rule.iif is None)
