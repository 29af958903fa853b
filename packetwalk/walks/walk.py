"""A walk: everything that followed from one packet, with the tables and places it touched."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from packetwalk import wire
from packetwalk.faults import Fault
from packetwalk.plan.rules import IPTABLES
from packetwalk.tables import Entry
from packetwalk.tables.address import ADDRESSES
from packetwalk.trace.packet import Packet
from packetwalk.trace.step import VERSION, Step, Trace
from packetwalk.walks.known import Known
from packetwalk.walks.listing import ListingMemo, Listings
from packetwalk.walks.text import walk_table

if TYPE_CHECKING:
    from packetwalk.policy.estate import Estate

BESIDE = ("arp", "ndp", "copy", "error", "redirect", "resent")
"""Packets that need not arrive for a walk to end well."""
UNKNOWN = "left"
"""The end of a recorded packet that nothing tells of any more."""


@dataclass(frozen=True, eq=False)
class Walk:
    """One packet and all it caused: ``traces[0]`` is the request; ``repr`` is the text table.

    ``scenario`` is empty for ends of one's own; ``fault`` names what was broken, or the variant of a small
    network; ``run`` knows the tables as they were then; ``broken`` is the fault that the network had, if any;
    ``rules`` is the form in which its rules are written; ``release`` the plugin's, where that is not the newest;
    ``estate`` has the policies that governed the pods, where there were any; ``left_out`` says which frames of a recording
    are not told of; ``changed`` which lines of a namespace another release writes otherwise, and which release changed them; ``ipv6`` says that it went by the second family.
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
    release: str | None = None
    estate: Estate | None = field(default=None, repr=False)
    left_out: tuple[str, ...] = ()
    changed: Callable[[str], Mapping[Entry, str]] | None = field(default=None, repr=False)
    ipv6: bool = False

    @property
    def policies(self) -> tuple[str, ...]:
        """The policies under which it went, in the order in which they are asked, and what else is to be known of them."""
        return (*map(str, self.estate.policies), *self.estate.notes) if self.estate else ()

    @property
    def options(self) -> dict:
        """What can be chosen of the packet and of the network; all walks leave by the same port."""
        chosen = {k: v for k, v in self.packet.options().items() if k != "sport"} | {"fault": self.fault}
        chosen |= {} if self.rules == IPTABLES else {"rules": self.rules}
        chosen |= {"ipv6": True} if self.ipv6 else {}
        return chosen | ({"release": self.release} if self.release else {})

    def changed_by(self, step: Step) -> str:
        """Return the release that changed the line which decided a step (``Calico 3.33``), or nothing."""
        if self.changed is None or step.entry is None:
            return ""
        return self.changed(step.netns).get(step.entry, "")

    @property
    def disposition(self) -> str:
        """How the walk ended: the first packet that did not arrive says it, else delivered."""
        if any(trace.name == "reset" for trace in self.traces):
            return "rejected"
        return next((ends[0].disposition for ends in self._lost), "delivered")

    @property
    def _lost(self) -> Iterator[list[Trace]]:
        """Yield where each packet ended that did not arrive, in order; a flooded one arrives if one of its copies does."""
        copies: dict[int, list[int]] = {}
        for number, trace in enumerate(self.traces):
            if trace.name == "copy" and trace.cause:
                copies.setdefault(trace.cause[0], []).append(number)

        def ends(number: int) -> list[Trace]:
            """Return where a packet ended: its own trace, or those of its copies, and theirs."""
            return [e for k in copies.get(number, ()) for e in ends(k)] or [self.traces[number]]

        for number, trace in enumerate(self.traces):
            if trace.name not in BESIDE:
                found = ends(number)
                if all(each.disposition != "delivered" for each in found):
                    yield found

    @property
    def end(self) -> Trace:
        """Where a walk ended that did not end well: of a flooded packet the copy that came to whom it was for."""
        reset = next((trace for trace in self.traces if trace.name == "reset"), None)
        if reset:
            return reset
        ends = next(iter(self._lost))

        def wanted(trace: Trace) -> bool:
            here = self.run.netns(trace.steps[-1].netns).entries(ADDRESSES)
            return any(address.local == trace.flow.dst for address in here)

        return next(filter(wanted, ends), ends[0])

    @property
    def steps(self) -> tuple[Step, ...]:
        """The steps of all traces in the order of time."""
        return tuple(
            sorted((step for trace in self.traces for step in trace.steps), key=lambda step: step.seq)
        )

    @property
    def summary(self) -> str:
        """One sentence: what happened, where it ended, why; a second one, if frames of a recording are not told of."""
        untold = f" Left out: {'; '.join(self.left_out)}." if self.left_out else ""
        return f"{self._happened}{untold}"

    @property
    def _happened(self) -> str:
        if self.disposition == "delivered":
            wires = {
                s.size for s in self.steps if s.event == "egress" and s.dev == "eth0" and s.node == s.netns
            }
            on_wire = f", {max(wires)} bytes on the wire" if wires else ""
            answered = any(trace.name == "reply" for trace in self.traces)
            return f"Delivered{' and answered' if answered else ', without an answer'}{on_wire}."
        end = self.end
        last = end.steps[-1]
        where = last.netns + (f", {last.dev}" if last.dev else "")
        if end.disposition == UNKNOWN:
            return f"Not known beyond {where}: {last.why}"
        hangs = " The connection is open and hangs." if end.name == "data" else ""
        return f"The {end.name} ends at {where}: {last.why}{hangs}"

    def to_json(self, memo: ListingMemo | None = None) -> dict:
        """Return the walk as ``packetwalk walk --format json`` prints it.

        Walks that are given the same ``memo`` share what they say alike: it must not be changed.
        """
        listings = Listings(self.run, memo, self.changed)
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
            **({"policies": list(self.policies)} if self.policies else {}),
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
