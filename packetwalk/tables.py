"""The tables of a network namespace, entry by entry.

Every entry is an immutable value with the members that ``ip -j`` and ``bridge -j`` print;
``str(entry)`` is the line of the tool without ``-j``.  ``argv(netns)`` is the command that
makes the entry in a real kernel.  Lengths are bytes, times are absent.
"""

from __future__ import annotations

from typing import NamedTuple


class LinkEntry(NamedTuple):
    """A network device (``ip -d link show``).

    ``kind`` is ``veth``, ``bridge``, ``vxlan``, ``eth`` (a node's own card), ``lo`` or ``tun``.
    ``peer`` is (netns, device) of a veth's other end.  For ``eth``, ``segment`` names the
    Ethernet segment the card is plugged into.  ``creates`` is False for the end of a veth pair that
    the other end's command makes.
    """

    ifname: str
    kind: str
    mtu: int
    address: str
    master: str | None = None
    peer: tuple[str, str] | None = None
    segment: str | None = None
    hairpin: bool = False
    vni: int | None = None
    local: str | None = None
    link: str | None = None
    port: int | None = None
    proxy_arp: bool = False
    creates: bool = True

    table = "link"

    def __str__(self) -> str:
        parts = [f"{self.ifname}: mtu {self.mtu}"]
        if self.master:
            parts.append(f"master {self.master}")
        parts.append(f"link/ether {self.address}")
        if self.kind == "vxlan":
            parts.append(
                f"vxlan id {self.vni} local {self.local} dev {self.link} "
                f"srcport 0 0 dstport {self.port} nolearning"
            )
        elif self.kind != "eth":
            parts.append(self.kind)
        if self.hairpin:
            parts.append("hairpin on")
        return " ".join(parts)

    def json(self) -> dict:
        """Return the members that ``ip -j -d link`` prints and that the model knows."""
        out: dict = {"ifname": self.ifname, "mtu": self.mtu, "address": self.address}
        if self.master:
            out["master"] = self.master
        if self.kind == "vxlan":
            data = {"id": self.vni, "local": self.local, "link": self.link,
                    "port": self.port, "learning": False}
            out["linkinfo"] = {"info_kind": "vxlan", "info_data": data}
        elif self.kind != "eth":
            out["linkinfo"] = {"info_kind": self.kind}
        return out

    def argv(self) -> list[list[str]]:
        """Return the ``ip link`` commands that make this device; a veth is made with its peer."""
        name, made = self.ifname, []
        base = ["ip", "link", "add", name, "address", self.address, "mtu", str(self.mtu)]
        if self.kind == "bridge":
            made.append([*base, "type", "bridge"])
        elif self.kind == "vxlan":
            made.append([*base, "type", "vxlan", "id", str(self.vni), "local", str(self.local),
                         "dev", str(self.link), "dstport", str(self.port), "nolearning"])
        elif self.kind == "veth" and self.peer and not self.creates:
            made.append(["ip", "link", "set", name, "address", self.address, "mtu", str(self.mtu)])
        elif self.kind == "veth" and self.peer:
            netns, device = self.peer
            made.append([*base, "type", "veth", "peer", "name", device, "netns", netns])
        if self.master:
            made.append(["ip", "link", "set", name, "master", self.master])
            if self.hairpin:
                made.append(["bridge", "link", "set", "dev", name, "hairpin", "on"])
        return [*made, ["ip", "link", "set", name, "up"]]


class AddrEntry(NamedTuple):
    """An IPv4 address on a device (``ip addr show``)."""

    dev: str
    local: str
    prefixlen: int

    table = "addr"

    def __str__(self) -> str:
        return f"inet {self.local}/{self.prefixlen} scope global {self.dev}"

    def json(self) -> dict:
        """Return the member of ``addr_info`` that ``ip -j addr`` prints."""
        return {"family": "inet", "local": self.local, "prefixlen": self.prefixlen,
                "scope": "global", "label": self.dev}

    def argv(self) -> list[list[str]]:
        """Return ``ip addr add``; the kernel adds the local and connected routes itself."""
        return [["ip", "addr", "add", f"{self.local}/{self.prefixlen}", "dev", self.dev]]


