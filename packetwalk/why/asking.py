"""One question: a packet is sent through the recorded tables, and what became of it is told."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

from packetwalk.datapath.netns import Netns
from packetwalk.datapath.run import Run
from packetwalk.errors import BadInput
from packetwalk.tables import RouteEntry
from packetwalk.tables.fdb import FORWARDING
from packetwalk.tables.link import LINKS
from packetwalk.tables.neighbour import NEIGHBOURS
from packetwalk.tables.route import ROUTES
from packetwalk.trace.packet import LARGEST, Packet, PacketOptions
from packetwalk.trace.step import Step, Trace
from packetwalk.walks.walk import Walk
from packetwalk.why.ends import KnownEnd, owner
from packetwalk.why.loading import UNANSWERED, Loaded
from packetwalk.why.unread import PASSING, REFUSING, met, verdict_of

DECIDING = {
    "iptables.txt": ("rules", "no iptables-save was there"),
    "rule.json": ("rules of routing", "the ip there does not print them all"),
    "route.json": ("routes", "the ip there does not print them all"),
}
"""Files without which nobody knows what becomes of a packet: what is in them, and why they are missing."""
HEADERS = {"icmp": 28, "udp": 28, "tcp": 40}
"""Bytes of the headers before the payload."""
SEGMENTS = 3
"""How many full segments are sent over a connection, to see whether data passes."""
REACHES, FAILS, UNKNOWN = "reaches", "does not reach", "not known"
TOO_BIG = "does not fit"
"""Of a packet that may not be cut: its sender is told, and what it sends then is not lost."""


class Errand(NamedTuple):
    """Who asks whom, and with what packet; one that ``fills`` is as long as the sender takes the way to bear."""

    src: KnownEnd
    dst: KnownEnd
    packet: Packet
    fills: bool = False


class Fate(NamedTuple):
    """What became of a packet.

    ``verdict`` is one of REACHES, FAILS, UNKNOWN, TOO_BIG; ``unknown`` says why nothing more is known; ``loaded`` is the
    network as it was asked, with the sockets that were taken to be there.
    """

    verdict: str
    question: Errand
    loaded: Loaded
    walk: Walk
    unknown: str = ""

    @property
    def ended(self) -> Trace:
        """The packet that did not arrive; the last one where all did."""
        of = self.walk
        failed = (
            each for each in of.traces if each.disposition != "delivered" and each.name not in ("arp", "copy")
        )
        reset = next((each for each in of.traces if each.name == "reset"), None)
        own = [each for each in of.traces if each.name not in ("arp", "copy")] or of.traces
        return reset or next(failed, None) or _refused(of.traces) or own[-1]

    @property
    def taken_by_nobody(self) -> str:
        """The MAC for which a frame is that went to all on a segment, and that none of them takes; else nothing."""
        notes = {each.steps[-1].note[:2] for each in self.copies}
        mac = next(iter(notes), ())
        return str(mac[1]) if len(notes) == 1 and mac[:1] == ("other-mac",) and not self._goes_on else ""

    @property
    def copies(self) -> list[Trace]:
        """What others on its segments got of the packet that did not arrive."""
        number = self.walk.traces.index(self.ended)
        return [each for each in self.walk.traces if each.name == "copy" and (each.cause or ())[:1] == (number,)]

    @property
    def _goes_on(self) -> bool:
        return self.ended.steps[-1].event != "egress"

    @property
    def step(self) -> Step:
        """Where it ended; of a frame that nobody takes, where it got its address."""
        addressed = [step for step in self.ended.steps if step.event == "neigh"]
        return addressed[-1] if addressed and self.taken_by_nobody else self.ended.steps[-1]


def packet_of(dst: KnownEnd, given: PacketOptions) -> Packet:
    """Return the packet to send: TCP to a port, else a ping, unless something else is asked for."""
    made = Packet.of(given, {"proto": "tcp"} if dst.port else {})
    if made.proto == "icmp" and dst.port:
        raise BadInput("port for icmp", dst.port, ["none", "proto tcp", "proto udp"])
    return made


def full(question: Errand, loaded: Loaded) -> Packet:
    """Return the packet that fills what the sender takes for the way's MTU: it may not be fragmented, or it is data of TCP."""
    ns, packet = loaded.fabric.netns(question.src.netns), question.packet
    route = ns.fib.lookup(question.dst.address)
    mtu = (route.mtu or ns.mtus.get(route.dev, 0)) if route and route.dev else 0
    room = max(mtu - HEADERS[packet.proto], 1)
    if packet.proto == "tcp":
        return replace(packet, size=min(SEGMENTS * room, LARGEST["tcp"]))
    return replace(packet, size=min(room, LARGEST[packet.proto]), df=True)


def sent(loaded: Loaded, question: Errand) -> Fate:
    """Send a packet; where nobody says who listens, somebody is taken to."""
    src, dst, packet, fills = question
    packet = full(question, loaded) if fills else packet
    while True:
        run = _run(loaded, src, dst, packet)
        asked = _nobody_listens(loaded, run.traces)
        if asked is None:
            break
        loaded = loaded.assuming(*asked)
    about = loaded.recording.about
    plugin, mode = str(about.get("plugin") or "linux"), str(about.get("mode") or "network")
    title = f"{src.name} to {dst.name}, by recorded tables"
    walk = Walk(plugin, mode, "", title, "the recorded tables", packet, None, run.traces, run)
    fate = Fate(REACHES, question, loaded, walk)
    answered = walk.disposition == "delivered" and any(trace.name != "request" for trace in walk.traces)
    arrives = answered and _refused(run.traces) is None
    untold = "; ".join([*_untold(loaded, run.traces), *_doubts(fate, run, arrives=arrives)])
    if arrives:
        return fate._replace(verdict=UNKNOWN, unknown=untold) if untold else fate
    unknown = "; ".join(filter(None, (_unknown(loaded, question._replace(packet=packet), fate), untold)))
    return fate._replace(verdict=UNKNOWN if unknown else FAILS, unknown=unknown)


