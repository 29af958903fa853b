"""Send what the model says a packet of, and wait as long as it says that something follows."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from packetwalk.capture.recording import Probe, Sent
from packetwalk.datapath.ip import FRAGMENT_TIME
from packetwalk.datapath.run import Run
from packetwalk.lab.kernel.patience import FACTOR
from packetwalk.lab.kernel.probing import Warm
from packetwalk.plan.operation import Operation
from packetwalk.proof.compare import frames
from packetwalk.tables import Absent, every_table, table_of
from packetwalk.trace.packet import Packet
from packetwalk.wire import Icmp

if TYPE_CHECKING:
    from packetwalk.lab.kernel.namespaces import Namespace
    from packetwalk.lab.kernel.record import Recorder

NEIGHBOUR_GIVEN_UP = 8.0 * FACTOR  # seconds: three questions, one a second (mcast_solicit), and time to spare
FRAGMENTS_GIVEN_UP = 30.0 + 4.0 * FACTOR  # seconds: net.ipv4.ipfrag_time, and time to spare
HURRIED = 0.2 * FACTOR  # seconds between two questions for a neighbour; three are less than SLOW
ANY = 1 << 30  # frames: more than ever come
SLOW = 0.9  # seconds in which every other frame has come; after one, ARP and TCP ask again


def unread(plan: Iterable[Operation]) -> tuple[str, ...]:
    """Return the files of a recording that nothing compares, or only where the plan has such tables."""
    planned = {table_of(each.entry) for each in plan if not isinstance(each.entry, Absent)}
    read = {table for table in every_table() if table.compared and (table.usual or table in planned)}
    return tuple(file for table in every_table() if table not in read for file in table.files)


def calm(namespaces: Iterable[Namespace]) -> None:
    """Let neighbours (``HURRIED``) and fragments (a second) be given up sooner, and no SYN-ACK be sent again."""
    for namespace in namespaces:
        namespace.inside(partial(_calm, namespace.devices()))


def _calm(devices: Iterable[str]) -> None:
    settings = Path("/proc/sys/net/ipv4")
    (settings / "ipfrag_time").write_text("1")
    (settings / "tcp_synack_retries").write_text("0")
    for device in devices:
        (settings / "neigh" / device / "retrans_time_ms").write_text(f"{HURRIED * 1000:.0f}")


class Order(NamedTuple):
    """What a sender is told of a packet: as ``Recorder.send`` takes it."""

    probe: Probe
    warm: Warm | None
    many: int
    limit: float
    closing: int
    pause: float


def order(name: str, packet: Packet, run: Run, before: Run | None, pause: float = 0) -> Order:
    """Return what is asked for a packet of which the model says ``run``, after one of which it says ``before``."""
    flow = run.traces[0].flow
    probe = Probe(f"{name}-{packet.label}", run.client, flow.dst, flow.dport or 0, packet)
    limit = NEIGHBOUR_GIVEN_UP if _gives_up(run) else FRAGMENTS_GIVEN_UP if _expires(run) else SLOW
    warm = _warm(before, packet) if before else None
    return Order(probe, warm, _frames(run), limit, _closing(run), pause)


def send(
    recorder: Recorder,
    name: str,
    packet: Packet,
    run: Run,
    before: Run | None,
    *,
    hurried: bool = False,
    pause: float = 0,
) -> Sent:
    """Send a packet of which the model says ``run``, after one of which it says ``before``.

    ``hurried`` says that neighbours are given up soon, and that this is waited for even where no frame tells it;
    ``pause`` are seconds between the two.
    """
    probe, warm, count, limit, closing, pause = order(name, packet, run, before, pause)
    if hurried:
        limit, count = SLOW + 1 if _expires(run) else SLOW, ANY if _gives_up(run) else count
        warm = warm._replace(frames=ANY) if warm and before and _gives_up(before) else warm
    return recorder.send(probe, warm, count, limit, closing=closing, pause=pause)


def _gives_up(run: Run) -> bool:
    return any(trace.disposition == "neighbor_unreachable" for trace in run.traces)


def _expires(run: Run) -> bool:
    """Say whether somebody tells that a packet never became whole."""
    errors = (trace.steps[0].after[1] for trace in run.traces if trace.name == "error")
    return any(isinstance(each, Icmp) and (each.type, each.code) == FRAGMENT_TIME for each in errors)


def _warm(before: Run, packet: Packet) -> Warm:
    """Return the packet before one, with what the model says of it."""
    flow = before.traces[0].flow
    answered = any(trace.name == "reply" for trace in before.traces)
    return Warm(flow.dst, Packet(flow.proto, sport=packet.sport - 1), _frames(before), answered)


def _frames(run: Run) -> int:
    return sum(1 for _ in frames.modelled(run))


def _closing(run: Run) -> int:
    """Return how many frames the end of a connection is: a reset, which goes the way of the handshake's last part."""
    ack = next((trace for trace in run.traces if trace.name == "ack"), None)
    return sum(1 for step in ack.frames() if step.dev != "lo") if ack else 0
