"""NAT: what a connection's packets are rewritten to, decided by its first one.

Mirrors ``nf_nat_ipv4_fn``, ``nf_nat_inet_fn`` and ``nf_nat_packet``: at PREROUTING and OUTPUT the
destination is changed, at POSTROUTING and INPUT the source; an answer is changed back at the hooks of the
other kind.  A packet of a connection for which that is decided visits no nat chain.
"""

from __future__ import annotations

import re

from packetwalk import wire
from packetwalk.datapath import quotation
from packetwalk.datapath.chain import Verdict
from packetwalk.datapath.conntrack import ECHOING, Connection
from packetwalk.datapath.matches import NEW, RELATED
from packetwalk.datapath.netns import Netns
from packetwalk.datapath.run import Run, Skb, spread
from packetwalk.tables import IptablesRule, NftRule, NftSet, RecentEntry
from packetwalk.tables.nftables import RULESET
from packetwalk.tables.recent import REMEMBERED

OTHER = {"dst": "src", "src": "dst"}
FIRST_FREE, LOOPBACK = 1024, "127.0.0.1"
RANDOM = re.compile("--random-fully|fully-random")
WRITES = re.compile(r"(?:-m recent --set --name |^update @)(\S+)")
PORTS = re.compile(r"(?:--to-ports |masquerade to :)(\d+)-(\d+)")


def asks(skb: Skb) -> bool:
    """Say whether a packet visits the nat chains for an end that is still open: the first of a connection.

    A reset that a rule sends instead of a packet is RELATED and visits it too.
    """
    return skb.ctinfo == NEW or (skb.ctinfo == RELATED and not is_error(skb))


def bind(
    run: Run, ns: Netns, skb: Skb, verdict: Verdict | None, manip: str, indev: str | None, outdev: str | None
) -> None:
    """Decide about an end of a connection that is open, by a verdict or as it is (``nf_nat_setup_info``)."""
    conn = skb.conn
    assert conn is not None
    if conn.confirmed or is_error(skb):
        return
    table = run.conntracks[ns.name]
    if verdict is None and (manip == "dst" or not table.taken(conn, conn.reply)):
        conn.bound |= {manip}
        return
    now = conn.ahead(original=True)
    address, port = (now.dst, now.dport) if manip == "dst" else (now.src, now.sport)
    if verdict is not None:
        address, port = _wanted(ns, skb, verdict, conn, (address, port), indev, outdev)
    if manip == "src" and table.taken(conn, now._replace(src=address, sport=port).reversed()):
        port = spread(f"{ns.name} {conn.original} again", FIRST_FREE, 65535)
    conn.expect(manip, address, port)
    conn.bound |= {manip}


def _wanted(
    ns: Netns,
    skb: Skb,
    verdict: Verdict,
    conn: Connection,
    now: tuple[str, int],
    indev: str | None,
    outdev: str | None,
) -> tuple[str, int]:
    """Return the address and port that a nat target asks for."""
    if verdict.target == "REDIRECT":
        return own_address(ns, indev) or now[0], _port(verdict, now[1])
    if verdict.target == "MASQUERADE":
        address = ns.family.masquerade(ns, outdev or "", skb.hop, skb.ip.dst) or now[0]
        return address, _drawn_port(ns, verdict, conn) or _port(verdict, now[1])
    address, _, port = _end((verdict.met.argument or " ").split(" ")[1])
    return address or now[0], int(port) if port else now[1]


def _end(text: str) -> tuple[str, str, str]:
    """Return an address, a colon and a port; one of IPv6 stands in brackets."""
    if text.startswith("["):
        address, _, rest = text[1:].partition("]")
        return address, rest[:1], rest[1:]
    return (text, "", "") if text.count(":") > 1 else text.partition(":")


def _at(address: str, port: int) -> str:
    """Return an address with a port, as people write it."""
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"


def _drawn_port(ns: Netns, verdict: Verdict, conn: Connection) -> int:
    """Return a port where a rule wants one drawn, of all that are free or of those that it names, else 0."""
    rule = str(verdict.met.entry)
    if not RANDOM.search(rule):
        return 0
    named = PORTS.search(rule)
    low, high = map(int, named.groups()) if named else (FIRST_FREE, 65535)
    return spread(f"{ns.name} {conn.original}", low, high)


def own_address(ns: Netns, indev: str | None) -> str | None:
    """Return where REDIRECT sends a packet: to the first address of the device it came by, the machine's own to
    loopback; None where that device has none, and the kernel discards it (``nf_nat_redirect_ipv4``)."""
    if indev is None:
        return LOOPBACK
    return next((each.local for each in ns.addrs if each.dev == indev), LOOPBACK if indev == "lo" else None)


def _port(verdict: Verdict, port: int) -> int:
    """Return the port that ``--to-ports`` names, else the one that is there."""
    return int((verdict.met.argument or f"- {port}").split(" ")[1])


