"""The neighbour layer: from a next hop to a MAC, by the table or by asking; how to ask is the family's.

Mirrors ``neigh_resolve_output``.  In a warm walk the question has been asked before (the same code runs, unrecorded);
in a cold one it is part of the walk.
"""

from __future__ import annotations

from packetwalk.datapath import link, local
from packetwalk.datapath.netns import Netns
from packetwalk.datapath.run import Run, Skb
from packetwalk.tables import NeighEntry
from packetwalk.tables.neighbour import NEIGHBOURS
from packetwalk.trace.packet import Packet

STAYING = ("PERMANENT", "NOARP")  # states that no message changes (neigh_update)
PROBES = 3  # questions, one a second (mcast_solicit)


def finish(run: Run, ns: Netns, skb: Skb, dev: str, hop: str) -> None:
    """Put the Ethernet header on and hand the frame to ``dev`` (``ip_finish_output2``).

    A device without Ethernet (a layer-3 tunnel) takes the packet bare.
    """
    if not ns.devices[dev].layer2:
        skb.bare()
        skb.hop = hop
        link.transmit(run, ns, skb, dev)
        return
    entry = resolve(run, ns, skb, dev, hop)
    if entry.lladdr is None:
        run.drop(ns, skb, dev, entry, ("neigh-failed", hop, dev), "neighbor_unreachable")
        local.send_error(run, ns, skb, 3, 1)
        return
    ethernet, decision = ns.hard_headers[entry]
    skb.wear(ethernet)
    run.step(skb, decision)
    link.transmit(run, ns, skb, dev)


def resolve(run: Run, ns: Netns, skb: Skb, dev: str, hop: str) -> NeighEntry:
    """Return the neighbour entry for ``hop``, asking for it if need be."""
    key = (ns.name, NEIGHBOURS.name, dev, hop)
    known = run.learnt.get(key) or ns.neighs.get((dev, hop))
    if known:
        return known
    if run.cold:
        ask(run, ns, skb, dev, hop)
    else:
        learn_before(run, ns, skb, dev, hop)
    return run.learnt.get(key) or run.learnt.setdefault(key, NeighEntry(hop, dev, None, "FAILED"))


def learn_before(run: Run, ns: Netns, skb: Skb, dev: str, hop: str) -> None:
    """Give a warm walk what an earlier question and its answer taught, here and in bridges."""
    warm, key = run.fabric.warm, (ns.name, dev, hop, ns.family.neighbours.announced(ns, skb.ip.src, dev, hop))
    if key not in warm:
        before = Run(run.fabric, run.client, Packet(cold=True))
        before.muted = True
        ask(before, ns, skb, dev, hop)
        warm[key] = before.learnt, before.met
    learnt, met = warm[key]
    run.learnt.update(learnt)
    for neighbour, asked in met.items():
        run.met.setdefault(neighbour, asked)


def ask(run: Run, ns: Netns, skb: Skb, dev: str, hop: str) -> None:
    """Ask for a MAC, three times if nobody answers (``mcast_solicit``); an answer ends up in ``run.learnt``."""
    key = (ns.name, NEIGHBOURS.name, dev, hop)
    for _ in range(1 if run.muted else PROBES):
        run.learnt[key] = NeighEntry(hop, dev, None, "INCOMPLETE")
        ns.family.neighbours.question(run, ns, skb, dev, hop)
        run.drain()
        if run.learnt[key].lladdr is not None:
            run.met.setdefault((ns.name, dev, hop), True)
            return
        del run.learnt[key]
