"""Model against recording: the tables of every namespace, and every frame of every packet.

What is compared of a frame is a projection (``packetwalk.capture.projection``): devices, directions,
sizes and all header fields but those that somebody drew at random.  The order of frames is compared on
each device; between devices too, unless fragments overtake each other.  Where the recording comes from
(this kernel, a guest's, a folder) makes no difference.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from packetwalk.capture.frames import Frame
from packetwalk.capture.projection import Reader, Seen
from packetwalk.capture.recording import Place, Recording, Sent
from packetwalk.capture.stitch import stitch
from packetwalk.datapath.netns import Netns
from packetwalk.datapath.run import Run
from packetwalk.network import Network
from packetwalk.tables import LinkEntry, PolicyEntry, SysctlEntry
from packetwalk.trace import Trace
from packetwalk.wire import Ipv4, Tcp, Wireguard

TABLES = ("link", "addr", "route", "rule", "neigh", "fdb", "iptables", "sysctl")
IGMP = 2
KERNEL_PORTS = (80, 8080, 8472, 4789)
MASKS = {
    "link": "A node's card is a veth in the lab. The numbers of devices are the kernel's own.",
    "neigh, fdb": "Only what was written down is compared as a table; what is learnt shows in the frames.",
    "iptables": "The order of rules within each chain is compared, not the order of the chains.",
    "frame": "Identifiers of IP packets and of echo requests, initial sequence numbers, windows after the "
    "handshake, timestamps, the source port of a tunnel, and checksums over these: random or the clock's.",
    "IGMP, IPv6": "Frames that the kernel sends by itself are left out; so are the segments that close a "
    "TCP connection after the handshake.",
    "handshake": "WireGuard's handshake and keepalive messages are left out: only its data is modelled.",
}
"""What is not compared, and why."""


class Difference(NamedTuple):
    """Where model and recording differ: ``what`` is a table or a packet's name, ``detail`` one line."""

    what: str
    detail: str


def compare_tables(network: Network, recording: Recording) -> Iterator[Difference]:
    """Yield each line that only one of the two has."""
    for place in recording.places:
        model = network.fabric.netns(place.netns)
        for table in TABLES:
            theirs, ours = _recorded(place, table), _modelled(model, table, place)
            if theirs is None:
                continue
            for line in _without(theirs, ours):
                yield Difference(table, f"{place.netns}: kernel has '{line}'")
            for line in _without(ours, theirs):
                yield Difference(table, f"{place.netns}: kernel lacks '{line}'")
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


def _order(netns: str, ours: list[str], theirs: list[str]) -> Iterator[Difference]:
    """Yield the first rule of a chain that stands elsewhere."""
    chains = dict.fromkeys(_chain(line) for line in ours)
    for chain in chains:
        mine, other = ([x for x in lines if _chain(x) == chain] for lines in (ours, theirs))
        for a, b in zip(mine, other, strict=True):
            if a != b:
                yield Difference("iptables", f"{netns}: kernel has '{b}' where the model has '{a}'")
                break


def _chain(line: str) -> str:
    return " ".join(line.split(" ", 3)[:3])


def _recorded(place: Place, table: str) -> list[str] | None:
    """Return the lines of a recorded table; None when it was not recorded."""
    match table:
        case "link":
            return [_link(link) for link in place.links() if link.kind != "lo"]
        case "addr":
            return [str(each) for each in place.addresses()]
        case "route":
            return [f"{each.routes}: {each}" for each in place.routes()]
        case "rule":
            printed = place.printed("rule.json")
            return [f"{rule['priority']} {rule.get('fwmark', '')} {rule['table']}" for rule in printed]
        case "neigh":
            return [str(each) for each in place.neighbours() if each.state == "PERMANENT"]
        case "fdb":
            return [str(each) for each in place.forwarding() if each.state == "permanent"]
        case "iptables" if "iptables.txt" in place.files:
            return [
                f"{rule.chain_table} {rule}" for rule in place.rules() if not isinstance(rule, PolicyEntry)
            ]
        case "sysctl" if "sysctl.txt" in place.files:
            return [line for line in place.files["sysctl.txt"].splitlines() if " = " in line]
    return None