def rewrite(
    run: Run, ns: Netns, skb: Skb, manip: str, name: str, dev: str | None, verdict: Verdict | None
) -> None:
    """Make an end of the packet what its connection says (``nf_nat_packet``)."""
    conn = skb.conn
    assert conn is not None
    if (manip if skb.original else OTHER[manip]) not in conn.translated:
        return
    if is_error(skb):
        _rewrite_error(run, ns, skb, manip, name, dev)
        return
    ahead = conn.ahead(original=skb.original)
    ip, l4 = skb.stack[skb.at], skb.stack[skb.at + 1]
    if manip == "dst":
        old, new, port, key = ip.dst, ahead.dst, ahead.dport, "dnat"
        changed = ip._replace(dst=new)
        if l4.proto in ECHOING:
            l4 = l4._replace(id=port)
        elif isinstance(l4, (wire.Udp, wire.Tcp)):
            old, new, l4 = _at(old, l4.dport), _at(new, port), l4._replace(dport=port)
    else:
        old, new, port, key = ip.src, ahead.src, ahead.sport, "snat"
        changed = ip._replace(src=new)
        if l4.proto in ECHOING:
            l4 = l4._replace(id=port)
        elif isinstance(l4, (wire.Udp, wire.Tcp)):
            old, new, l4 = _at(old, l4.sport), _at(new, port), l4._replace(sport=port)
    at, stack = skb.at, skb.stack
    if changed == ip and l4 == stack[at + 1]:
        return
    skb.hold((*stack[:at], changed, l4, *stack[at + 2 :]), at)
    if verdict:
        why = _port_taken(run, ns, conn, verdict) if manip == "src" else _met_before(ns, conn, verdict)
        note = (why[0], verdict.met.path, new, why[1]) if why else (key, verdict.met.path, new)
        run.emit(ns, skb, "nat", dev, verdict.met.entry, note, name)
    else:
        run.emit(ns, skb, "nat", dev, conn.entry(), ("nat-known", old, new), name)


def _port_taken(run: Run, ns: Netns, conn: Connection, verdict: Verdict) -> tuple[str, str] | None:
    """Return who has the port that a connection would have kept, the source of another one, behind its sentence's key."""
    kept = conn.reply._replace(dport=conn.original.sport)
    found = run.conntracks[ns.name].find(kept)
    if found is None or found[0] is conn or RANDOM.search(str(verdict.met.entry)):
        return None
    return "snat-taken", _at(found[0].original.src, found[0].original.sport)


def _met_before(ns: Netns, conn: Connection, verdict: Verdict) -> tuple[str, str] | None:
    """Return the client, behind its sentence's key, where the rule that chose the destination had written it down."""
    rule, client = verdict.met.entry, conn.original.src
    written = WRITES.search(str(rule)) if isinstance(rule, IptablesRule) else None
    if written:
        return ("dnat-again", client) if RecentEntry(written[1], client) in ns.entries(REMEMBERED) else None
    if not isinstance(rule, NftRule):
        return None
    native = ns.entries(RULESET)
    beside = [each.spec for each in native if isinstance(each, NftRule) and each[:2] == rule[:2]]
    names = {found[1] for found in map(WRITES.search, beside) if found}
    sets = [each for each in native if isinstance(each, NftSet) and each.name in names] if names else []
    return ("dnat-again", client) if any(client in each.elements for each in sets) else None


def is_error(skb: Skb) -> bool:
    """Say whether the packet is an ICMP error about one of a connection."""
    l4 = skb.stack[skb.at + 1]
    return skb.ctinfo == RELATED and l4.proto in ECHOING


def _rewrite_error(run: Run, ns: Netns, skb: Skb, manip: str, name: str, dev: str | None) -> None:
    """Change an ICMP error and its quotation (``nf_nat_icmp_reply_translation``).

    Where the quoted packet's source was changed, the error's destination is; where its destination
    was, the error's source: a message about a service comes from the service's address.
    """
    conn, ip = skb.conn, skb.stack[skb.at]
    assert conn is not None
    content = skb.stack[skb.at + 2].content
    ahead = conn.ahead(original=skb.original)
    if manip == "dst":
        quoted = quotation.translated(content, "src", ahead.dst, ahead.dport)
        old, new, changed = ip.dst, ahead.dst, ip._replace(dst=ahead.dst)
    else:
        quoted = quotation.translated(content, "dst", ahead.src, ahead.sport)
        old, new, changed = ip.src, ahead.src, ip._replace(src=ahead.src)
    if changed == ip and quoted == content:
        return
    l4 = skb.stack[skb.at + 1]
    skb.hold((*skb.stack[: skb.at], changed, l4, wire.Data(quoted)), skb.at)
    run.emit(ns, skb, "nat", dev, conn.entry(), ("nat-known", old, new), name)
