"""A packet at a netfilter hook: connection tracking, the chains, NAT.

Mirrors ``NF_HOOK`` with ``nf_conntrack_in``, ``ipt_do_table`` and ``nf_nat_packet``.  A packet of a
known connection is rewritten as its first packet was; only a new one visits the nat table.
"""

from __future__ import annotations

from packetwalk import wire
from packetwalk.datapath import local, quotation, xfrm
from packetwalk.datapath.chain import (
    ESTABLISHED,
    NEW,
    REFUSES,
    RELATED,
    TRANSLATES,
    UNTRACKED,
    BaseChain,
    Verdict,
)
from packetwalk.datapath.conntrack import Connection, Tuple
from packetwalk.datapath.matches import Aside
from packetwalk.datapath.netns import Netns
from packetwalk.datapath.run import Run, Skb, spread
from packetwalk.tables import IptablesRule

TO_DESTINATION = {"PREROUTING", "OUTPUT"}


def hook(run: Run, ns: Netns, skb: Skb, name: str, indev: str | None, outdev: str | None) -> bool:
    """Take the packet through hook ``name``; False when it was dropped there."""
    at = ns.ruleset.at[name]
    if at is None:
        return True
    if at.raw and not _ask(run, ns, skb, at.raw, name, indev, outdev):
        return False
    if at.tracks and skb.ctinfo is None:
        _track(run, ns, skb)
    for chain in at.chains if skb.ctinfo == NEW else at.later:
        if not _ask(run, ns, skb, chain, name, indev, outdev):
            return False
    conn = skb.conn
    if conn:
        if conn.translated:
            _rewrite(run, ns, skb, name, outdev or indev, None)
        if at.confirms and not conn.confirmed:
            run.conntracks[ns.name].confirm(conn)
    return True


def _ask(
    run: Run, ns: Netns, skb: Skb, chain: BaseChain, name: str, indev: str | None, outdev: str | None
) -> bool:
    """Do what a chain says (``ipt_do_table``); False when the packet goes no further."""
    aside = _aside(ns, skb) if chain.looks_aside else None
    view = (*(skb.known or skb.tuple), indev, outdev, skb.mark, skb.ctinfo, aside)
    verdict = chain.verdicts[chain.key(view)]
    skb.mark = verdict.mark
    if verdict.plain:
        run.step(skb, verdict.decision)
        return True
    for passed in verdict.allowed:
        run.step(skb, passed)
    if verdict.target in TRANSLATES:
        _translate(run, ns, skb, verdict, name, indev, outdev)
        return True
    if verdict.target in REFUSES:
        _refuse(run, ns, skb, name, outdev or indev, verdict)
        return False
    if verdict.untracked:
        skb.ctinfo = UNTRACKED
    run.step(skb, verdict.decision)
    return True


def _track(run: Run, ns: Netns, skb: Skb) -> None:
    """Find or start the connection of a packet (``nf_conntrack_in``)."""
    key, l4 = skb.known or skb.tuple, skb.stack[skb.at + 1]
    error = l4.proto == "icmp" and l4.type not in (0, 8)
    if error:
        key = quotation.embedded(skb.stack[skb.at + 2].content).reversed()
    found = run.conntracks[ns.name].find(key)
    if found:
        skb.conn, skb.original = found
        skb.conn.assured = True
        skb.ctinfo = RELATED if error else ESTABLISHED
    elif not (l4.proto == "icmp" and l4.type != 8):
        skb.conn, skb.original, skb.ctinfo = Connection(key), True, NEW


def _aside(ns: Netns, skb: Skb) -> Aside:
    """Return what rules with physdev, esp or policy look at."""
    l4 = skb.stack[skb.at + 1]
    policy = xfrm.policy(ns, skb.tuple, skb.mark)
    return Aside(*skb.ports, l4.spi if l4.proto == "esp" else None, policy is not None)


def _refuse(run: Run, ns: Netns, skb: Skb, name: str, dev: str | None, verdict: Verdict) -> None:
    entry, note = verdict.met.entry, verdict.decision.note
    disposition = "dropped" if verdict.target == "DROP" else "rejected"
    if isinstance(entry, IptablesRule) and entry.policy:
        run.emit(ns, skb, "policy", dev, entry, note, name)
        disposition, note = "denied", ("discarded",)
    run.drop(ns, skb, dev, entry, note, disposition, name)
    if verdict.target == "REJECT":
        local.send_error(run, ns, skb, 3, 3)


