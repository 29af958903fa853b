"""The kinds of questions: a number, a choice, the line that decides, a place, an order."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from packetwalk.errors import BadInput
from packetwalk.walks.walk import Walk
from packetwalk.widgets.questions.seen import Seen, Stated

MOST_LINES = 14
"""Lines of a table that are offered; of a longer one those around the line that decides."""
NO_DEVICE = ", on no device"
"""How a machine's own steps, between its devices, are called where they are offered beside its devices."""
IN_THE_STACK = ("denied", "no_route", "neighbor_unreachable", "rejected", "too_big", "ttl_expired")
"""Ends that a machine's IP stack decides, whatever device it was about to use."""


@dataclass(frozen=True, eq=False)
class Question:
    """One thing that is asked.

    ``kind`` is ``number``, ``choice``, ``line``, ``place`` or ``order``. ``options`` are what is offered;
    ``right`` is the number, the indexes of what is right, or their right order. ``shows`` is the step that
    proves it, or what is stated instead, ``refutes`` for each option what proves it wrong, where that is another.
    ``also`` are the indexes of options that are as right as the one that is told, each by itself.
    """

    kind: str
    label: str
    right: int | tuple[int, ...]
    shows: Seen | Stated | None = None
    options: tuple[str, ...] = ()
    unit: str = ""
    refutes: tuple[Seen | Stated | None, ...] = ()
    heading: str = ""
    also: tuple[int, ...] = ()

    @property
    def proof(self) -> Seen | Stated | None:
        """The step that shows what is right: ``shows``, or that of the first true option which brings one."""
        if self.shows is None and self.refutes and not isinstance(self.right, int):
            return next((self.refutes[at] for at in self.right if self.refutes[at] is not None), None)
        return self.shows

    def accepts(self, given: int | tuple[int, ...]) -> bool:
        """Say whether an answer is right: the number, or the indexes of options, which only an order wants in order."""
        if isinstance(given, int) or isinstance(self.right, int) or self.kind == "order":
            return given == self.right
        return set(given) == set(self.right) or (len(given) == 1 and given[0] in self.also)

    def refutation(self, given: int | tuple[int, ...]) -> Seen | Stated | None:
        """Return what proves an answer wrong: what the first false option brings, else what proves the right one."""
        if not self.refutes or isinstance(given, int) or isinstance(self.right, int):
            return self.proof
        right = self.right
        false = (
            each
            for at, each in enumerate(given)
            if (right[at : at + 1] != (each,) if self.kind == "order" else each not in right)
        )
        return next((found for each in false if (found := self.refutes[each])), self.proof)

    @property
    def answer(self) -> str:
        """What is right, in words."""
        if isinstance(self.right, int):
            return f"{self.right} {self.unit}".strip()
        joined = " → " if self.kind == "order" else "; "
        return joined.join(self.options[index] for index in self.right)


def number(label: str, value: int, shows: Seen | Stated | None = None, unit: str = "") -> Question:
    """Ask for a whole number, ``value`` by computation; ``shows`` is the step where it can be read, or the sum."""
    if not isinstance(value, int) or isinstance(value, bool):
        raise BadInput(f"number asked for by {label!r}", value, ["an int"])
    return Question("number", label, value, shows, unit=unit)


def choice(
    label: str,
    options: Mapping[str, bool | tuple[bool, Seen | Stated]],
    shows: Seen | Stated | None = None,
) -> Question:
    """Ask which of the options are true; one may bring the step that proves or refutes it.

    BadInput where none is true: what is asked has an answer.
    """
    told = [each if isinstance(each, tuple) else (each, None) for each in options.values()]
    right = tuple(index for index, (true, _) in enumerate(told) if true)
    if not right or len(told) < 2:
        raise BadInput(f"options of {label!r}", options, ["two or more, of which one or more are true"])
    return Question("choice", label, right, shows, tuple(options), refutes=tuple(step for _, step in told))