def _modelled(model: Netns, table: str, place: Place) -> list[str]:
    match table:
        case "link":
            return [_link(link) for link in model.links.values() if link.kind != "lo"]
        case "addr":
            return [str(each) for each in model.addrs]
        case "route":
            return [f"{each.routes}: {each}" for each in model.routes]
        case "rule":
            return [
                f"{rule.priority} {hex(rule.fwmark[0]) if rule.fwmark else ''} {rule.lookup}"
                for rule in model.fib.rules
            ]
        case "neigh":
            return [str(each) for each in model.neighs.values()]
        case "fdb":
            return [str(each) for each in model.fdb.values()]
        case "iptables":
            return [f"{rule.chain_table} {rule}" for rule in model.rules]
    lines = place.files.get("sysctl.txt", "").splitlines()
    out = []
    for line in lines:
        key, equals, value = line.partition(" = ")
        if equals:
            out.append(str(SysctlEntry(key, model.sysctl(key, value))))
    return out


def _link(link: LinkEntry) -> str:
    """Return a device as text: a node's card is a veth in the lab."""
    kind = "veth" if link.kind == "eth" else link.kind
    parts = [link.ifname, kind, f"mtu {link.mtu}", link.address, f"master {link.master}"]
    if link.hairpin:
        parts.append("hairpin")
    if link.kind == "vxlan":
        parts += [f"id {link.vni}", f"local {link.local}", f"dev {link.link}", f"port {link.port}"]
    return " ".join(parts)


def compare_packet(run: Run, sent: Sent) -> str:
    """Return the first frame in which model and recording differ, as text; empty when there is none."""
    known = (sent.sport, sent.dport, *KERNEL_PORTS)
    return difference(list(_model(run.traces)), list(_kernel(sent.frames)), known)


def compare_walk(run: Run, recording: Recording, sent: Sent) -> str:
    """Return a deciding line that only the model or only the stitched recording cites; empty if none.

    Routes, neighbours and forwarding entries of all steps are compared, ARP's own steps left out.
    """
    theirs = _cited(stitch(recording, sent))
    ours = _cited(run.traces)
    for line in sorted(theirs - ours):
        return f"only the recording's tables explain a step by {line}"
    return ""


def _cited(traces: Iterable[Trace]) -> set[str]:
    return {
        f"{step.netns}: {_settled(str(step.entry))}"
        for trace in traces
        if trace.name not in ("arp", "copy", "close")
        for step in trace.steps
        if step.entry is not None and step.entry.table in ("route", "neigh", "fdb")
    }


def _settled(line: str) -> str:
    """Return a line without the state of a neighbour, which time changes."""
    for state in ("REACHABLE", "STALE", "DELAY", "PROBE"):
        line = line.removesuffix(f" {state}")
    return line


def _model(traces: Iterable[Trace]) -> Iterator[Seen]:
    steps = sorted((step for trace in traces for step in trace.steps), key=lambda s: s.seq)
    for step in steps:
        if step.event in ("ingress", "egress") and step.dev not in (None, "lo"):
            way = "in" if step.event == "ingress" else "out"
            yield Seen(step.netns, step.dev or "", way, step.after, b"")


def _kernel(frames: Iterable[Frame]) -> Iterator[Seen]:
    """Return the frames that belong to the walk: no IGMP, no ARP, nothing after the handshake."""
    for each in frames:
        try:
            stack = each.stack
        except ValueError:
            continue
        head = next((header for header in stack if isinstance(header, Ipv4)), None)
        tcp = next((header for header in stack if isinstance(header, Tcp)), None)
        if head is None or head.protocol == IGMP or (tcp and set(tcp.flags) & set("FR")):
            continue
        if any(isinstance(header, Wireguard) and header.type != 4 for header in stack):
            continue
        yield Seen(each.netns, each.dev, each.direction, stack, each.data)


def difference(model: list[Seen], kernel: list[Seen], known: Iterable[int]) -> str:
    """Return the first frame in which two walks differ, as text; empty when there is none."""
    mine, theirs = _lines(model, known), _lines(kernel, known)
    for place in sorted({*mine, *theirs}):
        ours, other = mine.get(place, []), theirs.get(place, [])
        for number in range(max(len(ours), len(other))):
            a = ours[number] if number < len(ours) else "nothing"
            b = other[number] if number < len(other) else "nothing"
            if a != b:
                return f"{' '.join(place)}: model {a}; kernel {b}"
    return ""


def _lines(frames: list[Seen], known: Iterable[int]) -> dict[tuple, list[str]]:
    """Return the projected frames of each device and direction, in order."""
    reader = Reader({}, known, ids=False)
    out: dict[tuple, list[str]] = {}
    for frame in frames:
        text = reader.line(frame).split(" ", 3)[-1]
        out.setdefault((frame.netns, frame.dev, frame.direction), []).append(text)
    return out


