"""What an answer shows: a step of a walk, or what is stated where no packet's way answers."""

from __future__ import annotations

from dataclasses import dataclass

from packetwalk import wire
from packetwalk.cni import plugin
from packetwalk.control.timeline import MILLISECOND, SECOND, LineChange, Timeline, ms
from packetwalk.errors import BadInput
from packetwalk.plan.cluster import Cluster
from packetwalk.plan.operation import Operation
from packetwalk.trace.step import EVENTS, Step
from packetwalk.walks.walk import Walk


@dataclass(frozen=True, eq=False)
class Seen:
    """A step of a walk; ``index`` is its place among all steps, from 0."""

    walk: Walk
    step: Step
    index: int

    @property
    def ttl(self) -> int:
        """The time to live of the innermost packet."""
        return self.ip.ttl

    @property
    def outer_ttl(self) -> int:
        """The time to live of the outermost packet."""
        return self._addressed()[0].ttl

    @property
    def ip(self) -> wire.Ipv4:
        """The innermost IPv4 header."""
        return self._addressed()[-1]

    @property
    def outer_ip(self) -> wire.Ipv4:
        """The outermost IPv4 header."""
        return self._addressed()[0]

    @property
    def size(self) -> int:
        """Bytes of the packet or frame after the step."""
        return self.step.size

    @property
    def protos(self) -> tuple[str, ...]:
        """The headers after the step, outermost first."""
        return tuple(header.proto for header in self.step.after or self.step.before)

    @property
    def line(self) -> str:
        """The line that decided, as the tool prints it; empty where none did."""
        return "" if self.step.entry is None else str(self.step.entry)

    @property
    def by(self) -> str:
        """Who wrote the line that decided; empty where none did."""
        described = self.walk.to_json()["traces"]
        cited = next(s["entry"] for trace in described for s in trace["steps"] if s["seq"] == self.step.seq)
        return cited["by"] if cited else ""

    @property
    def where(self) -> str:
        """The namespace and device, as people name them."""
        return self.step.netns + (f", {self.step.dev}" if self.step.dev else "")

    def field(self, name: str, outer: bool = False) -> object:
        """Return a field by its Wireshark name, of the innermost header that has it; BadInput where none has."""
        described = wire.describe(self.step.after or self.step.before)
        found = [header[name] for header in described if name in header]
        if not found:
            raise BadInput(
                "field of this packet", name, sorted({key for header in described for key in header})
            )
        return found[0 if outer else -1]

    def _addressed(self) -> list[wire.Ipv4]:
        return [header for header in self.step.after or self.step.before if isinstance(header, wire.Ipv4)]


@dataclass(frozen=True)
class Stated:
    """What answers where no packet's way does: a line and why it answers; ``where`` says whose line it is.

    ``moment`` is the time in milliseconds at which a timeline of the page shows it, ``timeline`` that one's name, where
    one does.
    """

    where: str
    line: str
    why: str
    moment: float = 0
    timeline: str = ""


def stated(operation: Operation, why: str = "") -> Stated:
    """Return the line that a plan wants; ``why`` it answers is, if not said, who writes it."""
    written = (
        f"{operation.by} writes it ({operation.source})."
        if operation.source
        else f"{operation.by} writes it."
    )
    return Stated(f"plan of {operation.netns}", str(operation.entry), why or written)


def reckoned(line: str, why: str) -> Stated:
    """Return a sum: ``line`` holds the figures, ``why`` says what they are."""
    return Stated("reckoned", line, why)


def changed(timeline: Timeline, node: str, line: str, *, added: bool = False) -> LineChange:
    """Return the first time that a line goes from a node's tables, or is ``added``; BadInput if it never does."""
    there = [each for each in timeline.of(LineChange) if each.node == node and each.added == added]
    found = next((each for each in there if str(each.entry) == line), None)
    if found is None:
        raise BadInput(
            f"line that {node} {'adds' if added else 'deletes'}", line, [str(each.entry) for each in there]
        )
    return found


def happened(change: LineChange, timeline: str = "") -> Stated:
    """Return a change of a table, as what proves when it was; in a ``timeline`` of the page, by its first story's name."""
    does = "adds" if change.added else "deletes"
    when = f"{change.at / SECOND:.3f} s" if change.at >= SECOND else f"{change.at / MILLISECOND:g} ms"
    why = f"{change.by} {does} it: {change.why}."
    return Stated(f"{change.node} at {when}", str(change.entry), why, ms(change.at), timeline)


def see(
    walk: Walk,
    event: str | None = None,
    netns: str | None = None,
    dev: str | None = None,
    *,
    trace: str | None = "request",
    hook: str | None = None,
    nth: int = 0,
) -> Seen:
    """Return the ``nth`` step that fits, of the traces of a name (None: of all), from -1 backwards.

    The first trace is ``request`` whatever it is called. BadInput where no step fits.
    """
    asked = {"event": event, "netns": netns, "dev": dev, "hook": hook}
    try:
        return _fitting(walk, trace, asked)[nth]
    except IndexError:
        described = ", ".join(f"{name} {value}" for name, value in asked.items() if value)
        there = dict.fromkeys(f"{s.event} {s.netns} {s.dev or ''}".strip() for s in walk.steps)
        raise BadInput(f"step number {nth} of {walk.title}, {trace}", described, there) from None


def passes(
    walk: Walk,
    event: str | None = None,
    netns: str | None = None,
    dev: str | None = None,
    *,
    trace: str | None = "request",
    hook: str | None = None,
) -> int:
    """Return how many steps fit, as ``see`` looks for them: none is false; BadInput for no event."""
    return len(_fitting(walk, trace, {"event": event, "netns": netns, "dev": dev, "hook": hook}))


def end(walk: Walk, trace: str = "request") -> Seen:
    """Return the last step of a trace; BadInput where the walk has none of that name."""
    return see(walk, trace=trace, nth=-1)


def written(name: str, mode: str, node: str = "kind-worker") -> list[Operation]:
    """Return what a plugin wants on a node of the canonical cluster: each line, who writes it, about whom."""
    cluster = Cluster()
    return list(plugin(name).plan(cluster, mode, cluster.node_by_name[node]))


def _fitting(walk: Walk, trace: str | None, asked: dict[str, str | None]) -> list[Seen]:
    if asked["event"] not in (None, *EVENTS):
        raise BadInput("event", asked["event"], EVENTS)
    steps = {
        id(step)
        for number, each in enumerate(walk.traces)
        if trace in (None, each.name) or (trace == "request" and number == 0)
        for step in each.steps
    }
    return [
        Seen(walk, step, index)
        for index, step in enumerate(walk.steps)
        if id(step) in steps and all(value in (None, getattr(step, name)) for name, value in asked.items())
    ]
