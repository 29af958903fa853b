"""The IP layer: receive, route, forward, send.

Mirrors ``ip_rcv``, ``ip_route_input``, ``ip_forward``, ``ip_local_out``, ``ip_output`` and
``ip_fragment`` of net/ipv4, in their order: the MTU is checked before the time to live falls,
the FORWARD hook comes after it, fragments are cut after POSTROUTING.
"""

from __future__ import annotations

from itertools import accumulate

from packetwalk import wire
from packetwalk.datapath import hooks, local, multicast, neighbour, pmtu, redirect, source_validation, xfrm
from packetwalk.datapath.devices import drivers
from packetwalk.datapath.family import INET
from packetwalk.datapath.netns import Netns
from packetwalk.datapath.run import MAX_STEPS, Run, Skb
from packetwalk.tables import IpRule, RouteEntry
from packetwalk.tables.route import REFUSING
from packetwalk.tables.sysctl import FORWARD
from packetwalk.wire.address import is_group

HEADER = 20
FRAGMENT_TIME = (11, 1)  # what is told of a packet that never became whole
TOLD = {"unreachable": (3, 1), "prohibit": (3, 13)}  # what ip_error tells for a route's type
TOLD_OF_RULE = {
    "": (3, 0),
    "unreachable": (3, 0),
    "prohibit": (3, 13),
}  # for a rule's action, or no route at all


def receive(run: Run, ns: Netns, skb: Skb, dev: str) -> None:
    """Take a packet that came in by ``dev`` (``ip_rcv``); a bridge may have done PREROUTING."""
    if not skb.bridged and not prerouting(run, ns, skb, dev):
        return
    ip = skb.ip
    if note := ns.martians[ip.src, ip.dst, dev]:
        run.drop(ns, skb, dev, None, note)
        return
    if is_group(ip.dst):
        multicast.receive(run, ns, skb, dev)
        return
    if source_validation.to_everybody(ip.src, ip.dst):
        run.emit(ns, skb, "route", dev, None, ("to-everybody", ip.dst))
    else:
        route = lookup(run, ns, skb, ip.dst, came=dev)
        if route is None:
            return
        if route.type not in ("local", "broadcast"):
            forward(run, ns, skb, dev, route)
            return
    if believed(run, ns, skb, dev, None):
        local.deliver(run, ns, skb, dev)


def believed(run: Run, ns: Netns, skb: Skb, dev: str, out: str | None) -> bool:
    """Say whether a packet's sender is believed; if it is not, the packet ends here without a word."""
    found = ns.disbelieved[skb.ip.src, skb.ip.dst, skb.mark, dev, out]
    if found is not None:
        run.drop(ns, skb, dev, *found)
    return found is None


def prerouting(run: Run, ns: Netns, skb: Skb, dev: str) -> bool:
    """Collect fragments if connections are tracked here, then run PREROUTING."""
    if ns.family is not INET and skb.ip.fragment:
        run.drop(ns, skb, dev, None, ("fragment-unread",))
        return False
    if ns.ruleset.tracks and skb.ip.fragment and not reassemble(run, ns, skb, dev):
        return False
    return hooks.hook(run, ns, skb, "PREROUTING", dev, None)


