"""Whole tables as the tools print them, with the place of the line that decided a step."""

from __future__ import annotations

from collections.abc import Iterable

from packetwalk.datapath.netns import iptables_save, sorted_routes
from packetwalk.tables import (
    ChainPolicy,
    ConntrackEntry,
    Entry,
    FdbEntry,
    IpRule,
    IpSet,
    IptablesRule,
    LinkEntry,
    Made,
    NeighEntry,
    RouteEntry,
    SocketEntry,
    SysctlEntry,
    WireguardPeer,
)
from packetwalk.trace.step import Step
from packetwalk.walks.known import Known, Tables

LEARNT = {NeighEntry: "kernel (ARP)", FdbEntry: "kernel (learnt)", ConntrackEntry: "kernel"}


class Listings:
    """The tables a walk consulted; ``tables`` maps an id to command and lines."""

    def __init__(self, run: Known) -> None:
        self.run = run
        self.tables: dict[str, dict] = {}

    def cite(self, step: Step) -> dict | None:
        """Return the deciding entry with its line, its table, and who wrote it."""
        entry = step.entry
        if entry is None:
            return None
        ns = self.run.netns(step.netns)
        name, command, lines = listing(ns, entry, self.run)
        line = _line(entry)
        key = f"{ns.name}/{name}"
        if key not in self.tables:
            self.tables[key] = {"netns": ns.name, "kind": entry.table, "command": command, "lines": lines}
        lines = self.tables[key]["lines"]
        learnt = entry.by if isinstance(entry, Made) else LEARNT.get(type(entry), "kernel")
        by, source = ns.origin.get(entry, (learnt, ""))
        return {
            "table": entry.table,
            "line": line,
            "id": key,
            "index": lines.index(line) if line in lines else None,
            "by": by,
            "source": source,
        }

    def source(self, step: Step) -> str | None:
        """Return the pointer to the source of the deciding entry."""
        if step.entry is None:
            return None
        return self.run.netns(step.netns).origin.get(step.entry, ("", ""))[1] or None

    def topology(self, steps: Iterable[Step]) -> list[dict]:
        """Return the namespaces of a walk in the order of the way, with their devices."""
        out: list[dict] = []
        for name in dict.fromkeys(step.netns for step in steps):
            ns = self.run.netns(name)
            devices: list[dict] = [
                {
                    "name": link.ifname,
                    "kind": link.kind,
                    "mtu": link.mtu,
                    "mac": link.address,
                    "master": link.master,
                    "addresses": [f"{a.local}/{a.prefixlen}" for a in ns.addrs if a.dev == link.ifname],
                }
                for link in ns.links.values()
                if link.kind != "lo"
            ]
            address = next((a["addresses"][0].split("/")[0] for a in devices if a["addresses"]), "")
            out.append(
                {
                    "netns": name,
                    "node": ns.node,
                    "kind": ns.kind,
                    "label": ns.label,
                    "address": address,
                    "devices": devices,
                }
            )
        return out


def _line(entry: Entry) -> str:
    return str(entry)


def listing(ns: Tables, entry: Entry, run: Known | None = None) -> tuple[str, str, list[str]]:
    """Return (name, command, lines) of the table that ``entry`` stands in."""
    match entry:
        case RouteEntry():
            table = entry.routes
            suffix = "" if table == "main" else f" show table {table}"
            routes = [r for r in sorted_routes(ns.routes) if r.routes == table]
            return f"route/{table}", f"ip route{suffix}", [str(r) for r in routes]
        case NeighEntry():
            return "neigh", "ip neigh", [str(n) for n in neighbours(ns, run)]
        case FdbEntry():
            bridge = entry.master or entry.ifname
            word = "br" if entry.master else "dev"
            return (
                f"fdb/{bridge}",
                f"bridge fdb show {word} {bridge}",
                [str(f) for f in forwarding(ns, bridge, run)],
            )
        case IptablesRule() | ChainPolicy():
            table = entry.chain_table
            return (
                f"iptables/{table}",
                f"iptables-save -t {table}",
                iptables_save(
                    [r for r in ns.rules if r.chain_table == table], policies(ns, table)
                ).splitlines(),
            )
        case IpRule():
            return "rule", "ip rule", [str(rule) for rule in ns.fib.rules]
        case WireguardPeer():
            peers = [str(peer) for peer in ns.peers if peer.dev == entry.dev]
            return f"wg/{entry.dev}", f"wg show {entry.dev}", peers
        case IpSet():
            return "ipset", "ipset list", [str(each) for each in ns.sets.values()]
        case LinkEntry():
            return "link", "ip -d link", [str(link) for link in ns.links.values()]
        case SocketEntry():
            return "socket", "ss -lntu", [str(socket) for socket in ns.sockets.values()]
        case SysctlEntry():
            return f"sysctl/{entry.key}", f"sysctl {entry.key}", [str(entry)]
        case ConntrackEntry():
            return f"conntrack/{entry}", "conntrack -L", [str(entry)]
        case Made():
            return entry.table, entry.command, [str(each) for each in made(ns, entry.table, run)]
    return "addr", "ip addr", [str(addr) for addr in ns.addrs]


def made(ns: Tables, table: str, run: Known | None) -> list[Entry]:
    """Return a program's table: what it knew before, then what it learnt in this walk."""
    learnt = (
        [entry for (name, kind, *_), entry in run.state.items() if (name, kind) == (ns.name, table)]
        if run
        else []
    )
    return list(dict.fromkeys([*ns.tables.get(table, ()), *learnt]))


def neighbours(ns: Tables, run: Known | None) -> list[NeighEntry]:
    """Return the neighbours: written down, then what this walk asked for."""
    asked = [n for (name, *_), n in run.neighs.items() if name == ns.name] if run else []
    return sorted({*ns.neighs.values(), *asked}, key=lambda n: (n.dev, n.dst))


def forwarding(ns: Tables, bridge: str, run: Known | None) -> list[FdbEntry]:
    """Return a bridge's or a VXLAN device's FDB: written down, then learnt in this walk."""
    learnt = [f for (name, br, _), f in run.learnt.items() if (name, br) == (ns.name, bridge)] if run else []
    return sorted(
        {*(f for (br, _), f in ns.fdb.items() if br == bridge), *learnt}, key=lambda f: (f.ifname, f.mac)
    )


def policies(ns: Tables, table: str) -> list[ChainPolicy]:
    """Return the built-in chains of a table with their policies, ACCEPT unless set."""
    chains = {
        "raw": ("PREROUTING", "OUTPUT"),
        "mangle": ("PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING"),
        "nat": ("PREROUTING", "INPUT", "OUTPUT", "POSTROUTING"),
        "filter": ("INPUT", "FORWARD", "OUTPUT"),
    }[table]
    known = {p.chain: p for p in ns.policies if p.chain_table == table}
    return [known.get(chain, ChainPolicy(table, chain, "ACCEPT")) for chain in chains]
