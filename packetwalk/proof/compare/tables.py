"""The tables of every namespace, line by line, in model and recording."""

from __future__ import annotations

import re
from collections.abc import Iterator

from packetwalk.capture.recording import Place, Recording
from packetwalk.datapath.netns import Netns
from packetwalk.tables import ChainPolicy, LinkEntry, SysctlEntry
from packetwalk.tables.address import ADDRESSES
from packetwalk.tables.fdb import FORWARDING
from packetwalk.tables.iptables import IPTABLES
from packetwalk.tables.link import LINKS
from packetwalk.tables.neighbour import NEIGHBOURS
from packetwalk.tables.route import ROUTES
from packetwalk.tables.xfrm import POLICIES, STATES
from packetwalk.walks.network import Network

TABLES = (
    "link",
    "addr",
    "route",
    "rule",
    "neigh",
    "fdb",
    "iptables",
    "wg",
    "xfrm-policy",
    "xfrm-state",
    "sysctl",
)
MASKS = {
    "links": "A node's card is a veth in namespaces. The numbers of devices are the kernel's own. "
    "Of a device with a stand-in only the name and the MTU are compared. A `tunl0` that nobody asked for is "
    "left out: the kernel makes one in each namespace as soon as it has the module.",
    "CNI plugins": "Where they attach the pods themselves, the name of a host end and the MACs, which they or the "
    "kernel draw at random, are set to the plan's before packets are sent.",
    "neighbours, forwarding": "Only what was written down is compared as a table; what is learnt shows in "
    "the deciding lines. A bridge's own MAC is left out: not every kernel lists it.",
    "wg": "The allowed addresses of each peer are compared. Its keys are the lab's own: those of the plan are "
    "names, of which nobody knows a private half.",
    "xfrm": "How far an agreement has counted its packets is left out.",
    "iptables": "The order of rules within each chain is compared, not the order of the chains.",
    "ip rule": "The kernel's own rule 32767, for the empty table `default`, is left out.",
}
DEFAULT = 32767
FALLBACK = "tunl0"


def differences(network: Network, recording: Recording) -> Iterator[str]:
    """Yield each line that only one of the two has, as text."""
    emulated = set(recording.about.get("emulated") or ())
    for place in recording.places:
        model = network.fabric.netns(place.netns)
        played = {link.ifname for link in model.links.values() if link.kind in emulated}
        for table in TABLES:
            theirs, ours = _recorded(place, table, played), _modelled(model, table, place, played)
            if table == "link" and theirs and FALLBACK not in model.links:
                theirs = [line for line in theirs if not line.startswith(f"{FALLBACK} ")]
            if theirs is None:
                continue
            for line in _without(theirs, ours):
                yield f"{table}, {place.netns}: kernel has '{line}'"
            for line in _without(ours, theirs):
                yield f"{table}, {place.netns}: kernel lacks '{line}'"
            if table == "iptables" and sorted(ours) == sorted(theirs):
                yield from _order(place.netns, ours, theirs)


def _without(some: list[str], others: list[str]) -> list[str]:
    left = list(others)
    out = []
    for line in some:
        if line in left:
            left.remove(line)
        else:
            out.append(line)
    return out


def _order(netns: str, ours: list[str], theirs: list[str]) -> Iterator[str]:
    """Yield the first rule of each chain that stands elsewhere."""
    told = set()
    mine, other = (sorted(lines, key=_chain) for lines in (ours, theirs))
    for a, b in zip(mine, other, strict=True):
        if a != b and _chain(a) not in told:
            told.add(_chain(a))
            yield f"iptables, {netns}: kernel has '{b}' where the model has '{a}'"


def _chain(line: str) -> str:
    return " ".join(line.split(" ", 3)[:3])