def _refused(traces: tuple[Trace, ...]) -> Trace | None:
    """Return the packet for which nobody listened where it arrived; None where all found somebody."""
    return next((trace for trace in traces for step in trace.steps if step.note[:1] == ("refused",)), None)


def _run(loaded: Loaded, src: KnownEnd, dst: KnownEnd, packet: Packet) -> Run:
    """Send it; BadInput where a line of the recording says what no kernel would have taken."""
    try:
        return loaded.send(src.netns, dst.address, packet, dst.port)
    except BadInput:
        raise
    except KeyError as error:  # a forwarding entry's port that no machine has, for instance
        if not any(_names(loaded.fabric.netns(name), error.args[0]) for name in loaded.plans):
            raise
        raise BadInput(
            "recording, a line of its tables", f"it names {error.args[0]!r}, which is not there"
        ) from None
    except ValueError as error:
        raise BadInput("recording, a line of its tables", str(error)[:200]) from None


def _names(ns: Netns, dev: str) -> bool:
    """Say whether a namespace's lines name a device that it has not."""
    named = {each.ifname for each in ns.entries(FORWARDING)} | {each.master for each in ns.entries(LINKS)}
    named |= {name for route in ns.entries(ROUTES) for name in route.devices}
    return dev not in ns.links and dev in named


def _nobody_listens(loaded: Loaded, traces: tuple[Trace, ...]) -> tuple[str, str, int] | None:
    """Return namespace, protocol and port where a packet found no socket, and none were recorded."""
    for trace in traces:
        for step in trace.steps:
            if step.note and step.note[0] == "refused" and step.netns not in loaded.listens:
                return step.netns, step.note[1], step.note[2]
    return None


def _doubts(fate: Fate, run: Run, *, arrives: bool) -> Iterator[str]:
    """Yield the rules on the way that nobody can read, and that may decide otherwise than what became of the packet.

    One that lets pass does not stop what arrives, one that refuses does not help what a rule has refused, and none what ended
    for another reason than a rule.
    """
    if not arrives and fate.step.hook is None:
        return
    harmless = PASSING if arrives else REFUSING
    for netns, rule in met(run.verdicts, fate.loaded.unread):
        if verdict_of(rule) not in harmless:
            yield f"what {rule} in {netns} makes of it: not all of its words are known"


def _untold(loaded: Loaded, traces: tuple[Trace, ...]) -> list[str]:
    """Return which tables on the way could not be asked, or not for all they hold."""
    passed = dict.fromkeys(step.netns for trace in traces for step in trace.steps)
    told = []
    for file, (what, reason) in DECIDING.items():
        places = [netns for netns in passed if file in loaded.recording.place(netns).missing]
        told += [f"the {what} in {', '.join(places)}: {reason}"] if places else []
    several = {
        (step.netns, step.entry): None
        for trace in traces
        for step in trace.steps
        if isinstance(step.entry, RouteEntry) and step.entry.hops
    }
    told += [
        f"which of {len(route.hops)} next hops to {route.dst} packets take in {netns}"
        for netns, route in several
    ]
    return told


def _unknown(loaded: Loaded, question: Errand, fate: Fate) -> str:
    """Return why it is not known what became of a packet that went no further; nothing where it is known.

    What is too big for a device did not go into it.
    """
    ended = fate.ended
    if ended.disposition == "too_big":
        return ""
    for step in ended.steps:
        reason = loaded.opaque.get((step.netns, step.dev or ""))
        if reason:
            return f"what happens behind {step.dev} of {step.netns} ({reason})"
    for trace in (ended, *fate.copies):
        came = next((step for step in reversed(trace.steps) if step.event == "ingress"), None)
        reason = came and loaded.below.get((came.netns, came.dev or ""))
        if came and reason:
            return f"what becomes of a frame that comes in by {came.dev} of {came.netns}: {reason}"
    last = ended.steps[-1]
    if ended.disposition == "neighbor_unreachable" and len(last.note) > 1:
        return _asked_beyond(loaded, question, last) or _nobody(loaded, last)
    return ""


def _asked_beyond(loaded: Loaded, question: Errand, last: Step) -> str:
    """Say of an address for which nobody answers that it was asked for where nothing is known; nothing where it was not.

    A walk that starts with nothing learnt shows where its question goes.
    """
    src, dst, packet, _ = question
    address = str(last.note[1])
    for trace in _run(loaded, src, dst, replace(packet, cold=True)).traces:
        for step in trace.steps if trace.flow.proto == "arp" and trace.flow.dst == address else ():
            reason = loaded.opaque.get((step.netns, step.dev or ""))
            if reason:
                return f"who has {address}: it is asked for behind {step.dev} of {step.netns} ({reason})"
    return ""


def _nobody(loaded: Loaded, last: Step) -> str:
    """Say of an address for which nobody answers that somebody may, as far as was recorded; nothing where nobody does."""
    link = loaded.fabric.netns(last.netns).links.get(last.dev or "")
    address = str(last.note[1])
    asked = loaded.recording.place(last.netns).entries(NEIGHBOURS)
    if link is None or any(each.dst == address and each.state in UNANSWERED for each in asked):
        return ""
    if link.peer and link.peer[0] not in loaded.settings:
        return f"whether {link.peer[0]} answers for {address} (proxy_arp): settings of devices were not recorded there"
    if link.kind == "eth" and not owner(loaded.recording, address):
        return f"who has {address}: nobody who was recorded"
    return ""
