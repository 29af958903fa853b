"""The packet before one in a lab: it makes the neighbours on the way known."""

from __future__ import annotations

from packetwalk.datapath.run import Run
from packetwalk.plan.cluster import OUTSIDE
from packetwalk.trace.packet import Packet
from packetwalk.walks.network import Network
from packetwalk.walks.paths import KnownPaths


def before(network: Network, src: str, packet: Packet, run: Run) -> Run | None:
    """Return what the model says of the packet that goes before ``packet``, of which it says ``run``.

    None before one that is to be the first.  Where the packet itself finds no route, that one goes to a host
    outside: the kernel sends only five "network unreachable" in a row (``ip_rt_error_burst``).  TCP's would have
    an end that comes later.
    """
    if packet.cold:
        return None
    flow = run.traces[0].flow
    lost = any(trace.disposition == "no_route" for trace in run.traces)
    address = OUTSIDE if lost else flow.dst
    proto = "udp" if packet.proto == "tcp" else packet.proto
    goal = f"{address}:{flow.dport}" if flow.dport else address
    return network.send(src, goal, Packet(proto, sport=packet.sport - 1))


def learn(paths: KnownPaths, network: Network, src: str, packet: Packet, run: Run) -> None:
    """Take over what a packet taught, and the one before it where the packet itself did not leave its machine."""
    if not any(step.event == "egress" for step in run.traces[0].steps):
        earlier = before(network, src, packet, run)
        if earlier:
            paths.learn(earlier)
    paths.learn(run)
