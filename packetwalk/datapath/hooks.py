"""A packet at a netfilter hook: connection tracking, the chains, NAT, in the order of their priorities.

Mirrors ``NF_HOOK`` with ``nf_conntrack_in``, ``ipt_do_table`` and ``nf_conntrack_confirm``.
"""

from __future__ import annotations

from collections.abc import Callable

from packetwalk.datapath import nat, quotation, redirect, reject, xfrm
from packetwalk.datapath.chain import REFUSES, BaseChain, Verdict
from packetwalk.datapath.conntrack import Connection, Conntrack, segment
from packetwalk.datapath.matches import ESTABLISHED, INVALID, NEW, RELATED, UNTRACKED, Aside
from packetwalk.datapath.netns import Netns
from packetwalk.datapath.rule import TRANSLATES
from packetwalk.datapath.run import Run, Skb
from packetwalk.tables import IptablesRule, NftRule

ECHO = {"icmp": 8, "icmpv6": 128}
"""The type of an echo request, by protocol."""
QUERIES = {"icmp": (0, 8), "icmpv6": (128, 129)}
BETWEEN_NEIGHBOURS = range(130, 144)
"""Types of ICMPv6 of which no connection is tracked: listeners' reports and neighbour discovery (``noct_valid_new``)."""


def hook(
    run: Run,
    ns: Netns,
    skb: Skb,
    name: str,
    indev: str | None,
    outdev: str | None,
    again: Callable[[], bool] | None = None,
) -> bool:
    """Take the packet through hook ``name``; False when it was dropped there.

    ``again`` looks for a route when mangle has changed the mark, or nat the destination; it says whether there is one.
    """
    at = ns.ruleset.at[name]
    if at is None:
        return True
    for chain in at.raw:
        if _ask(run, ns, skb, chain, name, indev, outdev) is None:
            return False
    if at.tracks and skb.conn is None and skb.ctinfo != UNTRACKED:
        _track(run.conntracks[ns.name], skb)
    mark = skb.mark
    for chain in at.before:
        if _ask(run, ns, skb, chain, name, indev, outdev) is None:
            return False
    if again and skb.mark != mark and not again():
        return False
    conn, manip = skb.conn, at.manip
    if conn and manip and skb.ctinfo == RELATED and redirect.translated(skb, conn):
        run.drop(ns, skb, outdev or indev, None, ("redirect-translated",), hook=name)
        return False
    if conn and manip:
        verdict = None
        if manip not in conn.bound:
            if at.nat and nat.asks(skb):
                for chain in at.nat:
                    verdict = _ask(run, ns, skb, chain, name, indev, outdev)
                    if verdict is None:
                        return False
                    if verdict.target == "REDIRECT" and nat.own_address(ns, indev) is None:
                        run.drop(ns, skb, indev, verdict.met.entry, ("redirect-nowhere", indev), hook=name)
                        return False
                    if verdict.target in TRANSLATES:
                        break
                    verdict = None
            nat.bind(run, ns, skb, verdict, manip, indev, outdev)
        if conn.translated:
            asked = skb.ip.dst
            nat.rewrite(run, ns, skb, manip, name, outdev or indev, verdict)
            if again and skb.ip.dst != asked and not again():
                return False
    for chain in at.after:
        if _ask(run, ns, skb, chain, name, indev, outdev) is None:
            return False
    if at.confirms and conn and skb.original and not conn.confirmed:
        run.conntracks[ns.name].confirm(conn)
    return True


def _ask(
    run: Run, ns: Netns, skb: Skb, chain: BaseChain, name: str, indev: str | None, outdev: str | None
) -> Verdict | None:
    """Ask a chain (``ipt_do_table``) and tell what it says; None when the packet goes no further."""
    aside = _aside(ns, skb) if chain.looks_aside else None
    view = (*(skb.known or skb.tuple), indev, outdev, skb.mark, skb.ctinfo, aside)
    verdict = chain.verdicts[chain.key(view)]
    run.verdicts.append((ns.name, verdict, skb.length))
    skb.mark = verdict.mark
    if verdict.plain:
        run.step(skb, verdict.decision)
        return verdict
    for passed in verdict.allowed:
        run.step(skb, passed)
    if verdict.target in TRANSLATES:
        return verdict
    if verdict.target in REFUSES:
        _refuse(run, ns, skb, name, outdev or indev, verdict)
        return None
    if verdict.untracked:
        skb.ctinfo = UNTRACKED
    run.step(skb, verdict.decision)
    return verdict


def _track(table: Conntrack, skb: Skb) -> None:
    """Find or start the connection of a packet (``nf_conntrack_in``)."""
    key, l4 = skb.known or skb.tuple, skb.stack[skb.at + 1]
    if l4.proto in QUERIES and l4.type not in QUERIES[l4.proto]:
        if l4.proto == "icmpv6" and l4.type in BETWEEN_NEIGHBOURS:
            skb.ctinfo = UNTRACKED
        else:
            _relate(table, skb)
        return
    conn, original = table.find(key) or (None, True)
    if l4.proto in ECHO:  # the kernel's tuple has the type, so that an answer to oneself is told apart
        original = l4.type == ECHO[l4.proto]
        if conn and key != (conn.original if original else conn.reply):
            conn = None
        if conn is None and not original:
            skb.ctinfo = INVALID
            return
    found = conn or Connection(key)
    if l4.proto == "tcp" and not segment(found, l4.flags, original=original):
        skb.ctinfo = INVALID
        return
    skb.conn, skb.original = found, original
    skb.ctinfo = ESTABLISHED if found.replied or not original else NEW
    if original:
        return
    if l4.proto == "tcp" and "R" in l4.flags and not found.replied:
        table.kill(found)
    else:
        found.replied = True


def _relate(table: Conntrack, skb: Skb) -> None:
    """Find the connection that an ICMP error is about (``nf_conntrack_inet_error``)."""
    found = table.find(quotation.embedded(skb.stack[skb.at + 2].content).reversed())
    skb.ctinfo = INVALID
    if found:
        conn, original = found
        if skb.ip.dst == (conn.original if original else conn.reply).dst:
            skb.conn, skb.original, skb.ctinfo = conn, original, RELATED


def _aside(ns: Netns, skb: Skb) -> Aside:
    """Return what rules with physdev, esp, policy, a translated connection, ICMP types or TCP flags look at."""
    l4 = skb.stack[skb.at + 1]
    policy = xfrm.policy(ns, skb.tuple, skb.mark)
    translated = skb.conn.translated if skb.conn else frozenset[str]()
    spi = l4.spi if l4.proto == "esp" else None
    icmp = (l4.type, l4.code) if l4.proto in ECHO else (-1, -1)
    flags = l4.flags if l4.proto == "tcp" else ""
    return Aside(*skb.ports, spi, policy is not None, translated, icmp, flags)


def _refuse(run: Run, ns: Netns, skb: Skb, name: str, dev: str | None, verdict: Verdict) -> None:
    entry, note = verdict.met.entry, verdict.decision.note
    disposition = "dropped" if verdict.target == "DROP" else "rejected"
    if isinstance(entry, (IptablesRule, NftRule)) and entry.policy:
        run.emit(ns, skb, "policy", dev, entry, note, name)
        disposition, note = "denied", ("discarded",)
    run.drop(ns, skb, dev, entry, note, disposition, name)
    if verdict.target == "REJECT":
        reject.answer(run, ns, skb, verdict.met.argument or "", name)
