"""Send what the model says a packet of, and wait as long as it says that something follows."""

from __future__ import annotations

from collections.abc import Iterable

from packetwalk.capture.recording import Probe, Sent
from packetwalk.datapath.ip import FRAGMENT_TIME
from packetwalk.datapath.run import Run
from packetwalk.lab.kernel.patience import FACTOR
from packetwalk.lab.kernel.record import Recorder, Warm
from packetwalk.plan.cluster import OUTSIDE
from packetwalk.plan.operation import Operation
from packetwalk.proof.compare import frames
from packetwalk.tables import every_table, table_of
from packetwalk.trace.packet import Packet
from packetwalk.walks.network import Network
from packetwalk.walks.paths import KnownPaths
from packetwalk.wire import Icmp

NEIGHBOUR_GIVEN_UP = 8.0 * FACTOR  # seconds: three questions, one a second (mcast_solicit), and time to spare
FRAGMENTS_GIVEN_UP = 30.0 + 4.0 * FACTOR  # seconds: net.ipv4.ipfrag_time, and time to spare
SLOW = 0.9  # seconds in which every other frame has come; after one, ARP and TCP ask again


def unread(plan: Iterable[Operation]) -> tuple[str, ...]:
    """Return the files of a recording that nothing compares, or only where the plan has such tables."""
    planned = {table_of(operation.entry) for operation in plan}
    read = {table for table in every_table() if table.compared and (table.usual or table in planned)}
    return tuple(file for table in every_table() if table not in read for file in table.files)


def send(
    network: Network,
    recorder: Recorder,
    name: str,
    src: str,
    dst: str,
    packet: Packet,
    paths: KnownPaths,
) -> Sent:
    """Send a packet from an end to another, after one that warms the neighbours on its way.

    What it teaches of paths is added to ``paths``, which the packets before have taught.

    Where the packet itself finds no route, that one goes to a host outside: the kernel sends only
    five "network unreachable" in a row (``ip_rt_error_burst``).
    """
    run = network.send(src, dst, packet, paths=paths)
    paths.learn(run)
    flow = run.traces[0].flow
    probe = Probe(f"{name}-{packet.label}", run.client, flow.dst, flow.dport or 0, packet)
    warm = None
    if not packet.cold:
        lost = any(trace.disposition == "no_route" for trace in run.traces)
        warm = _warm(network, src, OUTSIDE if lost else flow.dst, probe)
    given_up = any(trace.disposition == "neighbor_unreachable" for trace in run.traces)
    limit = NEIGHBOUR_GIVEN_UP if given_up else FRAGMENTS_GIVEN_UP if _expires(run) else SLOW
    return recorder.send(probe, warm, _frames(run), limit, closing=_closing(run))


def _expires(run: Run) -> bool:
    """Say whether somebody tells that a packet never became whole."""
    errors = (trace.steps[0].after[1] for trace in run.traces if trace.name == "error")
    return any(isinstance(each, Icmp) and (each.type, each.code) == FRAGMENT_TIME for each in errors)


def _warm(network: Network, src: str, dst: str, probe: Probe) -> Warm:
    """Return the packet before one, with what the model says of it; TCP's would have an end that comes later."""
    goal = f"{dst}:{probe.dport}" if probe.dport else dst
    proto = "udp" if probe.packet.proto == "tcp" else probe.packet.proto
    packet = Packet(proto, sport=probe.packet.sport - 1)
    run = network.send(src, goal, packet)
    return Warm(dst, packet, _frames(run), any(trace.name == "reply" for trace in run.traces))


def _frames(run: Run) -> int:
    return sum(1 for _ in frames.modelled(run))


def _closing(run: Run) -> int:
    """Return how many frames the end of a connection is: a reset, which goes the way of the handshake's last part."""
    ack = next((trace for trace in run.traces if trace.name == "ack"), None)
    return sum(1 for step in ack.frames() if step.dev != "lo") if ack else 0
