"""The lines that decided: what the stitched recording cites must be what the model cites."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from packetwalk.capture.recording import Recording, Sent
from packetwalk.capture.stitch import stitch
from packetwalk.datapath.run import Run
from packetwalk.tables import RouteEntry, table_of
from packetwalk.trace.step import Step, Trace

MASKS = {
    "deciding lines": "Routes, neighbours and forwarding entries are compared; rules are not, for a "
    "recording shows what became of a packet and not which rule it met. The state of a neighbour is left "
    "out, and what a recording supposes of a packet after it was last seen, if it did not arrive or a rule "
    "discarded one; nor by which of its addresses a machine took one, for the destination may have been changed "
    "before. Of recorded packets of IPv6 nothing is explained yet.",
}
BESIDE = ("arp", "copy", "close")
REFUSED = ("dropped", "denied", "rejected")


def difference(run: Run, recording: Recording, sent: Sent) -> str:
    """Return a line that only the stitched recording cites, as text; empty when there is none."""
    if ":" in sent.dst:
        return ""
    refused = any(trace.disposition in REFUSED for trace in run.traces)
    try:
        theirs = _cited(_seen(trace, whole=not refused) for trace in _told(stitch(recording, sent)))
    except ValueError as error:
        return f"the recording makes no walk: {error}"
    copies = (trace for trace in run.traces if trace.name == "copy")  # a recording follows any one of them
    for line in sorted(theirs - _cited(trace.steps for trace in (*_told(run.traces), *copies))):
        return f"only the recording explains a step by {line}"
    return ""


def _told(traces: Iterable[Trace]) -> Iterator[Trace]:
    return (trace for trace in traces if trace.name not in BESIDE)


def _cited(told: Iterable[Iterable[Step]]) -> set[str]:
    return {
        f"{step.netns}: {line}"
        for steps in told
        for step in steps
        if step.entry is not None and (line := table_of(step.entry).deciding(step.entry))
    }


def _seen(trace: Trace, *, whole: bool) -> tuple[Step, ...]:
    """Return the steps of a trace, of a recorded packet of which the end is supposed those until it was last seen."""
    seen = [k for k, step in enumerate(trace.steps) if step.event in ("ingress", "egress")]
    arrived = whole and trace.disposition == "delivered"
    if not seen:
        return trace.steps
    last = seen[-1] + 1
    return trace.steps[:last] + (
        tuple(step for step in trace.steps[last:] if not _own(step)) if arrived else ()
    )


def _own(step: Step) -> bool:
    """Say whether a step found an address to be the machine's own."""
    return isinstance(step.entry, RouteEntry) and step.entry.type == "local"
