"""One network namespace of the model: its tables, built from a plan, and what is looked up in them.

What the kernel adds by itself (local and connected routes, its own rules, the permanent FDB entries of a
bridge and its ports) is added here, with ``kernel`` as its author.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from copy import copy
from functools import cached_property
from types import ModuleType
from typing import TYPE_CHECKING, Any, NamedTuple

from packetwalk.datapath.devices import receivers
from packetwalk.datapath.family import INET
from packetwalk.datapath.fib import Fib, Prefixes
from packetwalk.datapath.matches import MachineTables
from packetwalk.datapath.memo import Memo
from packetwalk.datapath.netfilter import Ruleset
from packetwalk.datapath.source_validation import Refusal
from packetwalk.plan.operation import Operation
from packetwalk.tables import (
    Absent,
    ChainPolicy,
    Entry,
    IptablesRule,
    NeighEntry,
    NftChain,
    RouteEntry,
    SysctlEntry,
    WireguardPeer,
    every_table,
    table_of,
)
from packetwalk.tables.fdb import FORWARDING
from packetwalk.tables.ip_rule import KERNELS, RULES
from packetwalk.tables.ipset import SETS
from packetwalk.tables.link import LINKS
from packetwalk.tables.neighbour import NEIGHBOURS
from packetwalk.tables.nftables import RULESET
from packetwalk.tables.packet_socket import CAPTURES
from packetwalk.tables.recent import REMEMBERED
from packetwalk.tables.socket import SOCKETS
from packetwalk.tables.sysctl import BELIEVES, SETTINGS, usual_value
from packetwalk.tables.table import E, Table
from packetwalk.tables.wireguard import PEERS
from packetwalk.tables.xfrm import POLICIES
from packetwalk.trace.step import Decision, decided
from packetwalk.wire import Ethernet
from packetwalk.wire.address import ipv4_to_int

if TYPE_CHECKING:
    from packetwalk.datapath.device import Device


IPV6 = 0x86DD
"""The type of frames that carry IPv6."""


class HardHeader(NamedTuple):
    """The header of frames for a neighbour, and what a step says of it."""

    ethernet: Ethernet
    decision: Decision


class Netns:
    """The tables of one network namespace; nothing changes after it is built.

    ``kind`` is ``pod``, ``node``, ``router`` or ``outside``; ``origin`` says of each entry who wrote it, and
    where that is said.
    """

    def __init__(self, name: str, node: str, kind: str, label: str, operations: list[Operation]) -> None:
        self.name, self.node, self.kind, self.label = name, node, kind, label
        self.family, self.inet = INET, self
        self.origin: dict[Entry, tuple[str, str]] = {}
        self._held: dict[str, list] = {}
        self._fill(operations)
        self.memo: dict[str, object] = {}  # what drivers have made of tables that only they look up
        self._index()

    def _fill(self, operations: list[Operation]) -> None:
        """Keep what was written, table by table, and what the kernel adds to each, in the order in which it came."""
        written: dict[str, list[tuple[int, Any]]] = defaultdict(list)
        absent = {operation.entry.entry for operation in operations if isinstance(operation.entry, Absent)}
        places: dict[Entry, int] = {}
        for number, operation in enumerate(operations):
            if isinstance(operation.entry, Absent):
                continue
            self.origin.setdefault(operation.entry, (operation.by, operation.source))
            places.setdefault(operation.entry, number)
            written[table_of(operation.entry).name].append((number, operation.entry))
        for table in every_table():
            for entry in table.own(self):
                if entry in absent:
                    continue
                self.origin.setdefault(entry, ("kernel", ""))
                cause = table.cause(entry, self)
                place = len(operations) if cause is None else places.get(cause, len(operations))
                written[table.name].append((place, entry))
            if table.name in written:
                every = sorted(written[table.name], key=lambda each: each[0])
                self._held[table.name] = table.hold([entry for _, entry in every])

    def _index(self) -> None:
        """Make what the data path looks up."""
        self.links = {link.ifname: link for link in self.entries(LINKS)}
        self.neighs = {(entry.dev, entry.dst): entry for entry in self.entries(NEIGHBOURS)}
        self.fdb = {FORWARDING.key(entry): entry for entry in self.entries(FORWARDING)}
        self.sysctls = {entry.key: entry for entry in self.entries(SETTINGS)}
        self.sockets = {(entry.protocol, entry.port): entry for entry in self.entries(SOCKETS)}
        self.captures = {entry.dev: entry for entry in self.entries(CAPTURES)}
        self.xfrm_policies = self.entries(POLICIES)
        self.peers = self.entries(PEERS)
        self.allowed_ips: dict[str, Prefixes[WireguardPeer]] = {}
        for peer in self.peers:
            for network in peer.allowed_ips:
                self.allowed_ips.setdefault(peer.dev, Prefixes()).put(network, peer)
        self.in_dev: Memo[tuple[str, str], int] = Memo(lambda asked: int(self.setting_of(*asked).value))
        self._index_links()
        self._index_family()

    def _index_family(self) -> None:
        """Make what each family has for itself."""
        family = self.family
        self.addrs = self.entries(family.addresses)
        self.fib = Fib(
            self.entries(family.routes),
            self.entries(RULES) if family is INET else KERNELS,
            self.decision,
            lambda: Prefixes(family.to_int, family.bits),
        )
        self.local = {addr.local: addr.dev for addr in self.addrs}
        sets = {entry.name: entry for entry in self.entries(SETS)}
        rules = [entry for entry in self.entries(family.filters) if isinstance(entry, IptablesRule)]
        policies = [entry for entry in self.entries(family.filters) if isinstance(entry, ChainPolicy)]
        recent = frozenset((entry.name, entry.address) for entry in self.entries(REMEMBERED))
        state = MachineTables(self.fib, self.local, sets, recent)
        native = self.entries(RULESET) if family is INET else ()
        self.ruleset = Ruleset(rules, policies, state, self.decision, native, self._registered)
        self.forwarding = self.sysctls.get(family.forward)
        self.forwarding_of: Memo[str, SysctlEntry | None] = Memo(self._forwarding_of)
        self.default_ttl = int(self.sysctl(family.ttl))
        self.filters_bridged = self.sysctl(family.bridged) != "0"
        self.vxlan = {
            link.port: link
            for link in self.links.values()
            if link.kind == "vxlan" and link.up and (":" in (link.local or "")) == (family is not INET)
        }
        self.hard_headers: Memo[NeighEntry, HardHeader] = Memo(self._hard_header)
        self.receivers: Memo[tuple[int, int], tuple[ModuleType, ...]] = Memo(lambda to: receivers(self, *to))
        self.martians: Memo[tuple[str, str, str], tuple | None] = Memo(
            lambda asked: family.martian(self, asked)
        )
        self.disbelieved: Memo[tuple[str, str, int, str, str | None], Refusal | None] = Memo(
            lambda asked: family.disbelieved(self, asked)
        )

    @cached_property
    def inet6(self) -> Netns:
        """The namespace as IPv6 sees it: devices and neighbours are the same, addresses, routes and rules its own."""
        from packetwalk.datapath.ipv6 import INET6  # a wheel has none of it

        other = copy(self)
        other.family = INET6
        other._index_family()
        other.inet6 = other
        return other

    def _registered(self) -> dict[object, int]:
        """Return the base chains of netfilter in the order in which they were made, as ``Ruleset`` wants it."""
        out: dict[object, int] = {}
        for number, entry in enumerate(self.origin):
            if isinstance(entry, (IptablesRule, ChainPolicy)):
                out.setdefault((entry.chain_table, entry.chain), number)
            elif isinstance(entry, NftChain):
                out[entry] = number
        return out

    def _index_links(self) -> None:
        self.mtus: dict[str | None, int] = {name: link.mtu for name, link in self.links.items()}
        self.ports = {
            name: [link for link in self.links.values() if link.master == name]
            for name, link in self.links.items()
            if link.kind == "bridge"
        }
        self.ipip = [link for link in self.links.values() if link.kind == "ipip"]
        self.wireguard = {link.port: link for link in self.links.values() if link.kind == "wireguard"}
        self.tun = next((link for link in self.links.values() if link.kind == "tun"), None)

    @cached_property
    def devices(self) -> dict[str, Device]:
        """The devices as frames meet them."""
        from packetwalk.datapath.device import Device

        return {name: Device(self, link) for name, link in self.links.items()}

    def _hard_header(self, neighbour: NeighEntry) -> HardHeader:
        """Make the Ethernet header of frames for a neighbour (``neigh_hh_init``)."""
        dst, dev, lladdr, state = neighbour
        note: tuple = ("neigh", dst, lladdr)
        if state == "PERMANENT":
            note = (self.family.written, dst, lladdr, self.origin.get(neighbour, ("kernel", ""))[0])
        ethernet = Ethernet(lladdr or "", self.links[dev].address, self.family.ethertype)
        return HardHeader(ethernet, self.decision("neigh", dev, neighbour, note))

    def decision(
        self, event: str, dev: str | None, entry: Entry | None, note: tuple, hook: str | None = None
    ) -> Decision:
        """Return what a step says that is taken here."""
        mtu = self.mtus.get(dev)
        return decided((self.node, self.name, dev, event, hook, entry, note, mtu, "computed"))

    def entries(self, table: Table[E]) -> Sequence[E]:
        """Return the lines of a table."""
        return self._held.get(table.name, ())

    def sysctl(self, key: str) -> str:
        """Return the value of a kernel setting."""
        entry = self.sysctls.get(key)
        return entry.value if entry else usual_value(key)

    def setting_of(self, dev: str, name: str) -> SysctlEntry:
        """Return the setting of IPv4 that counts for a device: the larger of its own and that of all
        (``IN_DEV_MAXCONF``, ``IN_DEV_ORCONF``); ``in_dev`` has its value."""
        keys = (f"net.ipv4.conf.{where}.{name}" for where in ("all", dev))
        usual = usual_value(f"net.ipv4.conf.all.{name}")
        both = [self.sysctls.get(key, SysctlEntry(key, usual)) for key in keys]
        return max(both, key=lambda each: int(each.value))

    def _forwarding_of(self, dev: str) -> SysctlEntry | None:
        """Return the setting that decides whether what comes in by a device is passed on: its own, or the machine's."""
        return self.sysctls.get(f"{self.family.conf}.{dev}.forwarding", self.forwarding)

    def forwards(self, dev: str) -> bool:
        """Say whether what comes in by a device is passed on (``IN_DEV_FORWARD``)."""
        setting = self.forwarding_of[dev]
        return setting is not None and setting.value != "0"

    def redirects(self, dev: str) -> bool:
        """Say whether senders of ``dev`` are told of a shorter way (``IN_DEV_TX_REDIRECTS``)."""
        return self.in_dev[dev, "send_redirects"] > 0

    def believes_redirects(self, dev: str) -> bool:
        """Say whether a redirect that comes in by a device counts: where it forwards, only if its own setting and that
        of all say so (``IN_DEV_RX_REDIRECTS``)."""
        every = self.sysctls.get(BELIEVES)
        for_all = every.value != "0" if every else self.forwarding is None or self.forwarding.value == "0"
        own = self.sysctl(f"net.ipv4.conf.{dev}.accept_redirects") != "0"
        return for_all and own if self.forwards(dev) else for_all or own

    def address_of(self, dev: str, dst: str = "") -> str | None:
        """Return the source address the kernel would choose on ``dev`` for ``dst``.

        Mirrors ``inet_select_addr``: an address in the subnet of ``dst``, else the first on the
        device, else the first of any device.
        """
        own = [addr for addr in self.addrs if addr.dev == dev]
        for addr in own:
            if dst and _same_subnet(addr, dst):
                return addr.local
        first = own or self.addrs
        return first[0].local if first else None

    def source_for(self, route: RouteEntry | None, dst: str = "") -> str:
        """Return the source address that the kernel chooses for packets to a destination by a route."""
        return self.family.source(self, route, dst)

    def on_link(self, dev: str, *addresses: str) -> bool:
        """Say whether a subnet of a device holds all these addresses (``inet_addr_onlink``)."""
        own = [addr for addr in self.addrs if addr.dev == dev]
        return any(all(_same_subnet(addr, each) for each in addresses) for addr in own)

    def json(self) -> dict[str, Any]:
        """Return the tables with the members of ``ip -j`` and ``bridge -j``, those that are always there first."""
        told = {table: table.json(self) for table in every_table()}
        order = sorted(
            (table for table in told if told[table] is not None), key=lambda table: not table.always
        )
        return {table.name: told[table] for table in order}


def _same_subnet(addr: Any, dst: str) -> bool:
    mask = (0xFFFFFFFF << (32 - addr.prefixlen)) & 0xFFFFFFFF
    return ipv4_to_int(addr.local) & mask == ipv4_to_int(dst) & mask
