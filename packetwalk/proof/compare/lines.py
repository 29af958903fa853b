"""The lines that decided: what the stitched recording cites must be what the model cites."""

from __future__ import annotations

from collections.abc import Iterable

from packetwalk.capture.recording import Recording, Sent
from packetwalk.capture.stitch import stitch
from packetwalk.datapath.run import Run
from packetwalk.tables import table_of
from packetwalk.trace.step import Step, Trace

MASKS = {
    "deciding lines": "Routes, neighbours and forwarding entries are compared; rules are not, for a "
    "recording shows what became of a packet and not which rule it met. The state of a neighbour is left "
    "out, and what a recording supposes of a packet after it was last seen.",
}
BESIDE = ("arp", "copy", "close")
STATES = ("REACHABLE", "STALE", "DELAY", "PROBE")


def difference(run: Run, recording: Recording, sent: Sent) -> str:
    """Return a line that only the stitched recording cites, as text; empty when there is none."""
    try:
        theirs = _cited(stitch(recording, sent))
    except ValueError as error:
        return f"the recording makes no walk: {error}"
    for line in sorted(theirs - _cited(run.traces)):
        return f"only the recording explains a step by {line}"
    return ""


def _cited(traces: Iterable[Trace]) -> set[str]:
    return {
        f"{step.netns}: {_settled(str(step.entry))}"
        for trace in traces
        if trace.name not in BESIDE
        for step in _seen(trace)
        if step.entry is not None and table_of(step.entry).name in ("route", "neigh", "fdb")
    }


def _seen(trace: Trace) -> tuple[Step, ...]:
    """Return the steps of a trace, of a recorded packet that did not arrive those until it was last seen."""
    seen = [k for k, step in enumerate(trace.steps) if step.evidence == "observed" and step.event != "drop"]
    return trace.steps[: seen[-1] + 1] if seen and trace.disposition != "delivered" else trace.steps


def _settled(line: str) -> str:
    """Return a line without the state of a neighbour, which time changes, and the lock of an MTU, which JSON
    does not tell."""
    for state in STATES:
        line = line.removesuffix(f" {state}")
    return line.replace(" mtu lock ", " mtu ")
