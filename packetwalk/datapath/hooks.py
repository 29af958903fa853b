"""A packet at a netfilter hook: connection tracking, the chains, NAT.

Mirrors ``NF_HOOK`` with ``nf_conntrack_in``, ``ipt_do_table`` and ``nf_nat_packet``.  A packet of a
known connection is rewritten as its first packet was; only a new one visits the nat table.
"""

from __future__ import annotations

from packetwalk import wire
from packetwalk.datapath import local, quotation, xfrm
from packetwalk.datapath.conntrack import Connection, Tuple
from packetwalk.datapath.matches import Aside
from packetwalk.datapath.netfilter import UNTRACKED, BaseChain, Verdict
from packetwalk.datapath.netns import Netns
from packetwalk.datapath.run import Run, Skb, spread
from packetwalk.tables import IptablesRule

TO_DESTINATION = {"PREROUTING", "OUTPUT"}


def hook(run: Run, ns: Netns, skb: Skb, name: str, indev: str | None, outdev: str | None) -> bool:
    """Take the packet through hook ``name``; False when it was dropped there."""
    chains = ns.ruleset.at[name]
    if name in TO_DESTINATION:
        if chains and chains[0].table == "raw":
            if not _filter(run, ns, skb, chains[0], name, indev, outdev):
                return False
            chains = chains[1:]
        if ns.ruleset.tracks and skb.conn is None and not skb.untracked:
            _track(run, ns, skb)
    for chain in chains:
        if chain.table == "nat":
            if skb.conn and skb.original and not skb.conn.assured:
                _new_connection(run, ns, skb, chain, name, indev, outdev)
        elif not _filter(run, ns, skb, chain, name, indev, outdev):
            return False
    if skb.conn:
        if skb.conn.translated:
            _rewrite(run, ns, skb, name, outdev or indev, None)
        if name in ("POSTROUTING", "INPUT"):
            run.conntrack(ns).confirm(skb.conn)
    return True


def _filter(
    run: Run, ns: Netns, skb: Skb, chain: BaseChain, name: str, indev: str | None, outdev: str | None
) -> bool:
    """Ask a table that lets pass or not; name the network policies that let pass."""
    verdict = _verdict(ns, chain, skb, indev, outdev)
    dev = outdev or indev
    for passed in verdict.allowed:
        run.emit(ns, skb, "policy", dev, passed.entry, passed.note, name)
    if verdict.target in ("DROP", "REJECT"):
        _refuse(run, ns, skb, name, dev, verdict)
        return False
    skb.untracked = verdict.untracked
    run.emit(ns, skb, "hook", dev, verdict.entry, verdict.note, name)
    return True


def _track(run: Run, ns: Netns, skb: Skb) -> None:
    """Find or start the connection of a packet (``nf_conntrack_in``)."""
    key, l4 = skb.tuple, skb.stack[skb.at + 1]
    if l4.proto == "icmp" and l4.type not in (0, 8):
        key = quotation.embedded(skb.stack[skb.at + 2].content).reversed()
    found = run.conntrack(ns).find(key)
    if found:
        skb.conn, skb.original = found
        skb.conn.assured = True
    elif not (l4.proto == "icmp" and l4.type != 8):
        skb.conn, skb.original = Connection(key), True


def _verdict(ns: Netns, chain: BaseChain, skb: Skb, indev: str | None, outdev: str | None) -> Verdict:
    """Ask one table about the packet as it is now."""
    state = UNTRACKED if skb.untracked else None
    if skb.conn:
        l4 = skb.stack[skb.at + 1]
        related = l4.proto == "icmp" and l4.type not in (0, 8)
        state = "RELATED" if related else "ESTABLISHED" if skb.conn.assured else "NEW"
    aside = _aside(ns, skb) if ns.ruleset.looks_aside else None
    verdict = chain.verdict((*skb.tuple, indev, outdev, skb.mark, state, aside))
    skb.mark = verdict.mark
    return verdict


def _aside(ns: Netns, skb: Skb) -> Aside:
    """Return what rules with physdev, esp or policy look at."""
    l4 = skb.stack[skb.at + 1]
    policy = xfrm.policy(ns, skb.tuple, skb.mark)
    return Aside(*skb.ports, l4.spi if l4.proto == "esp" else None, policy is not None)


def _refuse(run: Run, ns: Netns, skb: Skb, name: str, dev: str | None, verdict: Verdict) -> None:
    disposition, note = "dropped" if verdict.target == "DROP" else "rejected", verdict.note
    if isinstance(verdict.entry, IptablesRule) and verdict.entry.policy:
        run.emit(ns, skb, "policy", dev, verdict.entry, verdict.note, name)
        disposition, note = "denied", ("discarded",)
    run.drop(ns, skb, dev, verdict.entry, note, disposition, name)
    if verdict.target == "REJECT":
        local.send_error(run, ns, skb, 3, 3)


def _new_connection(
    run: Run, ns: Netns, skb: Skb, chain: BaseChain, name: str, indev: str | None, outdev: str | None
) -> None:
    """Ask the nat table about the first packet of a connection."""
    conn = skb.conn
    assert conn is not None
    verdict = _verdict(ns, chain, skb, indev, outdev)
    if verdict.target == "DNAT":
        address, _, port = (verdict.argument or " ").split(" ")[1].partition(":")
        conn.destination_to(address, int(port) if port else None)
    elif verdict.target == "MASQUERADE":
        address = ns.address_of(outdev or "", skb.ip.dst) or skb.ip.src
        drawn = spread(f"{ns.name} {conn.original}", 1024, 65535)
        conn.source_to(address, drawn if "--random-fully" in str(verdict.entry) else None)
    elif verdict.target == "SNAT":
        address, _, port = (verdict.argument or " ").split(" ")[1].partition(":")
        conn.source_to(address, int(port) if port else None)
    else:
        run.emit(ns, skb, "hook", outdev or indev, verdict.entry, verdict.note, name)
        return
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
        run.emit(ns, skb, "nat", dev, verdict.entry, (key, verdict.path, new), name)
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
