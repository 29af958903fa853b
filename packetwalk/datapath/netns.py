"""One network namespace of the model: its devices and tables, built from a plan.

What the kernel adds by itself (local and connected routes, the permanent FDB entries of a
bridge and its ports) is added here, with ``kernel`` as its author.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from packetwalk.datapath.fib import Fib, Prefixes, number
from packetwalk.datapath.matches import State
from packetwalk.datapath.netfilter import Ruleset
from packetwalk.plan.operation import Operation
from packetwalk.tables import (
    AddrEntry,
    ChainPolicy,
    Entry,
    FdbEntry,
    IpRule,
    IpSet,
    IptablesRule,
    LinkEntry,
    NeighEntry,
    RouteEntry,
    SocketEntry,
    SysctlEntry,
    WireguardPeer,
)


class Netns:
    """The tables of one network namespace; nothing changes after it is built.

    ``kind`` is ``pod``, ``node``, ``router`` or ``outside``.
    """

    def __init__(self, name: str, node: str, kind: str, label: str, operations: list[Operation]) -> None:
        self.name, self.node, self.kind, self.label = name, node, kind, label
        self.origin: dict[Entry, tuple[str, str]] = {}
        self.links: dict[str, LinkEntry] = {}
        self.addrs: list[AddrEntry] = []
        self.routes: list[RouteEntry] = []
        self.neighs: dict[tuple[str, str], NeighEntry] = {}
        self.fdb: dict[tuple[str, str], FdbEntry] = {}
        self.rules: list[IptablesRule] = []
        self.policies: list[ChainPolicy] = []
        self.sysctls: dict[str, SysctlEntry] = {}
        self.sockets: dict[tuple[str, int], SocketEntry] = {}
        self.lookups: list[IpRule] = []
        self.peers: list[WireguardPeer] = []
        self.sets: dict[str, IpSet] = {}
        self.tables: dict[str, list] = {}  # what only a driver looks up, by the table's name
        self.memo: dict[str, object] = {}  # and how it finds it again
        for operation in operations:
            self._add(operation.entry, operation.by, operation.source)
        self._kernel_routes()
        self._kernel_fdb()
        self.fib = Fib(self.routes, self.lookups)
        self.mtus = {name: link.mtu for name, link in self.links.items()}
        self.local = {addr.local: addr.dev for addr in self.addrs}
        state = State(self.fib, self.local, self.sets)
        self.ruleset = Ruleset(self.rules, self.policies, state)
        self.ports = {
            name: [link for link in self.links.values() if link.master == name]
            for name, link in self.links.items()
            if link.kind == "bridge"
        }
        self.vxlan = {link.port: link for link in self.links.values() if link.kind == "vxlan"}
        self.ipip = [link for link in self.links.values() if link.kind == "ipip"]
        self.wireguard = {link.port: link for link in self.links.values() if link.kind == "wireguard"}
        self.tun = next((link for link in self.links.values() if link.kind == "tun"), None)
        self.captures = {each.dev: each for each in self.tables.get("capture", ())}
        self.allowed_ips: dict[str, Prefixes[WireguardPeer]] = {}
        for peer in self.peers:
            for network in peer.allowed_ips:
                self.allowed_ips.setdefault(peer.dev, Prefixes()).put(network, peer)

    def _add(self, entry: Entry, by: str, source: str) -> None:
        self.origin.setdefault(entry, (by, source))
        match entry:
            case LinkEntry():
                self.links[entry.ifname] = entry
            case AddrEntry():
                self.addrs.append(entry)
            case RouteEntry():
                self.routes.append(entry)
            case NeighEntry():
                self.neighs[entry.dev, entry.dst] = entry
            case FdbEntry():
                self.fdb[entry.master or entry.ifname, entry.mac] = entry
            case IptablesRule(inserted=True):
                self.rules.insert(0, entry)
            case IptablesRule():
                self.rules.append(entry)
            case ChainPolicy():
                self.policies.append(entry)
            case SysctlEntry():
                self.sysctls[entry.key] = entry
            case SocketEntry():
                self.sockets[entry.protocol, entry.port] = entry
            case IpRule():
                self.lookups.append(entry)
            case WireguardPeer():
                self.peers.append(entry)
            case IpSet():
                self.sets[entry.name] = entry
            case _:
                self.tables.setdefault(entry.table, []).append(entry)

    def _kernel(self, entry: Entry) -> None:
        self._add(entry, "kernel", "")

    def _kernel_routes(self) -> None:
        """Add what ``fib_add_ifaddr`` adds for each address, and the loopback's own routes."""
        for addr in self.addrs:
            ip, dev, length = addr.local, addr.dev, addr.prefixlen
            self._kernel(
                RouteEntry(ip, dev, type="local", protocol="kernel", scope="host", prefsrc=ip, routes="local")
            )
            if length < 32:
                base = number(ip) & (0xFFFFFFFF << (32 - length)) & 0xFFFFFFFF
                last = base | (1 << (32 - length)) - 1
                self._kernel(
                    RouteEntry(f"{_dotted(base)}/{length}", dev, protocol="kernel", scope="link", prefsrc=ip)
                )
                self._kernel(
                    RouteEntry(
                        _dotted(last),
                        dev,
                        type="broadcast",
                        protocol="kernel",
                        scope="link",
                        prefsrc=ip,
                        routes="local",
                    )
                )
        for dst in ("127.0.0.0/8", "127.0.0.1") if "lo" in self.links else ():
            self._kernel(
                RouteEntry(
                    dst,
                    "lo",
                    type="local",
                    protocol="kernel",
                    scope="host",
                    prefsrc="127.0.0.1",
                    routes="local",
                )
            )
        if "lo" in self.links:
            self._kernel(
                RouteEntry(
                    "127.255.255.255",
                    "lo",
                    type="broadcast",
                    protocol="kernel",
                    scope="link",
                    prefsrc="127.0.0.1",
                    routes="local",
                )
            )

    def _kernel_fdb(self) -> None:
        """Add the permanent entries that ``br_fdb_add_local`` makes for a bridge and its ports."""
        for link in self.links.values():
            if link.kind == "bridge":
                self._kernel(FdbEntry(link.address, link.ifname, master=link.ifname, state="permanent"))
            elif link.master and self.links[link.master].kind == "bridge":
                self._kernel(FdbEntry(link.address, link.ifname, master=link.master, state="permanent"))

    def sysctl(self, key: str, default: str = "0") -> str:
        """Return the value of a kernel setting; ``default`` is the kernel's."""
        entry = self.sysctls.get(key)
        return entry.value if entry else default

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

    def json(self) -> dict:
        """Return the tables with the members of ``ip -j`` and ``bridge -j``."""
        extra = {
            "rule": [rule.json() for rule in self.fib.rules] if self.lookups else [],
            "wg": [peer.json() for peer in self.peers],
            "ipset": [each.json() for each in self.sets.values()],
            **{name: [each._asdict() for each in made] for name, made in self.tables.items()},
        }
        return {
            "link": [link.json() for link in self.links.values()],
            "addr": [addr.json() for addr in self.addrs],
            "route": [route.json() for route in sorted_routes(self.routes)],
            "neigh": [neigh.json() for neigh in self.neighs.values()],
            "fdb": [fdb.json() for fdb in self.fdb.values()],
            "iptables": iptables_save(self.rules, self.policies),
            **{name: entries for name, entries in extra.items() if entries},
        }