def lookup(
    run: Run, ns: Netns, skb: Skb, dst: str, key: str = "", *, came: str | None = None, bound: bool = True
) -> RouteEntry | None:
    """Find the route for ``dst`` and say so; None when there is none, or one that refuses.

    The sender of a packet that ``came`` by a device is told by ICMP, if that device forwards (``ip_error``); a
    program of this machine by the error of its system call.  A socket that is not ``bound`` has no address when
    it asks, so that rules with ``from`` are not for it.
    """
    fib = ns.fib
    asked = fib.asked(dst, skb.mark, skb.ip.src if bound else "", came or "lo")
    route, decisions, refused = fib.routed[asked, key]
    if route is None:
        reason = _nowhere(refused, dst, own=not came and not skb.flight.index)
        run.drop(ns, skb, None, refused, reason, "no_route")
        told = TOLD_OF_RULE.get(refused.action if refused else "")
        if came and told and ns.forwards(came):
            local.send_error(run, ns, skb, *told)
        return None
    if route.type in REFUSING:
        arrived, own = REFUSING[route.type]
        note = arrived if came or skb.flight.index else own
        run.drop(ns, skb, None, route, (note, dst, route.dst), "no_route")
        if came and route.type in TOLD and ns.forwards(came):
            local.send_error(run, ns, skb, *TOLD[route.type])
        return None
    if not came and source_validation.stays(ns, skb.ip.src, route):
        run.drop(ns, skb, None, route, ("loopback-out", skb.ip.src, route.dev))
        return None
    for decision in decisions:
        run.step(skb, decision)
    return route


def _nowhere(rule: IpRule | None, dst: str, *, own: bool) -> tuple:
    """Return the note of a packet without a route."""
    if rule is None:
        return "no-route", dst
    if not rule.action:
        return "rule-suppresses", dst, rule.priority, rule.lookup, rule.suppress
    return "rule-refuses-own" if own else "rule-refuses", rule.priority, dst, rule.action


def forward(run: Run, ns: Netns, skb: Skb, dev: str, route: RouteEntry) -> None:
    """Pass a packet on to another machine (``ip_forward``)."""
    if not ns.forwards(dev):
        setting = ns.forwarding_of[dev]
        run.drop(ns, skb, dev, setting, ("not-forwarding", setting.key if setting else FORWARD))
        return
    if len(skb.flight.steps) > MAX_STEPS:
        run.drop(ns, skb, dev, None, ("loop",), "loop")
        return
    if not believed(run, ns, skb, dev, route.dev):
        return
    ip, mtu = skb.ip, pmtu.of_forwarded(run, ns, route, skb.ip.dst)
    if ip.ttl <= 1:
        run.drop(ns, skb, dev, None, (ns.family.expired,), "ttl_expired")
        local.send_error(run, ns, skb, 11, 0)
        return
    if ip.df and skb.length > mtu:
        narrow = pmtu.narrowest(ns, route)
        run.drop(ns, skb, route.dev, narrow, (ns.family.too_big, skb.length, mtu), "too_big")
        local.send_error(run, ns, skb, 3, 4, mtu)
        return
    skb.forwarded = True
    skb.set_ip(ip.aged())
    run.emit(ns, skb, "forward", None, ns.forwarding, (ns.family.aged, ip.ttl, ip.ttl - 1))
    if route.dev == dev and ns.family is INET:
        redirect.send(run, ns, skb, dev, route)
    if hooks.hook(run, ns, skb, "FORWARD", dev, route.dev):
        output(run, ns, skb, dev, route)


def originate(
    run: Run, ns: Netns, skb: Skb, *, key: str = "", whole: bool = False, bound: bool = True
) -> None:
    """Send a packet made on this machine (``ip_local_out``).

    Of a socket that asks for DF a packet must go ``whole``: one that does not fit is refused before any hook
    sees it (``__ip_append_data``, EMSGSIZE).
    """
    if is_group(skb.ip.dst):
        multicast.send(run, ns, skb)
        return
    route = lookup(run, ns, skb, skb.ip.dst, key, bound=bound)
    if route is None:
        return
    if whole and route.type == "unicast" and skb.length > pmtu.of_path(run, ns, route, skb.ip.dst):
        too_long(run, ns, skb, route)
        return
    if ns.family is INET:
        _cut(run, ns, skb, route)

    def again() -> bool:
        """Route what OUTPUT has changed (``ip_route_me_harder``)."""
        nonlocal route
        if route is not ns.fib.lookup(skb.ip.dst, skb.mark, skb.ip.src):
            route = lookup(run, ns, skb, skb.ip.dst)
        return route is not None

    out = "lo" if route.type == "local" else route.dev
    if not hooks.hook(run, ns, skb, "OUTPUT", None, out, again):
        return
    if route.type == "local":
        loop(run, ns, skb)
    else:
        output(run, ns, skb, None, route)


