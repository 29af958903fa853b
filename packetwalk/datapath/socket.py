"""What sockets do with packets: take one in, answer it, know an answer."""

from __future__ import annotations

from typing import NamedTuple

from packetwalk import wire
from packetwalk.datapath import ip as ip_layer
from packetwalk.datapath import pmtu
from packetwalk.datapath.netns import Netns
from packetwalk.datapath.run import Run, Skb
from packetwalk.tables import Entry
from packetwalk.trace.step import Flow


class SocketHeader(NamedTuple):
    """What a socket writes into IP headers: time to live (IP_TTL; 0 is the machine's default), type of service (IP_TOS)."""

    ttl: int = 0
    tos: int = 0


USUAL = SocketHeader()


def accept(run: Run, ns: Netns, skb: Skb, dev: str, note: tuple, entry: Entry | None = None) -> None:
    """End a packet's trace here: it has arrived."""
    run.emit(ns, skb, "deliver", dev, entry, note)
    run.end(skb, "delivered")


def answer(
    run: Run,
    ns: Netns,
    skb: Skb,
    name: str,
    l4: tuple[wire.Header, ...],
    note: tuple,
    *,
    df: bool,
    written: SocketHeader = USUAL,
    bound: bool = True,
) -> None:
    """Send ``l4`` back to where a packet came from.

    A socket that is not ``bound`` to an address answers from the one that the route to the asker has
    (``udp_sendmsg``), the others from the address that was asked.

    ``df`` asks for DF as a socket does by default (IP_PMTUDISC_WANT): only if the packet fits and the route's
    MTU is not locked (``ip_dont_fragment``); ``written`` is what the socket asks for besides.  What came for many
    is answered by one of the machine's own addresses.
    """
    source, ip = skb.flight.flow, skb.ip
    route = ns.fib.lookup(ip.src, src=ip.dst if bound else "")
    length = wire.size(l4) + ns.family.header
    reached = route is not None and route.dev != ""
    asked = bound and not ns.fib.is_for_many(ip.dst)
    src = ip.dst if asked or not reached else ns.source_for(route, ip.src)
    fits = reached and route is not None and length <= pmtu.of_path(run, ns, route, ip.src)
    fits = fits and not (route is not None and pmtu.is_locked(run, ns, route, ip.src))
    flow = Flow(src, ip.src, source.proto, *_ports(l4[0]))
    flight = run.flight(name, flow, run.here(skb))
    header = ns.family.packet(
        src, ip.src, ip.protocol, written.ttl or ns.default_ttl, df=df and fits, tos=written.tos
    )
    reply = Skb(flight, (ns.family.labelled(header, flow), *l4), 0)
    run.emit(ns, reply, "originate", None, None, note)
    ip_layer.originate(run, ns, reply, bound=bound)


def _ports(l4: wire.Header) -> tuple[int, int]:
    return (l4.sport, l4.dport) if isinstance(l4, (wire.Udp, wire.Tcp)) else (0, 0)


def expected(run: Run, ns: Netns, skb: Skb) -> bool:
    """Say whether the packet answers what this machine's client sent first in this walk."""
    if ns.name != run.client:
        return False
    first, l4 = run.flights[0].flow, skb.stack[skb.at + 1]
    return (skb.ip.src, l4.sport, l4.dport) == (first.dst, first.dport, first.sport)