def _recorded(place: Place, table: str, played: set[str]) -> list[str] | None:
    """Return the lines of a recorded table; None when it was not recorded."""
    match table:
        case "link":
            return [_link(link, link.ifname in played) for link in place.entries(LINKS) if link.kind != "lo"]
        case "addr":
            return [str(each) for each in place.entries(ADDRESSES)]
        case "route":
            return [f"{each.table}: {each}" for each in place.entries(ROUTES)]
        case "rule":
            printed = place.printed("rule.json")
            return [
                f"{rule['priority']} {rule.get('fwmark', '')} {rule['table']}"
                for rule in printed
                if rule["priority"] != DEFAULT
            ]
        case "neigh":
            return [str(each) for each in place.entries(NEIGHBOURS) if each.state == "PERMANENT"]
        case "fdb":
            return [
                str(each)
                for each in place.entries(FORWARDING)
                if each.state == "permanent" and each.ifname != each.master
            ]
        case "iptables" if "iptables.txt" in place.files:
            return [
                f"{rule.chain_table} {rule}"
                for rule in place.entries(IPTABLES)
                if not isinstance(rule, ChainPolicy)
            ]
        case "wg" if "wireguard.txt" in place.files:
            columns = [line.split("\t") for line in place.files["wireguard.txt"].splitlines()]
            return [f"{dev} allowed ips {allowed}" for dev, _, allowed in columns]
        case "xfrm-policy" | "xfrm-state" if f"{table}.txt" in place.files:
            return _agreements(place.files[f"{table}.txt"])
        case "sysctl" if "sysctl.txt" in place.files:
            return [line for line in place.files["sysctl.txt"].splitlines() if " = " in line]
    return None


def _modelled(model: Netns, table: str, place: Place, played: set[str]) -> list[str]:
    match table:
        case "link":
            return [_link(link, link.ifname in played) for link in model.links.values() if link.kind != "lo"]
        case "addr":
            return [str(each) for each in model.addrs]
        case "route":
            return [f"{each.table}: {each}" for each in model.entries(ROUTES)]
        case "rule":
            return [
                f"{rule.priority} {hex(rule.fwmark[0]) if rule.fwmark else ''} {rule.lookup}"
                for rule in model.fib.rules
            ]
        case "neigh":
            return [str(each) for each in model.neighs.values()]
        case "fdb":
            return [str(each) for each in model.fdb.values() if each.ifname != each.master]
        case "iptables":
            return [
                f"{rule.chain_table} {rule}"
                for rule in model.entries(IPTABLES)
                if not isinstance(rule, ChainPolicy)
            ]
        case "wg":
            return [
                f"{peer.dev} allowed ips {' '.join(peer.allowed_ips) or '(none)'}" for peer in model.peers
            ]
        case "xfrm-policy":
            return [_flat(str(each)) for each in model.entries(POLICIES)]
        case "xfrm-state":
            return [_flat(str(each)) for each in model.entries(STATES)]
    lines = place.files.get("sysctl.txt", "").splitlines()
    out = []
    for line in lines:
        key, equals, value = line.partition(" = ")
        if equals:
            out.append(str(SysctlEntry(key, model.sysctl(key, value))))
    return out


def _flat(line: str) -> str:
    return " ".join(line.replace("\\", " ").split())


def _agreements(printed: str) -> list[str]:
    """Return what ``ip xfrm`` printed, each policy or state on a line, without its counts."""
    blocks = re.split(r"^(?=src )", printed, flags=re.MULTILINE)
    return [" ".join(block.partition("anti-replay")[0].split()) for block in blocks if block.strip()]


def _link(link: LinkEntry, played: bool) -> str:
    """Return a device as text: a node's card is a veth in the lab, a stand-in's has only its MTU."""
    if played:
        return f"{link.ifname} mtu {link.mtu}"
    kind = "veth" if link.kind == "eth" else link.kind
    parts = [link.ifname, kind, f"mtu {link.mtu}", link.address, f"master {link.master}"]
    if link.hairpin:
        parts.append("hairpin")
    if link.kind == "vxlan":
        parts += [f"id {link.vni}", f"local {link.local}", f"dev {link.link}", f"port {link.port}"]
    if link.kind == "ipip":
        parts.append(f"local {link.local}")
    return " ".join(parts)