def _cut(run: Run, ns: Netns, skb: Skb, route: RouteEntry) -> None:
    """Let a socket make the fragments of what is too long, by the route that it knows (``__ip_append_data``).

    They stay so when OUTPUT's rules change the destination, where each of them fits (``ip_do_fragment``).
    """
    mtu = pmtu.of_path(run, ns, route, skb.ip.dst) if route.type == "unicast" else skb.length
    if skb.length > mtu:
        room, total = (mtu - HEADER) // 8 * 8, skb.length - HEADER
        skb.cut, skb.pieces = mtu, tuple(min(room, total - start) for start in range(0, total, room))
        skb.unwrapped = ns.devices[route.dev].driver is not None


def loop(run: Run, ns: Netns, skb: Skb) -> None:
    """Send a packet to this machine itself (``loopback_xmit``): out of lo and in again, by all four hooks.

    Mark, connection and route stay with it.
    """
    if not hooks.hook(run, ns, skb, "POSTROUTING", None, "lo"):
        return
    run.emit(ns, skb, "egress", "lo", ns.links["lo"], ("loop-dev",))
    asked = skb.ip.dst
    if not prerouting(run, ns, skb, "lo"):
        return
    if skb.ip.dst != asked:
        run.drop(ns, skb, "lo", None, ("martian", skb.ip.src, "lo"))
        return
    local.deliver(run, ns, skb, "lo")


def output(run: Run, ns: Netns, skb: Skb, indev: str | None, route: RouteEntry) -> None:
    """POSTROUTING, fragments, neighbour, device (``ip_output``)."""
    dev, dst = route.dev, skb.ip.dst
    skb.hop = hop = pmtu.hop(run, ns, route, dst)
    if not hooks.hook(run, ns, skb, "POSTROUTING", indev, dev):
        return
    if ns.xfrm_policies and xfrm.policy(ns, skb.tuple, skb.mark):
        if drivers()["esp"].transform(run, ns, skb, dev):
            output(run, ns, skb, indev, route)
        return
    skb.route = route, dst
    mtu = (pmtu.of_forwarded if skb.forwarded else pmtu.of_path)(run, ns, route, dst)
    if skb.length <= mtu and not skb.frag_max_size:
        neighbour.finish(run, ns, skb, dev, hop)
        return
    if ns.family is not INET and not skb.forwarded:
        run.drop(ns, skb, dev, None, ("uncut", skb.length, mtu))
        return
    if skb.ip.df:  # the machine tells itself too (ip_fragment)
        too_long(run, ns, skb, route)
        local.send_error(run, ns, skb, 3, 4, mtu)
        return
    parts = fragments(run, ns, skb, dev, min(mtu, skb.frag_max_size or mtu))
    for before, part in zip([None, *parts], parts, strict=False):
        if before and before.refused:  # ip_do_fragment ends with the first error
            part.refused = True
            run.drop(ns, part, dev, ns.links[dev], ("fragment-unsent", dev))
            continue
        neighbour.finish(run, ns, part, dev, hop)
        if run.writing:
            run.take_in()


def too_long(run: Run, ns: Netns, skb: Skb, route: RouteEntry) -> None:
    """Refuse a packet that its sender does not want cut."""
    known = pmtu.learnt(run, ns, route, skb.ip.dst)
    note = "message-too-long", skb.length, known.mtu if known else pmtu.of_route(ns, route)
    run.drop(ns, skb, route.dev, known or pmtu.narrowest(ns, route), note, "too_big")


