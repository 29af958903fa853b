"""What would mend it: small changes, each tried by sending the packet again.

First come those that touch the line that decided, then what the machine's like have and it has not, then settings that
usually are otherwise.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice

from packetwalk.tables import Entry
from packetwalk.why.asking import FAILS, REACHES, Errand, Fate, sent
from packetwalk.why.change import Mend, applied
from packetwalk.why.decided import in_place_of, without
from packetwalk.why.devices import devices, known_by
from packetwalk.why.like_others import groups, like_others, up_again
from packetwalk.why.loading import Loaded
from packetwalk.why.settings import settings
from packetwalk.why.siblings import deviations, siblings
from packetwalk.why.unread import is_about
from packetwalk.why.workloads import lost

MOST = 1500
"""So many changes are tried at most."""


OF_SIZE = (("ip", "link"), ("ip", "route"), ("ip", "rule"))
"""Commands that decide which MTU a packet meets."""


def mended(failed: Fate, others: Iterable[Errand] = (), *, of_size: bool = False) -> Mend | None:
    """Return the first change with which the packet, and ``others``, arrive or go as far as is known; None where none was found.

    ``of_size`` asks for those only that another packet size would make needless; to where nothing is known then only
    an MTU leads that others of its kind have, for that it differs is a fault whatever lies behind.
    """
    every = (
        each
        for each in candidates(failed)
        if not of_size or any(words[:2] in OF_SIZE for words in each.commands)
    )
    questions = dict.fromkeys((failed.question, *others))
    for mend in islice(every, MOST):
        verdicts = _verdicts(applied(failed.loaded, mend), questions)
        if verdicts == {REACHES}:
            return mend
        hidden = failed.loaded.opaque or failed.loaded.unread
        if FAILS not in verdicts and hidden and (not of_size or mend.gives_others_mtu):
            return mend._replace(then="it goes on to where nothing is known")
    return None


def _verdicts(loaded: Loaded | None, questions: Iterable[Errand]) -> set[str]:
    """Return what becomes of packets, as far as they do not fail: one that does is enough."""
    if loaded is None:
        return {FAILS}
    found: set[str] = set()
    for each in questions:
        found.add(_verdict(loaded, each))
        if FAILS in found:
            break
    return found


def _verdict(loaded: Loaded, question: Errand) -> str:
    try:
        return sent(loaded, question).verdict
    except (KeyError, ValueError, AssertionError):  # tables that no kernel would have taken
        return FAILS


def candidates(failed: Fate) -> Iterator[Mend]:
    """Yield changes, the likeliest first, each once; none where its way would be the same, for no packet asked there."""
    met = sent(failed.loaded.untouched(), failed.question).loaded.fabric.met
    seen: set[tuple] = set()
    for mend in _every(failed, met):
        if mend.netns in met and mend[:2] not in seen and not is_about(mend.commands):
            seen.add(mend[:2])
            yield mend


def _every(failed: Fate, met: frozenset[str]) -> Iterator[Mend]:
    loaded = failed.loaded
    passed = [netns for netns in _passed(failed) if netns in met]
    differing = {netns: [*deviations(loaded, netns)] for netns in passed}
    cited = _cited(failed)
    for netns, entry in cited:
        if netns == failed.step.netns:
            yield from in_place_of(loaded.fabric.netns(netns), entry, differing.get(netns, ()))
    yield from known_by(failed, differing.get(failed.step.netns, ()))
    for netns in passed:
        yield from up_again(loaded, netns, differing[netns])
        yield from lost(loaded, netns)
    yield from devices(loaded, passed)
    alone = {(each.netns, each.entry) for found in differing.values() for each in found if not each.missing}
    for netns, entry in cited:
        if (netns, entry) in alone or not siblings(loaded, netns):
            yield from without(loaded.fabric.netns(netns), entry)
    for netns in passed:
        yield from like_others(loaded, differing[netns], all_have=True)
    for netns in passed:
        yield from settings(loaded, netns)
    for netns in passed:
        yield from like_others(loaded, differing[netns], all_have=False)
    for netns in passed:
        yield from groups(differing[netns])
    for netns in loaded.plans:
        if netns in met and netns not in passed:
            yield from like_others(loaded, deviations(loaded, netns), all_have=True)
    for netns, entry in cited:
        yield from without(loaded.fabric.netns(netns), entry)


def _passed(failed: Fate) -> list[str]:
    """Return the namespaces that the packet and its answers saw, the last first; then those it was meant for."""
    seen = dict.fromkeys(
        step.netns for trace in reversed(failed.walk.traces) for step in reversed(trace.steps)
    )
    goal = failed.question.dst.netns
    nodes = [failed.loaded.plans[name].node for name in (*seen, goal) if name]
    names = dict.fromkeys([failed.step.netns, *seen, *([goal] if goal else []), *nodes])
    return [name for name in names if name in failed.loaded.plans]


def _cited(failed: Fate) -> list[tuple[str, Entry]]:
    """Return the lines that decided, by namespace, of the packet that ended the last first."""
    traces = [failed.ended, *(each for each in failed.walk.traces if each is not failed.ended)]
    steps = [step for trace in traces for step in reversed(trace.steps)]
    return [*dict.fromkeys((step.netns, step.entry) for step in steps if step.entry is not None)]