class RouteEntry(NamedTuple):
    """A line of a routing table (``ip route show table TABLE``)."""

    dst: str
    dev: str | None = None
    gateway: str | None = None
    type: str = "unicast"
    protocol: str | None = None
    scope: str | None = None
    prefsrc: str | None = None
    metric: int = 0
    onlink: bool = False
    routes: str = "main"
    mtu: int | None = None

    table = "route"

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
        pairs = (("gateway", self.gateway), ("dev", self.dev),
                 ("table", self.routes if self.routes != "main" else None),
                 ("protocol", self.protocol), ("scope", self.scope), ("prefsrc", self.prefsrc),
                 ("metric", self.metric or None))
        out.update({key: value for key, value in pairs if value is not None})
        return {**out, "flags": ["onlink"] if self.onlink else []}

    def argv(self) -> list[list[str]]:
        """Return ``ip route add``."""
        table = [] if self.routes == "main" else ["table", self.routes]
        return [["ip", "route", "add", *self.words, *table]]


class NeighEntry(NamedTuple):
    """A neighbour (``ip neigh show``); ``lladdr`` None means it could not be resolved."""

    dst: str
    dev: str
    lladdr: str | None
    state: str = "REACHABLE"

    table = "neigh"

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
        return [["ip", "neigh", "replace", self.dst, "dev", self.dev,
                 "lladdr", str(self.lladdr), "nud", self.state.lower()]]


class FdbEntry(NamedTuple):
    """A line of a forwarding database (``bridge fdb show``), of a bridge port or a VXLAN device."""

    mac: str
    ifname: str
    dst: str | None = None
    master: str | None = None
    flags: tuple[str, ...] = ()
    state: str = ""

    table = "fdb"

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
        return [["bridge", "fdb", "append", self.mac, "dev", self.ifname, *dst,
                 *self.flags, *([self.state] if self.state else [])]]


class RuleEntry(NamedTuple):
    """A netfilter rule, in the words of ``iptables-save``; ``spec`` is all after the chain."""

    chain_table: str
    chain: str
    spec: str

    table = "iptables"

    def __str__(self) -> str:
        return f"-A {self.chain} {self.spec}"

    def argv(self) -> list[list[str]]:
        """Return the line for ``iptables-restore --noflush`` (table, then the rule)."""
        return [["iptables", "-t", self.chain_table, *str(self).split(" ")]]


class PolicyEntry(NamedTuple):
    """What happens to a packet that no rule of a built-in chain decided (``iptables -P``)."""

    chain_table: str
    chain: str
    target: str

    table = "iptables"

    def __str__(self) -> str:
        return f":{self.chain} {self.target} [0:0]"

    def argv(self) -> list[list[str]]:
        """Return ``iptables -P``."""
        return [["iptables", "-t", self.chain_table, "-P", self.chain, self.target]]


class SysctlEntry(NamedTuple):
    """A kernel setting (``sysctl KEY``)."""

    key: str
    value: str

    table = "sysctl"

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

    table = "socket"

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

    table = "conntrack"

    def __str__(self) -> str:
        ports = ("id", "id") if self.protocol == "icmp" else ("sport", "dport")
        return (f"{self.protocol} src={self.src} dst={self.dst} {ports[0]}={self.sport} "
                f"{ports[1]}={self.dport} src={self.reply_src} dst={self.reply_dst} "
                f"{ports[0]}={self.reply_sport} {ports[1]}={self.reply_dport}")

    def argv(self) -> list[list[str]]:
        """Return nothing: the kernel makes the entry when the first packet passes."""
        return []


Entry = (LinkEntry | AddrEntry | RouteEntry | NeighEntry | FdbEntry | RuleEntry | PolicyEntry
         | SysctlEntry | SocketEntry | ConntrackEntry)