def fragments(run: Run, ns: Netns, skb: Skb, dev: str, mtu: int) -> list[Skb]:
    """Cut a packet (``ip_fragment``); the first part goes on in the same trace."""
    ip, content = skb.ip, wire.encode(skb.stack[skb.at :])[HEADER:]
    length, total = skb.length, len(content)
    as_it_came = _keeps(skb, mtu, wraps=ns.devices[dev].driver is not None)
    starts = [0, *accumulate(skb.pieces[:-1])] if as_it_came else [*range(0, total, (mtu - HEADER) // 8 * 8)]
    count, cause, flow = len(starts), run.here(skb), skb.flight.flow
    ident = ip.id or run.next_ident()
    again = skb.gathered and (as_it_came or mtu == skb.gathered)
    by = skb.cut if as_it_came and skb.cut else mtu
    note = ("refragment", length, skb.gathered) if again else ("fragment", length, by)
    parts: list[Skb] = []
    for start, end in zip(starts, [*starts[1:], total], strict=True):
        piece = content[start:end]
        last = end == total
        header = ip._replace(id=ident, mf=ip.mf or not last, offset=ip.offset + start)
        stack = (*skb.stack[: skb.at], header, wire.Data(piece))
        part = skb if start == 0 else Skb(run.flight("fragment", flow, cause), stack, skb.at)
        part.hold(stack, skb.at)
        part.mark, part.conn, part.ctinfo, part.original = skb.mark, skb.conn, skb.ctinfo, skb.original
        part.route, part.forwarded = skb.route, skb.forwarded
        run.emit(ns, part, "fragment", dev, ns.links[dev], (*note, count))
        parts.append(part)
    return parts


def expire(run: Run) -> None:
    """Throw fragments away whose others never came (``ip_expire``, net.ipv4.ipfrag_time: 30 seconds).

    Who should have got the packet tells the sender, if it has the first of them.
    """
    waiting, run.fragments = run.fragments, {}
    for (name, _, dst, *_), held in waiting.items():
        ns = run.netns(name)
        for skb in held:
            run.drop(ns, skb, None, None, ("waiting",))
        first = next((skb for skb in held if skb.ip.offset == 0), None)
        if first is not None and ns.fib.is_local(dst):
            local.send_error(run, ns, first, *FRAGMENT_TIME)


def _keeps(skb: Skb, mtu: int, *, wraps: bool) -> bool:
    """Say whether a packet leaves in the fragments in which it came, if each still fits, not cut anew.

    A device that ``wraps`` needs room for its headers, which parts have not that did not come out of a tunnel.
    """
    roomy = skb.unwrapped or not wraps
    return bool(skb.pieces) and roomy and max(skb.pieces) + HEADER <= mtu


def reassemble(run: Run, ns: Netns, skb: Skb, dev: str) -> bool:
    """Hold a fragment; True when it was the last one missing and ``skb`` is whole again."""
    ip = skb.ip
    key = (ns.name, ip.src, ip.dst, ip.id, ip.protocol)
    held = run.fragments.setdefault(key, [])
    held.append(skb)
    parts = sorted(held, key=lambda part: part.ip.offset)
    end = 0
    for part in parts:
        if part.ip.offset != end:
            break
        end += part.length - HEADER
    if parts[-1].ip.mf or end != parts[-1].ip.offset + parts[-1].length - HEADER:
        run.emit(ns, skb, "reassemble", dev, None, ("held",))
        return False
    del run.fragments[key]
    pieces = tuple(part.length - HEADER for part in parts)
    content = b"".join(part.stack[part.at + 1].content for part in parts)
    whole = wire.encode((ip._replace(mf=False, offset=0), wire.Data(content)))
    ports = wire.UDP_PORTS | {port: wire.Vxlan.proto for port in ns.vxlan if port}
    skb.hold((*skb.stack[: skb.at], *wire.decode(whole, first="ip", udp_ports=ports)), skb.at)
    skb.pieces, skb.unwrapped = pieces, ns.devices[dev].driver is not None
    skb.gathered = skb.frag_max_size = max(part.length for part in parts if part is not skb)
    run.emit(ns, skb, "reassemble", dev, None, ("reassembled", skb.length))
    for part in parts:
        if part is not skb:
            run.end(part, "delivered")
    return True
