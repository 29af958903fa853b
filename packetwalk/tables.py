"""The tables of a network namespace, entry by entry.

Every entry is an immutable value with the members that ``ip -j`` and ``bridge -j`` print;
``str(entry)`` is the line of the tool without ``-j``.  ``argv(netns)`` is the command that
makes the entry in a real kernel.  Lengths are bytes, times are absent.
"""

from __future__ import annotations

from typing import NamedTuple, Protocol

from packetwalk.links import LinkEntry as LinkEntry
from packetwalk.links import PeerEntry as PeerEntry


class Entry(Protocol):
    """What all entries can do; plugins and drivers may have tables of their own."""

    @property
    def table(self) -> str:
        """The name of the table it stands in."""

    def argv(self) -> list[list[str]]:
        """Return the commands that make it in a real kernel; none when a program makes it."""


class AddrEntry(NamedTuple):
    """An IPv4 address on a device (``ip addr show``)."""

    dev: str
    local: str
    prefixlen: int

    @property
    def table(self) -> str:
        """The name of the table it stands in."""
        return "addr"

    def __str__(self) -> str:
        return f"inet {self.local}/{self.prefixlen} scope global {self.dev}"

    def json(self) -> dict:
        """Return the member of ``addr_info`` that ``ip -j addr`` prints."""
        return {
            "family": "inet",
            "local": self.local,
            "prefixlen": self.prefixlen,
            "scope": "global",
            "label": self.dev,
        }

    def argv(self) -> list[list[str]]:
        """Return ``ip addr add``; the kernel adds the local and connected routes itself."""
        return [["ip", "addr", "add", f"{self.local}/{self.prefixlen}", "dev", self.dev]]


class RouteEntry(NamedTuple):
    """A line of a routing table (``ip route show table TABLE``)."""

    dst: str
    dev: str = ""
    gateway: str | None = None
    type: str = "unicast"
    protocol: str | None = None
    scope: str | None = None
    prefsrc: str | None = None
    metric: int = 0
    onlink: bool = False
    routes: str = "main"
    mtu: int | None = None

    @property
    def table(self) -> str:
        """The name of the table it stands in."""
        return "route"

    @property
    def words(self) -> list[str]:
        """The arguments of ``ip route add`` after the verb; iproute2 prints the same order."""
        out = [] if self.type == "unicast" else [self.type]
        out.append(self.dst)
        if self.gateway:
            out += ["via", self.gateway]
        if self.dev:
            out += ["dev", self.dev]
        for word, value in (("proto", self.protocol), ("scope", self.scope), ("src", self.prefsrc)):
            if value:
                out += [word, value]
        if self.metric:
            out += ["metric", str(self.metric)]
        if self.onlink:
            out.append("onlink")
        if self.mtu:
            out += ["mtu", "lock", str(self.mtu)]
        return out

    def __str__(self) -> str:
        return " ".join(self.words)

    def json(self) -> dict:
        """Return the object that ``ip -j route`` prints for this line."""
        out: dict = {"dst": self.dst}
        if self.type != "unicast":
            out = {"type": self.type, **out}
        pairs = (
            ("gateway", self.gateway),
            ("dev", self.dev or None),
            ("table", self.routes if self.routes != "main" else None),
            ("protocol", self.protocol),
            ("scope", self.scope),
            ("prefsrc", self.prefsrc),
            ("metric", self.metric or None),
        )
        out.update({key: value for key, value in pairs if value is not None})
        return {**out, "flags": ["onlink"] if self.onlink else []}

    def argv(self) -> list[list[str]]:
        """Return ``ip route add``, with the scope that the command would not choose by itself."""
        table = [] if self.routes == "main" else ["table", self.routes]
        direct = self.type == "unicast" and not self.gateway and not self.scope
        scope = ["scope", "global"] if direct else []
        return [["ip", "route", "add", *self.words, *scope, *table]]


