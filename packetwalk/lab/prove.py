"""Model against kernel: build a plan in both, send the same packet, compare the tables and each frame.

What is compared is a projection (``packetwalk.capture.projection``): devices, directions, sizes and
all header fields but those that somebody drew at random.  The order of frames is compared on each
device; between devices too, unless fragments overtake each other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from packetwalk import underlay, wire
from packetwalk.capture.projection import Reader, Seen
from packetwalk.cluster import OUTSIDE, Cluster
from packetwalk.cni import plugins
from packetwalk.datapath.run import Run
from packetwalk.errors import BadInput, LabError
from packetwalk.lab.build import WIRE, Lab, lacking
from packetwalk.lab.sniff import Sniffer
from packetwalk.lab.traffic import Servers, send
from packetwalk.network import Network
from packetwalk.plan import Operation
from packetwalk.scenario import SCENARIOS
from packetwalk.tables import SocketEntry
from packetwalk.trace import Trace

Alter = Callable[[list[Operation]], list[Operation]]
FIRST_PORT = 41000
IGMP = 2


class Packet(NamedTuple):
    """A kind of packet to prove with."""

    proto: str
    size: int | None
    df: bool

    @property
    def label(self) -> str:
        """A word for the table."""
        size = f" {self.size}" if self.size is not None else ""
        return f"{self.proto}{size}{' df' if self.df else ''}"


PACKETS = (
    Packet("icmp", 56, False),
    Packet("udp", 56, False),
    Packet("tcp", None, False),
    Packet("icmp", 3000, False),
)


class Result(NamedTuple):
    """What came of one comparison: ``proven``, ``differs`` or ``not here``, and why."""

    plugin: str
    mode: str
    scenario: str
    packet: str
    verdict: str
    detail: str = ""


def prove(
    plugin: str | None = None, mode: str | None = None, *, alter: Alter | None = None
) -> Iterator[Result]:
    """Compare model and kernel for all modes, a plugin's, or one; yield results as they come.

    ``alter`` changes the plan on its way into the kernel only: then the results must differ.
    BadInput for names that do not exist; LabError when no namespace can be made.
    """
    found = plugins()
    if plugin is not None and plugin not in found:
        raise BadInput("plugin", plugin, found)
    for each in found.values():
        if plugin in (None, each.name):
            chosen = each.modes if mode is None else [each.mode(mode)]
            for one in chosen:
                yield from _mode(each.name, one.name, alter)


def _mode(plugin: str, mode: str, alter: Alter | None) -> Iterator[Result]:
    for kind in ("flat", "routed"):
        network = Network(Cluster(underlay=kind), plugin, mode)
        plan = operations(network)
        missing = lacking(plan)
        if missing:
            yield Result(plugin, mode, "all", "all", "not here", missing)
            return
        try:
            with Lab(alter(plan) if alter else plan) as lab:
                yield from _tables(network, lab, kind)
                yield from _walks(network, lab, kind)
        except LabError as error:
            yield Result(plugin, mode, "all", "all", "differs", str(error))


def operations(network: Network) -> list[Operation]:
    """Return everything of a small cluster: nodes, pods, router and outside host."""
    made = [op for node in network.nodes for op in network.plan(node.name)]
    return [*made, *underlay.router_plan(network.cluster), *underlay.internet_plan()]


def _tables(network: Network, lab: Lab, kind: str) -> Iterator[Result]:
    """Compare the routing tables that the kernel has with the model's."""
    wrong = []
    for name, namespace in lab.netns.items():
        if name == WIRE:
            continue
        ours = sorted(str(route) for route in network.fabric.netns(name).routes if route.routes == "main")
        theirs = sorted(line.strip() for line in namespace.run(["ip", "route"]).splitlines())
        wrong += [f"{name}: kernel has '{line}'" for line in theirs if line not in ours]
        wrong += [f"{name}: kernel lacks '{line}'" for line in ours if line not in theirs]
    yield Result(
        network.plugin.name,
        network.mode.name,
        kind,
        "routes",
        "differs" if wrong else "proven",
        "; ".join(wrong[:2]),
    )