def _translate(
    run: Run, ns: Netns, skb: Skb, verdict: Verdict, name: str, indev: str | None, outdev: str | None
) -> None:
    """Let a new connection be rewritten as the nat table says."""
    conn = skb.conn
    assert conn is not None
    if verdict.target == "MASQUERADE":
        address = ns.address_of(outdev or "", skb.ip.dst) or skb.ip.src
        drawn = spread(f"{ns.name} {conn.original}", 1024, 65535)
        conn.source_to(address, drawn if "--random-fully" in str(verdict.met.entry) else None)
    else:
        address, _, port = (verdict.met.argument or " ").split(" ")[1].partition(":")
        to = conn.destination_to if verdict.target == "DNAT" else conn.source_to
        to(address, int(port) if port else None)
    _rewrite(run, ns, skb, name, outdev or indev, verdict)


def _rewrite(run: Run, ns: Netns, skb: Skb, name: str, dev: str | None, verdict: Verdict | None) -> None:
    """Make the packet what its connection says it is after this hook (``nf_nat_packet``)."""
    conn = skb.conn
    assert conn is not None
    ahead = conn.reply.reversed() if skb.original else conn.original.reversed()
    if skb.tuple == ahead:
        return
    ip, l4 = skb.stack[skb.at], skb.stack[skb.at + 1]
    if isinstance(l4, wire.Icmp) and l4.type not in (0, 8):
        _translate_error(run, ns, skb, name, dev, ahead)
        return
    if name in TO_DESTINATION:
        old, new, port, key = ip.dst, ahead.dst, ahead.dport, "dnat"
        changed = ip._replace(dst=new)
        if isinstance(l4, wire.Icmp):
            l4 = l4._replace(id=port)
        elif isinstance(l4, (wire.Udp, wire.Tcp)):
            old, new, l4 = f"{old}:{l4.dport}", f"{new}:{port}", l4._replace(dport=port)
    else:
        old, new, port, key = ip.src, ahead.src, ahead.sport, "snat"
        changed = ip._replace(src=new)
        if isinstance(l4, wire.Icmp):
            l4 = l4._replace(id=port)
        elif isinstance(l4, (wire.Udp, wire.Tcp)):
            old, new, l4 = f"{old}:{l4.sport}", f"{new}:{port}", l4._replace(sport=port)
    at, stack = skb.at, skb.stack
    if changed == ip and l4 == stack[at + 1]:
        return
    skb.hold((*stack[:at], changed, l4, *stack[at + 2 :]), at)
    if verdict:
        run.emit(ns, skb, "nat", dev, verdict.met.entry, (key, verdict.met.path, new), name)
    else:
        run.emit(ns, skb, "nat", dev, conn.entry(), ("nat-known", old, new), name)


def _translate_error(run: Run, ns: Netns, skb: Skb, name: str, dev: str | None, ahead: Tuple) -> None:
    """Change an ICMP error and its quotation (``nf_nat_icmp_reply_translation``).

    Where the quoted packet's source was changed, the error's destination is; where its destination
    was, the error's source: a message about a service comes from the service's address.
    """
    assert skb.conn is not None
    content, ip = skb.stack[skb.at + 2].content, skb.stack[skb.at]
    quoted = quotation.embedded(content)
    if name in TO_DESTINATION:
        if (quoted.src, quoted.sport) == (ahead.dst, ahead.dport):
            return
        content = quotation.translated(content, "src", ahead.dst, ahead.dport)
        old, new, changed = ip.dst, ahead.dst, ip._replace(dst=ahead.dst)
    else:
        if (quoted.dst, quoted.dport) == (ahead.src, ahead.sport):
            return
        content = quotation.translated(content, "dst", ahead.src, ahead.sport)
        old, new, changed = ip.src, ahead.src, ip._replace(src=ahead.src)
    l4 = skb.stack[skb.at + 1]
    skb.hold((*skb.stack[: skb.at], changed, l4, wire.Data(content)), skb.at)
    run.emit(ns, skb, "nat", dev, skb.conn.entry(), ("nat-known", old, new), name)