class LookupEntry(NamedTuple):
    """A rule that says which routing table is asked (``ip rule``), lowest ``priority`` first.

    ``fwmark`` is (mark, mask) or None for every packet; ``inverted`` turns the match round.
    """

    priority: int
    lookup: str
    fwmark: tuple[int, int] | None = None
    inverted: bool = False

    @property
    def table(self) -> str:
        """The name of the table it stands in."""
        return "rule"

    @property
    def selector(self) -> list[str]:
        """Which packets, in the words of ``ip rule``."""
        mark = ["fwmark", "/".join(map(hex, self.fwmark))] if self.fwmark else []
        return [*(["not"] if self.inverted else []), "from", "all", *mark]

    def __str__(self) -> str:
        return f"{self.priority}:\t{' '.join([*self.selector, 'lookup', self.lookup])}"

    def json(self) -> dict:
        """Return the object that ``ip -j rule`` prints for this line."""
        out: dict = {"priority": self.priority, "src": "all"}
        if self.inverted:
            out["not"] = None
        if self.fwmark:
            out["fwmark"], out["fwmask"] = map(hex, self.fwmark)
        return {**out, "table": self.lookup}

    def argv(self) -> list[list[str]]:
        """Return ``ip rule add``."""
        return [["ip", "rule", "add", "priority", str(self.priority), *self.selector, "lookup", self.lookup]]


class SetEntry(NamedTuple):
    """A set of addresses and networks that rules can match (``ipset save``), on one line."""

    name: str
    members: tuple[str, ...]
    type: str = "hash:net"

    @property
    def table(self) -> str:
        """The name of the table it stands in."""
        return "ipset"

    def __str__(self) -> str:
        return f"{self.name} {self.type}: {' '.join(self.members)}".rstrip()

    def json(self) -> dict:
        """Return what ``ipset list`` says of it."""
        return {"name": self.name, "type": self.type, "members": list(self.members)}

    def argv(self) -> list[list[str]]:
        """Return ``ipset create`` and an ``ipset add`` for each member."""
        return [
            ["ipset", "create", self.name, self.type],
            *(["ipset", "add", self.name, member] for member in self.members),
        ]


class NeighEntry(NamedTuple):
    """A neighbour (``ip neigh show``); ``lladdr`` None means it could not be resolved."""

    dst: str
    dev: str
    lladdr: str | None
    state: str = "REACHABLE"

    @property
    def table(self) -> str:
        """The name of the table it stands in."""
        return "neigh"

    def __str__(self) -> str:
        lladdr = f" lladdr {self.lladdr}" if self.lladdr else ""
        return f"{self.dst} dev {self.dev}{lladdr} {self.state}"

    def json(self) -> dict:
        """Return the object that ``ip -j neigh`` prints for this line."""
        out: dict = {"dst": self.dst, "dev": self.dev}
        if self.lladdr:
            out["lladdr"] = self.lladdr
        return {**out, "state": [self.state]}

    def argv(self) -> list[list[str]]:
        """Return ``ip neigh replace``."""
        return [
            [
                "ip",
                "neigh",
                "replace",
                self.dst,
                "dev",
                self.dev,
                "lladdr",
                str(self.lladdr),
                "nud",
                self.state.lower(),
            ]
        ]


class FdbEntry(NamedTuple):
    """A line of a forwarding database (``bridge fdb show``), of a bridge port or a VXLAN device."""

    mac: str
    ifname: str
    dst: str | None = None
    master: str | None = None
    flags: tuple[str, ...] = ()
    state: str = ""

    @property
    def table(self) -> str:
        """The name of the table it stands in."""
        return "fdb"

    def __str__(self) -> str:
        out = [self.mac, "dev", self.ifname]
        if self.dst:
            out += ["dst", self.dst]
        out += self.flags
        if self.master:
            out += ["master", self.master]
        if self.state:
            out.append(self.state)
        return " ".join(out)

    def json(self) -> dict:
        """Return the object that ``bridge -j fdb`` prints for this line."""
        out: dict = {"mac": self.mac, "ifname": self.ifname}
        if self.dst:
            out["dst"] = self.dst
        out["flags"] = list(self.flags)
        if self.master:
            out["master"] = self.master
        return {**out, "state": self.state}

    def argv(self) -> list[list[str]]:
        """Return ``bridge fdb append``."""
        dst = ["dst", self.dst] if self.dst else []
        return [
            [
                "bridge",
                "fdb",
                "append",
                self.mac,
                "dev",
                self.ifname,
                *dst,
                *self.flags,
                *([self.state] if self.state else []),
            ]
        ]


