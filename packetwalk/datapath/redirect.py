"""ICMP redirects (RFC 792): a router tells a sender on the link by which a packet goes on of the next hop there.

Mirrors ``__mkroute_input`` (IPSKB_DOREDIRECT), ``ip_rt_send_redirect`` and ``__ip_do_redirect`` of net/ipv4/route.c
(Linux 6.18).  A sender is told at most once in a walk: the next time it would be after 40 milliseconds, then after
twice as long (``ip_rt_redirect_load``).  A host that hears of a next hop for the first time asks for its MAC, and goes
by it from the next redirect on; a machine that forwards believes none unless it is told to (``accept_redirects``).
"""

from __future__ import annotations

from packetwalk import wire
from packetwalk.datapath import local, neighbour, pmtu, quotation
from packetwalk.datapath.conntrack import Connection
from packetwalk.datapath.netns import Netns
from packetwalk.datapath.run import Run, Skb
from packetwalk.tables import PathEntry, RouteEntry
from packetwalk.tables.route import ROUTES, fib_info
from packetwalk.wire.address import ipv4_from_int, ipv4_to_int, is_group
from packetwalk.wire.icmp import ECHO_REPLY, REDIRECT

HOST = 1  # the code: for this destination (ICMP_REDIR_HOST)
HALF = 16  # bits: the next hop stands where an echo has identifier and sequence number
TYPE, FLAGS = 20, 33  # bytes before the type of an ICMP message and the flags of a segment, in a packet that is quoted
SYN, RST = 2, 4


def send(run: Run, ns: Netns, skb: Skb, dev: str, route: RouteEntry) -> None:
    """Tell the sender of a packet that leaves by the device it came by, if it is behind that device itself."""
    src = skb.ip.src
    if route.dev != dev or not ns.redirects(dev) or (ns.name, src) in run.redirected:
        return
    back = ns.fib.lookup(src, src=skb.ip.dst)
    if back is None or back.type != "unicast" or back.dev != dev or back.gateway:
        return
    if not ns.in_dev[dev, "shared_media"] and not ns.on_link(dev, src, *filter(None, [route.gateway])):
        return
    run.redirected.add((ns.name, src))
    hop = ipv4_to_int(pmtu.hop(run, ns, route, skb.ip.dst))
    tell = local.told(run, ns, skb, wire.Icmp(REDIRECT, HOST, hop >> HALF, hop & 0xFFFF), "redirect")
    if tell:
        tell()


def translated(skb: Skb, conn: Connection) -> bool:
    """Say whether this is a redirect about a connection that NAT has changed, or may still
    (``nf_nat_icmp_reply_translation``): none of its ends would understand it."""
    l4 = skb.stack[skb.at + 1]
    open_still = conn.translated or len(conn.bound) < 2
    return bool(open_still) and isinstance(l4, wire.Icmp) and l4.type == REDIRECT


def told(run: Run, ns: Netns, skb: Skb, dev: str) -> PathEntry | None:
    """Take in a redirect that has arrived about a packet of this machine's own; return what is known then."""
    l4 = skb.stack[skb.at + 1]
    if l4.type != REDIRECT or not ns.believes_redirects(dev):
        return None
    quoted = skb.stack[skb.at + 2].content
    if not _heard(run, ns, quoted):
        return None
    dst = quotation.embedded(quoted).dst
    hop = ipv4_from_int(l4.id << HALF | l4.seq)
    route = ns.fib.lookup(dst)
    if route is None or route.type != "unicast" or hop == skb.ip.src:
        return None
    if pmtu.hop(run, ns, route, dst) != skb.ip.src or not _believed(ns, dev, hop, skb.ip.src):
        return None
    if not _known(run, ns, skb, route.dev, hop):
        return None
    before = pmtu.learnt(run, ns, route, dst) or PathEntry(dst, fib_info(route), 0, False)
    entry = before._replace(gateway=hop)
    run.learn_path(ns.name, entry)
    return entry


def _heard(run: Run, ns: Netns, quoted: bytes) -> bool:
    """Say whether a packet that a redirect quotes was one of a socket, of a tunnel, or the answer to an echo.

    A handshake that is not complete has no socket yet (``tcp_v4_err``), what was refused never has one; of echoes
    see ``icmp_err``, of VXLAN ``vxlan_err_lookup``, of other tunnels ``ipip_err`` and ``esp4_err``.
    """
    client, sent = ns.name == run.client, quotation.embedded(quoted)
    if sent.protocol == "tcp":
        flags = quoted[FLAGS]
        return not flags & RST and (client or not flags & SYN)
    if sent.protocol == "icmp":
        return client or quoted[TYPE] == ECHO_REPLY
    if sent.protocol == "udp":
        return client or ("udp", sent.sport) in ns.sockets or sent.dport in ns.vxlan
    return True


def _believed(ns: Netns, dev: str, hop: str, router: str) -> bool:
    """Say whether a next hop may be one.

    Where links are not shared it must be in the router's subnet, and with ``secure_redirects`` be the gateway of a
    route too (``ip_fib_check_default``).
    """
    if is_group(hop) or ns.fib.is_broadcast(hop) or hop.startswith("0."):
        return False
    if not ns.in_dev[dev, "shared_media"]:
        gateway = any((route.dev, route.gateway) == (dev, hop) for route in ns.entries(ROUTES))
        return ns.on_link(dev, hop, router) and (gateway or not ns.in_dev[dev, "secure_redirects"])
    found = ns.fib.lookup(hop)
    return found is not None and found.type == "unicast"


def _known(run: Run, ns: Netns, skb: Skb, dev: str, hop: str) -> bool:
    """Say whether the next hop's MAC is known; if it is not, it is asked for."""
    written = ns.neighs.get((dev, hop))
    if (written and written.lladdr) or (ns.name, dev, hop) in run.met:
        return True
    neighbour.resolve(run, ns, skb, dev, hop)
    return False
