"""What a mode leaves of an underlay's MTU, as a few straight lines, and what its walks do one byte above."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from itertools import groupby
from typing import NamedTuple

from packetwalk.cni import Mode, plugins
from packetwalk.plan.cluster import Cluster
from packetwalk.trace.packet import Packet
from packetwalk.trace.step import Step, Trace
from packetwalk.walks.network import Network
from packetwalk.walks.report import Mtu
from packetwalk.walks.scenario import walk
from packetwalk.wire.encrypted import Encrypted
from packetwalk.wire.icmp import Icmp

NARROWEST, WIDEST = 576, 9216
"""The underlays that are counted with: what every host must take (RFC 791) to what cards with jumbo frames have."""
SIZE, FITS = "{size}", "{fits}"
VERBS = {"fragment": "cuts it", "reassemble": "puts it together"}


class Line(NamedTuple):
    """A value that grows by ``slope`` with each byte of the underlay."""

    value: int
    slope: int


class Span(NamedTuple):
    """Underlays from ``start`` on, over which the sums of a mode are lines; ``overhead`` is the carrier's.

    ``whole`` and ``cut`` say what becomes of the smallest packet that does not fit, with DF and without;
    there ``{size}`` and ``{fits}`` stand for its bytes and for those that fit.
    """

    start: int
    pod: Line
    fits: Line
    carrier: str
    overhead: tuple[tuple[str, int], ...]
    whole: str
    cut: str


class Sums(NamedTuple):
    """A mode as a calculator knows it: ``far`` says that only nodes behind a router get its headers."""

    found: str
    plugin: str
    mode: str
    title: str
    encrypted: bool
    far: bool
    stretches: tuple[Span, ...]

    @property
    def key(self) -> str:
        """The mode's name: ``flannel/host-gw``."""
        return f"{self.found}/{self.mode}"

    def at(self, underlay: int) -> dict:
        """Return what the model says of one underlay."""
        return Mtu(self.found, self.mode, underlay).to_json()


@cache
def sums() -> tuple[Sums, ...]:
    """Return every mode of every plugin, in their order."""
    found = []
    for plugin, mode in ((each, mode) for each in plugins().values() for mode in each.modes):
        near = walk(plugin.name, mode.name, "cross-node").traces[0].steps
        sealed = any(isinstance(header, Encrypted) for step in near for header in step.after)
        far = bool(mode.overhead) and not any(step.event == "encap" for step in near)
        stretches = _stretches(plugin.name, mode)
        found.append(Sums(plugin.name, plugin.title, mode.name, mode.title, sealed, far, stretches))
    return tuple(found)


def _stretches(plugin: str, mode: Mode) -> tuple[Span, ...]:
    underlays = range(NARROWEST, WIDEST + 1)
    return tuple(_stretch(plugin, mode.name, next(of)) for _, of in groupby(underlays, mode.instead))


def _stretch(plugin: str, mode: str, start: int) -> Span:
    first, second = (Mtu(plugin, mode, underlay).to_json() for underlay in (start, start + 1))
    network = Network(Cluster(mtu=start), plugin, mode)
    whole, cut = (_above(network, first, df=df) for df in (True, False))
    pod, fits = (Line(first[name], second[name] - first[name]) for name in ("pod_mtu", "fits"))
    return Span(start, pod, fits, first["carrier"], tuple(first["overhead"].items()), whole, cut)


def _above(network: Network, told: dict, *, df: bool) -> str:
    """Return what becomes of a ping whose packet is one byte longer than what fits."""
    traces = network.send("a", "b", Packet("icmp", told["largest_ping"] + 1, df=df)).traces
    if df:
        words = refused(traces)
        return words.replace(str(told["fits"] + 1), SIZE).replace(str(told["fits"]), FITS)
    back = next(trace for trace in traces if trace.name == "reply").steps[0].seq
    steps = sorted((step for trace in traces for step in trace.steps), key=lambda step: step.seq)
    return _cuts([step for step in steps if step.event in VERBS and step.seq < back])


def refused(traces: Sequence[Trace]) -> str:
    """Return where a packet ends and why, and what its sender is told."""
    last = traces[0].steps[-1]
    where = f"{last.netns}, {last.dev}" if last.dev else last.netns
    errors = [trace.steps[-1].after for trace in traces if trace.name == "error"]
    told = [header.mtu for after in errors for header in after if isinstance(header, Icmp) and header.too_big]
    return f"{where}: {last.why}" + "".join(f" The sender is told an MTU of {mtu}." for mtu in told)


def _cuts(steps: list[Step]) -> str:
    """Return who cuts a packet and who puts it together, in their order."""
    acts = dict.fromkeys((step.netns, VERBS[step.event]) for step in steps)
    by_netns = groupby(acts, lambda act: act[0])
    return "; ".join(f"{netns} {' and '.join(verb for _, verb in of)}" for netns, of in by_netns) + "."