class RuleEntry(NamedTuple):
    """A netfilter rule, in the words of ``iptables-save``; ``spec`` is all after the chain.

    ``inserted`` rules stand before those that were there already (``iptables -I``); ``policy`` says that
    the rule is part of a network policy, so that what it drops is denied and what it marks is allowed.
    """

    chain_table: str
    chain: str
    spec: str
    inserted: bool = False
    policy: bool = False

    @property
    def table(self) -> str:
        """The name of the table it stands in."""
        return "iptables"

    def __str__(self) -> str:
        return f"-A {self.chain} {self.spec}"

    def argv(self) -> list[list[str]]:
        """Return the line for ``iptables-restore --noflush`` (table, then the rule)."""
        words = str(self).split(" ")
        return [["iptables", "-t", self.chain_table, "-I" if self.inserted else "-A", *words[1:]]]


class PolicyEntry(NamedTuple):
    """What happens to a packet that no rule of a built-in chain decided (``iptables -P``)."""

    chain_table: str
    chain: str
    target: str

    @property
    def table(self) -> str:
        """The name of the table it stands in."""
        return "iptables"

    def __str__(self) -> str:
        return f":{self.chain} {self.target} [0:0]"

    def argv(self) -> list[list[str]]:
        """Return ``iptables -P``."""
        return [["iptables", "-t", self.chain_table, "-P", self.chain, self.target]]


class SysctlEntry(NamedTuple):
    """A kernel setting (``sysctl KEY``)."""

    key: str
    value: str

    @property
    def table(self) -> str:
        """The name of the table it stands in."""
        return "sysctl"

    def __str__(self) -> str:
        return f"{self.key} = {self.value}"

    def argv(self) -> list[list[str]]:
        """Return ``sysctl -w``."""
        return [["sysctl", "-w", f"{self.key}={self.value}"]]


class SocketEntry(NamedTuple):
    """A listening socket (``ss -lntu``); ``process`` is the program or kernel part behind it."""

    protocol: str
    port: int
    process: str
    local: str = "0.0.0.0"

    @property
    def table(self) -> str:
        """The name of the table it stands in."""
        return "socket"

    def __str__(self) -> str:
        state = "LISTEN" if self.protocol == "tcp" else "UNCONN"
        return f"{self.protocol} {state} {self.local}:{self.port} {self.process}"

    def argv(self) -> list[list[str]]:
        """Return nothing: a socket belongs to a program, which the plan does not start."""
        return []


class ConntrackEntry(NamedTuple):
    """A tracked connection (``conntrack -L``): the packet's tuple and the reply's."""

    protocol: str
    src: str
    dst: str
    sport: int
    dport: int
    reply_src: str
    reply_dst: str
    reply_sport: int
    reply_dport: int

    @property
    def table(self) -> str:
        """The name of the table it stands in."""
        return "conntrack"

    def __str__(self) -> str:
        ports = ("id", "id") if self.protocol == "icmp" else ("sport", "dport")
        return (
            f"{self.protocol} src={self.src} dst={self.dst} {ports[0]}={self.sport} "
            f"{ports[1]}={self.dport} src={self.reply_src} dst={self.reply_dst} "
            f"{ports[0]}={self.reply_sport} {ports[1]}={self.reply_dport}"
        )

    def argv(self) -> list[list[str]]:
        """Return nothing: the kernel makes the entry when the first packet passes."""
        return []