def line(label: str, shows: Seen) -> Question:
    """Ask which line of the table decides a step; BadInput for a step that no line decides."""
    described = shows.walk.to_json()
    steps = sorted((step for trace in described["traces"] for step in trace["steps"]), key=lambda s: s["seq"])
    cited = steps[shows.index]["entry"]
    if cited is None:
        raise BadInput(f"step {shows.index + 1}", shows.step.event, ["a step that a table decides"])
    table = described["tables"].get(cited["id"])
    lines = table["lines"] if table else [cited["line"]]
    at = cited["index"] if cited.get("index") is not None else lines.index(cited["line"])
    first = max(0, min(at - MOST_LINES // 2, len(lines) - MOST_LINES))
    offered = tuple(lines[first : first + MOST_LINES])
    if len(offered) < 2:
        raise BadInput(f"table of step {shows.index + 1}", offered, ["two lines or more"])
    heading = f"{table['netns']} $ {table['command']}" if table else ""
    return Question("line", label, (at - first,), shows, offered, heading=heading)


def place(label: str, walk: Walk, whole: Walk | None = None, *, shows: Seen | None = None) -> Question:
    """Ask where the request ends, among the places of its way and of the way it would go in ``whole``.

    ``shows`` is another step whose place is asked for. What a machine's IP stack decides is right as any of the names
    that people have for that place: the device it came by, the one it would have left by, none of them.
    """
    end = shows or _end(walk)
    ways = [_places(walk), *([_places(whole)] if whole else [])]
    offered = list(dict.fromkeys(name for way in ways for name in way))
    if end.where not in offered:
        offered.append(end.where)
    also = tuple(at for at, name in enumerate(offered) if name != end.where and name in _same_place(walk, end))
    named = tuple(name if ", " in name else name + NO_DEVICE for name in offered)
    return Question("place", label, (offered.index(end.where),), end, named, also=also)


def _same_place(walk: Walk, end: Seen) -> tuple[str, ...]:
    """Return the names of the place at which a machine's IP stack decides; none for what a device does."""
    step, request = end.step, walk.traces[0]
    last = request.steps[-1] is step and request.disposition in IN_THE_STACK
    if not (step.dev is None or step.hook or step.event == "reassemble" or last):
        return ()
    came = [each.dev for each in walk.steps[: end.index] if each.netns == step.netns and each.event == "ingress"]
    return (step.netns, *(f"{step.netns}, {dev}" for dev in came[-1:]))


def order(label: str, steps: Mapping[str, Seen | tuple[int, Seen | Stated]]) -> Question:
    """Ask for the order in which the steps follow each other; BadInput where two are one.

    What is no step comes with its place in the order and what proves it.
    """
    given = {name: (at.index, at) if isinstance(at, Seen) else at for name, at in steps.items()}
    indexes = {name: place for name, (place, _) in given.items()}
    if len(set(indexes.values())) < len(indexes) or len(indexes) < 2:
        raise BadInput(f"steps of {label!r}", indexes, ["two or more, each another"])
    offered = sorted(steps, key=lambda name: hashlib.sha256(name.encode()).hexdigest())
    right = sorted(range(len(offered)), key=lambda at: indexes[offered[at]])
    if right == sorted(right):
        offered, right = offered[::-1], [len(offered) - 1 - at for at in right]
    seen = [given[name][1] for name in offered]
    return Question("order", label, tuple(right), seen[right[0]], tuple(offered), refutes=tuple(seen))


def _end(walk: Walk) -> Seen:
    last = walk.traces[0].steps[-1]
    return Seen(walk, last, walk.steps.index(last))


def _places(walk: Walk) -> list[str]:
    """Return the places of the request, in the order of its way, each once for each stay."""
    request: Sequence = walk.traces[0].steps
    steps = [Seen(walk, step, 0).where for step in request if step.dev or step.event in ("route", "drop")]
    return [steps[0], *(after for before, after in pairwise(steps) if after != before)] if steps else []
