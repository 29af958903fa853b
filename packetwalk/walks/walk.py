"""A walk: everything that followed from one packet, with the tables and places it touched."""

from __future__ import annotations

from dataclasses import dataclass, field

from packetwalk import wire
from packetwalk.cni import Fault
from packetwalk.plan.rules import IPTABLES
from packetwalk.trace.packet import Packet
from packetwalk.trace.step import VERSION, Step, Trace
from packetwalk.walks.known import Known
from packetwalk.walks.listing import ListingMemo, Listings
from packetwalk.walks.text import walk_table

BESIDE = ("arp", "copy", "error", "redirect", "resent")
"""Packets that need not arrive for a walk to end well."""
LATER = ("redirect", "resent")
"""Those that tell nothing about why a walk ended, wherever they end themselves."""


@dataclass(frozen=True, eq=False)
class Walk:
    """One packet and all it caused: ``traces[0]`` is the request; ``repr`` is the text table.

    ``scenario`` is empty for ends of one's own; ``fault`` names what was broken, or the variant of a small
    network; ``run`` knows the tables as they were then; ``broken`` is the fault that the network had, if any;
    ``rules`` is the form in which its rules are written.
    """

    plugin: str
    mode: str
    scenario: str
    title: str
    holds_for: str
    packet: Packet
    fault: str | None
    traces: tuple[Trace, ...]
    run: Known = field(repr=False)
    broken: Fault | None = field(default=None, repr=False)
    rules: str = IPTABLES

    @property
    def options(self) -> dict:
        """What can be chosen of the packet and of the network; all walks leave by the same port."""
        chosen = {k: v for k, v in self.packet.options().items() if k != "sport"} | {"fault": self.fault}
        return chosen if self.rules == IPTABLES else chosen | {"rules": self.rules}

    @property
    def disposition(self) -> str:
        """How the walk ended: the first packet that did not arrive says it, else delivered."""
        if any(trace.name == "reset" for trace in self.traces):
            return "rejected"
        copies: dict[int, list[int]] = {}  # of a packet that a bridge flooded
        for number, trace in enumerate(self.traces):
            if trace.name == "copy" and trace.cause:
                copies.setdefault(trace.cause[0], []).append(number)

        def outcome(number: int) -> str:
            """Return what became of a packet: a flooded one has arrived if one of its copies has."""
            ends = [outcome(k) for k in copies.get(number, ())] or [self.traces[number].disposition]
            return "delivered" if "delivered" in ends else ends[0]

        main = (k for k, t in enumerate(self.traces) if t.name not in BESIDE)
        return next((end for end in map(outcome, main) if end != "delivered"), "delivered")

    @property
    def steps(self) -> tuple[Step, ...]:
        """The steps of all traces in the order of time."""
        return tuple(
            sorted((step for trace in self.traces for step in trace.steps), key=lambda step: step.seq)
        )

    @property
    def summary(self) -> str:
        """One sentence: what happened, where it ended, why."""
        if self.disposition == "delivered":
            wires = {
                s.size for s in self.steps if s.event == "egress" and s.dev == "eth0" and s.node == s.netns
            }
            on_wire = f", {max(wires)} bytes on the wire" if wires else ""
            answered = any(trace.name == "reply" for trace in self.traces)
            return f"Delivered{' and answered' if answered else ', without an answer'}{on_wire}."
        name = "reset" if any(trace.name == "reset" for trace in self.traces) else None
        end = next(
            t
            for t in self.traces
            if t.name == name or (name is None and t.disposition != "delivered" and t.name not in LATER)
        )
        last = end.steps[-1]
        where = last.netns + (f", {last.dev}" if last.dev else "")
        hangs = " The connection is open and hangs." if end.name == "data" else ""
        return f"The {end.name} ends at {where}: {last.why}{hangs}"

    def to_json(self, memo: ListingMemo | None = None) -> dict:
        """Return the walk as ``packetwalk walk --format json`` prints it.

        Walks that are given the same ``memo`` share what they say alike: it must not be changed.
        """
        listings = Listings(self.run, memo)
        traces: list[dict] = [
            {
                "source": t.source,
                "name": t.name,
                "flow": {**t.flow._asdict(), "label": t.flow.label},
                "disposition": t.disposition,
                "cause": list(t.cause) if t.cause else None,
                "steps": [_step(step, listings) for step in t.steps],
            }
            for t in self.traces
        ]
        protos = {h["proto"] for t in traces for s in t["steps"] for h in s["after"]}
        return {
            "version": VERSION,
            "plugin": self.plugin,
            "mode": self.mode,
            "scenario": self.scenario,
            "title": self.title,
            "holds_for": self.holds_for,
            "summary": self.summary,
            "disposition": self.disposition,
            "options": self.options,
            **({"fault": {"title": self.broken.title, "story": self.broken.story}} if self.broken else {}),
            "traces": traces,
            "topology": listings.topology(self.steps),
            "tables": listings.tables,
            "layouts": {p: wire.LAYOUTS[p] for p in sorted(protos)},
        }

    def __repr__(self) -> str:
        return walk_table(self)


def _step(step: Step, listings: Listings) -> dict:
    decision = step.decision
    cited = listings.cite(step)
    return {
        "seq": step.seq,
        "node": decision.node,
        "netns": decision.netns,
        "dev": decision.dev,
        "event": decision.event,
        "hook": decision.hook,
        "before": listings.memo.describe(step.before),
        "after": listings.memo.describe(step.after),
        "entry": cited,
        "evidence": decision.evidence,
        "why": step.why,
        "source": (cited and cited["source"]) or None,
        "size": step.size,
        "mtu": decision.mtu,
    }
