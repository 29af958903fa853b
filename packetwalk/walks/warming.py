"""The packet before one in a lab: it makes the neighbours on the way known."""

from __future__ import annotations

from packetwalk.datapath.run import Run
from packetwalk.plan.cluster import INTERNET
from packetwalk.trace.packet import Packet
from packetwalk.walks.network import Network
from packetwalk.walks.paths import KnownPaths


def send(network: Network, src: str, dst: str, packet: Packet, paths: KnownPaths) -> tuple[Run, Run | None]:
    """Return what the model says of a packet, and of the one before it; what both teach is added to ``paths``.

    None goes before one whose socket has sent there already.
    """
    socket = src, dst, packet.proto, packet.sport
    known = paths.sockets.get(socket)
    after = known or (paths.ports.get(packet.sport) if packet.proto == "udp" else None)
    run = network.send(src, dst, packet, paths=paths, after=after)
    earlier = None if known else before(network, src, packet, run, paths)
    if earlier:
        paths.learn(earlier)
        run = network.send(src, dst, packet, paths=paths, after=after)
    paths.learn(run)
    if packet.proto != "tcp":  # a connection's end is not walked
        paths.sockets[socket] = run
    if packet.proto == "udp":
        paths.ports[packet.sport] = run
    return run, earlier


def before(network: Network, src: str, packet: Packet, run: Run, paths: KnownPaths) -> Run | None:
    """Return what the model says of the packet that goes before ``packet``, of which it says ``run``.

    None before one that is to be the first.  Where the packet itself finds no route, that one goes to a host
    outside: the kernel sends only five "network unreachable" in a row (``ip_rt_error_burst``); what an answer
    meets is not known before its question has come.  TCP's would have an end that comes later.
    """
    if packet.cold:
        return None
    flow = run.traces[0].flow
    lost = run.traces[0].disposition == "no_route"
    address = network.end(INTERNET).address if lost else flow.dst
    proto = "udp" if packet.proto == "tcp" else packet.proto
    bracketed = f"[{address}]" if ":" in address else address
    goal = f"{bracketed}:{flow.dport}" if flow.dport else address
    return network.send(src, goal, Packet(proto, sport=packet.sport - 1), paths=paths)