def _same_subnet(addr: AddrEntry, dst: str) -> bool:
    mask = (0xFFFFFFFF << (32 - addr.prefixlen)) & 0xFFFFFFFF
    return number(addr.local) & mask == number(dst) & mask


def _dotted(value: int) -> str:
    return ".".join(str(value >> shift & 255) for shift in (24, 16, 8, 0))


def sorted_routes(routes: Iterable[RouteEntry]) -> list[RouteEntry]:
    """Return routes as ``ip route show table all`` prints them: main first, then by network."""
    from packetwalk.datapath.fib import prefix

    return sorted(routes, key=lambda r: (r.routes == "local", prefix(r.dst), r.metric, r.type == "broadcast"))


def iptables_save(rules: Sequence[IptablesRule], policies: Sequence[ChainPolicy]) -> str:
    """Return what ``iptables-save`` prints (no counters, no comments): built-in chains, then the others by name."""
    out: list[str] = []
    for table in sorted({e.chain_table for e in rules} | {e.chain_table for e in policies}):
        built_in = [str(entry) for entry in policies if entry.chain_table == table]
        named = {entry.chain: None for entry in rules if entry.chain_table == table}
        first = [entry.chain for entry in policies if entry.chain_table == table]
        made = sorted(chain for chain in named if chain not in first)
        out += [f"*{table}", *built_in, *(f":{chain} - [0:0]" for chain in made)]
        out += [
            str(rule)
            for chain in (*first, *made)
            for rule in rules
            if (rule.chain_table, rule.chain) == (table, chain)
        ]
        out.append("COMMIT")
    return "\n".join(out) + "\n" if out else ""