def _walks(network: Network, lab: Lab, kind: str) -> Iterator[Result]:
    sockets: dict[str, list[SocketEntry]] = {}
    for op in lab.plan:
        if isinstance(op.entry, SocketEntry):
            sockets.setdefault(op.netns, []).append(op.entry)
    servers = [Servers(lab.netns[name], entries) for name, entries in sockets.items()]
    taps = Sniffer({name: ns for name, ns in lab.netns.items() if name != WIRE})
    port = FIRST_PORT
    try:
        for scenario in SCENARIOS:
            for packet in PACKETS if scenario.underlay == kind else ():
                port += 2
                run = network.send(
                    scenario.src, scenario.dst, proto=packet.proto, size=packet.size, df=packet.df, sport=port
                )
                if _lost(run) and any(trace.name == "fragment" for trace in run.traces):
                    continue  # each fragment takes one of the five errors a router may send
                detail = _one(run, lab, taps, packet, port)
                yield Result(
                    network.plugin.name,
                    network.mode.name,
                    scenario.name,
                    packet.label,
                    "differs" if detail else "proven",
                    detail,
                )
    finally:
        taps.close()
        for server in servers:
            server.close()


def _one(run: Run, lab: Lab, taps: Sniffer, packet: Packet, port: int) -> str:
    """Send one packet in the kernel too; return the first difference, or nothing.

    Before it another one warms the neighbours, to a host outside where the packet itself finds no
    route: the kernel sends only five "network unreachable" in a row (``ip_rt_error_burst``).
    """
    flow, here = run.traces[0].flow, lab.netns[run.client]
    if _lost(run):
        send(here, OUTSIDE, 0)
    else:
        send(here, flow.dst, flow.dport, proto=packet.proto, sport=port - 1)
    taps.collect()
    send(here, flow.dst, flow.dport, proto=packet.proto, size=packet.size or 0, df=packet.df, sport=port)
    known = (port, flow.dport, 80, 8080, 8472, 4789)
    return difference(list(_model(run.traces)), list(_kernel(taps.collect())), known)


def _lost(run: Run) -> bool:
    return any(trace.disposition == "no_route" for trace in run.traces)


def _model(traces: Iterable[Trace]) -> Iterator[Seen]:
    steps = sorted((step for trace in traces for step in trace.steps), key=lambda s: s.seq)
    for step in steps:
        if step.event in ("ingress", "egress") and step.dev not in (None, "lo"):
            way = "in" if step.event == "ingress" else "out"
            yield Seen(step.netns, step.dev or "", way, step.after, b"")


def _kernel(seen: Iterable) -> Iterator[Seen]:
    """Return the frames that belong to the walk: no IGMP, no ARP, nothing after the handshake."""
    for each in seen:
        try:
            stack = wire.decode(each.frame)
        except ValueError:
            continue
        head = stack[1] if len(stack) > 1 else None
        tcp = next((h for h in stack if isinstance(h, wire.Tcp)), None)
        if isinstance(head, wire.Ipv4) and head.protocol != IGMP and not (tcp and set(tcp.flags) & set("FR")):
            yield Seen(each.netns, each.dev, each.direction, stack, each.frame)


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


def table(results: Iterable[Result]) -> str:
    """Return results as lines: one a mode when all of it is proven, else each difference."""
    out: list[str] = []
    by_mode: dict[tuple[str, str], list[Result]] = {}
    for result in results:
        by_mode.setdefault((result.plugin, result.mode), []).append(result)
    for (plugin, mode), mine in by_mode.items():
        proven = sum(result.verdict == "proven" for result in mine)
        absent = [result for result in mine if result.verdict == "not here"]
        wrong = [result for result in mine if result.verdict == "differs"]
        if absent:
            text = f"not in this kernel: {absent[0].detail}"
        else:
            text = f"{proven} of {len(mine)} comparisons proven in this kernel"
        out.append(f"{plugin:<9}{mode:<21}{text}")
        out += [f"  {r.scenario}, {r.packet}: {r.detail}" for r in wrong]
    return "\n".join(out)
