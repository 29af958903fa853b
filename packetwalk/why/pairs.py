"""Everybody to everybody: a packet from each recorded pod and node to each other."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from packetwalk.capture.recording import Recording
from packetwalk.errors import BadInput
from packetwalk.trace.packet import Packet
from packetwalk.why.asking import REACHES, UNKNOWN, Errand, Fate, sent
from packetwalk.why.ends import KnownEnd, main_address
from packetwalk.why.loading import Loaded, load

SIGNS = {REACHES: "+", UNKNOWN: "?"}
REFUSED = "-"


@dataclass(frozen=True)
class Pairs:
    """What became of a ping between each two; ``names`` are the senders and the receivers, in order."""

    names: tuple[str, ...]
    fates: Mapping[tuple[str, str], Fate]

    def to_json(self) -> list[dict[str, str]]:
        """Return the pairs, each with its verdict and, where it does not reach, where it ended and why."""
        return [
            {"from": src, "to": dst, "verdict": each.verdict, **where(each)}
            for (src, dst), each in self.fates.items()
        ]

    def __str__(self) -> str:
        width = max(map(len, self.names), default=0)
        head = [f"{'':{width}}  " + " ".join(str(number % 10) for number in range(1, len(self.names) + 1))]
        rows = [
            f"{src:{width}}  " + " ".join(self._sign(src, dst) for dst in self.names) for src in self.names
        ]
        return "\n".join([*head, *rows, "", *self._told()])

    def __repr__(self) -> str:
        return str(self)

    def _sign(self, src: str, dst: str) -> str:
        return "." if src == dst else SIGNS.get(self.fates[src, dst].verdict, REFUSED)

    def _told(self) -> Iterator[str]:
        yield f"{SIGNS[REACHES]} reaches, {REFUSED} does not reach, {SIGNS[UNKNOWN]} not known; columns in the order of the lines"
        reasons: dict[str, list[str]] = {}
        for (src, dst), each in self.fates.items():
            if each.verdict != REACHES:
                said = where(each)
                reasons.setdefault(f"{said['where']}: {said['why']}", []).append(f"{src} to {dst}")
        for reason, found in sorted(reasons.items(), key=lambda item: -len(item[1])):
            more = f" and {len(found) - 3} more" if len(found) > 3 else ""
            yield f"{', '.join(found[:3])}{more}: {reason}"


def where(fate: Fate) -> dict[str, str]:
    """Return where a packet ended, and why; nothing of one that arrived."""
    if fate.verdict == REACHES:
        return {}
    step = fate.step
    return {
        "where": step.netns + (f", {step.dev}" if step.dev else ""),
        "why": fate.unknown or step.why,
    }


def pairs(recording: Recording | Loaded) -> Pairs:
    """Send a ping from each recorded pod and node to each other; BadInput where there is none."""
    loaded = recording if isinstance(recording, Loaded) else load(recording)
    ends = machines(loaded)
    found = {(src.name, dst.name): fate for src in ends for dst, fate in pinged(loaded, src, ends)}
    return Pairs(tuple(each.name for each in ends), found)


def machines(loaded: Loaded) -> list[KnownEnd]:
    """Return the recorded pods and nodes; BadInput where there is none."""
    ends = [
        KnownEnd(place.netns, place.netns, main_address(place), 0)
        for place in loaded.places
        if place.kind in ("pod", "node")
    ]
    if not ends:
        raise BadInput("recording", "no pod and no node in it")
    return ends


def pinged(loaded: Loaded, src: KnownEnd, ends: Iterable[KnownEnd]) -> Iterator[tuple[KnownEnd, Fate]]:
    """Yield what becomes of a ping from one machine to each other."""
    for dst in ends:
        if dst != src:
            yield dst, sent(loaded, Errand(src, dst, Packet()))
