"""The same commands in a cluster that is well and in one that is broken, one beside the other."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import SequenceMatcher
from typing import TYPE_CHECKING

from packetwalk.capture.output import Lines, Output
from packetwalk.errors import BadInput

if TYPE_CHECKING:
    from packetwalk.lab.grounds.ground import Ground

PROMPT = "$ "
SAME, WELL, BROKEN = "      ", "good  ", "bad   "
NOTHING = "(nothing is printed)"


def beside(plugin: str, mode: str, fault: str | None, *commands: str, by: Sequence[str] = ()) -> Lines:
    """Return what commands print in the model's cluster when it is well and when it is broken.

    A command stands as its terminal shows it, ``kind-worker$ ip route``: a node or pod, then what is typed there.
    The cluster is broken by a fault of that mode, or by commands in ``by``.  Lines that both print stand once;
    the others begin with "good" or "bad".  Names that do not exist are BadInput, as is a breaking command that fails.
    """
    from packetwalk import lab

    with lab.open(plugin, mode, "model") as well, lab.open(plugin, mode, "model") as broken:
        if fault:
            broken.fault(fault)
        for line in by:
            done = _run(broken, line)
            if not done.ok:
                raise BadInput(
                    "command that breaks the cluster", line, [f"one that works; this one says {done!r}"]
                )
        compared = [_compared(line, _run(well, line), _run(broken, line)) for line in commands]
    return Lines(text for each in compared for text in ("", *each)[each is compared[0] :])


def _run(cluster: Ground, line: str) -> Output:
    place, prompt, typed = line.partition(PROMPT)
    if not prompt or not typed:
        raise BadInput("command", line, ["kind-worker$ ip route", "a$ ping -c 1 b"])
    at = cluster.node(place) if place in cluster.nodes else cluster.pod(place)
    return at.run(typed)


def _compared(line: str, well: Output, broken: Output) -> list[str]:
    one, other = _lines(well), _lines(broken)
    found = [line]
    for how, start, end, other_start, other_end in SequenceMatcher(None, one, other, False).get_opcodes():
        if how == "equal":
            found += (SAME + each for each in one[start:end])
        else:
            found += (WELL + each for each in one[start:end])
            found += (BROKEN + each for each in other[other_start:other_end])
    return found


def _lines(printed: Output) -> list[str]:
    return [each.rstrip() for each in printed.splitlines() if each.strip()] or [NOTHING]
