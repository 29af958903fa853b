"""What the target REJECT sends: an ICMP error, or a reset as if the addressee had sent it.

Mirrors ``reject_tg`` of net/ipv4/netfilter/ipt_REJECT.c with ``nf_send_unreach`` and ``nf_send_reset``.
"""

from __future__ import annotations

from packetwalk import wire
from packetwalk.datapath import ip as ip_layer
from packetwalk.datapath import link, local
from packetwalk.datapath.netns import Netns
from packetwalk.datapath.rule import REJECTS
from packetwalk.datapath.run import Run, Skb
from packetwalk.trace.step import Flow

RESET = "tcp-reset"


def answer(run: Run, ns: Netns, skb: Skb, argument: str, hook: str) -> None:
    """Tell the sender of a packet that was refused; ``argument`` is ``--reject-with KIND`` or nothing.

    What ICMP itself is just sending, an answer to an echo or an error, is refused without a word: its socket is taken
    while the rules of OUTPUT are asked (``icmp_xmit_lock``, net/ipv4/icmp.c).
    """
    if hook == "OUTPUT" and _of_icmp(ns, skb):
        return
    kind = argument.removeprefix("--reject-with ") or "icmp-port-unreachable"
    if kind != RESET:
        local.send_error(run, ns, skb, 3, REJECTS[kind])
    elif isinstance(skb.stack[skb.at + 1], wire.Tcp) and "R" not in skb.stack[skb.at + 1].flags:
        _reset(run, ns, skb)


def _of_icmp(ns: Netns, skb: Skb) -> bool:
    l4 = skb.stack[skb.at + 1]
    return isinstance(l4, wire.IcmpHeader) and l4.type != ns.family.echo_request


def _reset(run: Run, ns: Netns, skb: Skb) -> None:
    """Send RST to the sender; for a bridged frame straight out of the port by which it came in."""
    ip, tcp, stack = skb.ip, skb.stack[skb.at + 1], skb.stack
    header = wire.Ipv4(ip.dst, ip.src, ip.protocol, ns.default_ttl, 0, df=True)
    if "A" in tcp.flags:
        segment = wire.Tcp(tcp.dport, tcp.sport, tcp.ack, 0, "R", 0)
    else:
        length = skb.length - ip_layer.HEADER - tcp.size + len(set("SF") & set(tcp.flags))
        segment = wire.Tcp(tcp.dport, tcp.sport, 0, tcp.seq + length, "RA", 0)
    port = skb.ports[0] if skb.bridged else None
    cause, relation = run.here(skb), local.related(skb)
    if skb.conn:
        skb.conn.state = "x"  # nf_ct_set_closing

    def send() -> None:
        flight = run.flight("reset", Flow(ip.dst, ip.src, "tcp", tcp.dport, tcp.sport), cause)
        reset = Skb(flight, (header, segment), 0)
        reset.conn, reset.original, reset.ctinfo = relation
        run.emit(ns, reset, "originate", None, None, ("rst", "a rule refuses the segment"))
        if port:
            reset.wear(wire.Ethernet(stack[0].src, stack[0].dst))
            link.transmit(run, ns, reset, port)
        else:
            ip_layer.originate(run, ns, reset)

    run.jobs.append(send)
