"""Model against kernel where nobody has looked: random clusters, each difference shrunk to a few commands.

Hypothesis draws and shrinks (``pip install packetwalk[random]``); the grammar is the tables' own
(``packetwalk.proof.draws``).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from importlib.util import find_spec
from itertools import count, islice
from typing import Any, NamedTuple, TypeVar

from packetwalk.capture.recording import Sent
from packetwalk.datapath.run import Run
from packetwalk.errors import LabError
from packetwalk.lab.kernel.abilities import lacking, played
from packetwalk.lab.kernel.inventory import named, operations
from packetwalk.lab.kernel.live import Live
from packetwalk.lab.kernel.record import Recorder, recording
from packetwalk.lab.proving.holding_back import HoldingBack
from packetwalk.lab.proving.search import counters
from packetwalk.lab.proving.sending import calm, send, unread
from packetwalk.lab.proving.workers import side_by_side
from packetwalk.proof import compare
from packetwalk.proof.draws import RandomCase, draw, every_mode, network
from packetwalk.shell import Shell, State
from packetwalk.walks import warming
from packetwalk.walks.network import Network
from packetwalk.walks.paths import KnownPaths

T = TypeVar("T")
TRIES = 30  # cases in which a difference is made simpler
EACH = 8  # cases that a process does one after the other
UNKNOWN = "the model does not know"


class Outcome(NamedTuple):
    """What came of a case: ``difference`` is one line, empty when there was none; ``refused`` were not tried.

    ``once`` is a difference that did not come again: the machine had no time for what waits for none.
    """

    case: RandomCase
    difference: str = ""
    refused: int = 0
    done: int = 0
    once: str = ""

    def json(self) -> dict[str, Any]:
        """Return it for ``--format json``."""
        case = self.case
        return {
            "plugin": case.plugin,
            "mode": case.mode,
            "underlay": case.underlay,
            "commands": [str(each) for each in case.commands],
            "packets": [str(each) for each in case.trials],
            "difference": self.difference,
            "once": self.once,
        }


def perform(case: RandomCase) -> Outcome:
    """Do a case in model and kernel, and compare; once more if they differ, or if a tool was not done in time."""
    try:
        first = _perform(case)
    except LabError:
        return _perform(case)
    if not first.difference:
        return first
    again = _perform(case)
    return again if again.difference else again._replace(once=first.difference)


def _perform(case: RandomCase) -> Outcome:
    made = case.network()
    state, live = State(made), Live()
    try:
        live.build(operations(made))
        calm(live.inside.values())
        refused = done = 0
        for command in case.commands:
            ours = Shell(state, command.netns, tried=False).run(command.argv)
            if ours.code and UNKNOWN in ours:
                refused += 1
                continue
            done += 1
            theirs = live.execute(command.netns, command.argv)
            if (ours.code == 0) != (theirs.code == 0):
                return Outcome(case, f"{command}: model '{_line(ours)}', kernel '{_line(theirs)}'", refused)
        return Outcome(case, _sent(case, state.network, live), refused, done)
    except LabError:
        raise
    except Exception as error:  # a model that fails differs too, and is made simple in the same way
        return Outcome(case, f"the model fails: {type(error).__name__}: {error}")
    finally:
        live.close()


def _line(output: str) -> str:
    return " / ".join(output.strip().splitlines()[:2]) or "done"


def _sent(case: RandomCase, model: Network, live: Live) -> str:
    """Send the packets; return the first difference."""
    with Recorder(live.inside, named(model)) as recorder:
        sent: list[Sent] = []
        told: list[Run] = []
        paths, holding = KnownPaths(), HoldingBack()
        for number, trial in enumerate(case.trials):
            run, before = warming.send(model, trial.src, trial.dst, trial.packet, paths)
            told += [before, run] if before else [run]
            name = f"packet-{number + 1}"
            time.sleep(holding.until(before))
            pause = holding.until(run)
            sent.append(send(recorder, name, trial.packet, run, before, hurried=True, pause=pause))
        without = unread(operations(model))
        emulated = live.played()
        made = recording(
            recorder, sent, without=without, plugin=case.plugin, mode=case.mode, emulated=emulated
        )
    for what, detail in compare.compare(made, model):
        return f"{what}: {detail}"
    counted = counters.difference(told, made)
    return f"counters, {counted}" if counted else ""


def check() -> None:
    """Raise LabError, in one line, where hypothesis is not installed."""
    if find_spec("hypothesis") is None:
        raise LabError("random clusters are drawn by hypothesis: pip install 'packetwalk[random]'")


def modes(plugin: str | None = None, mode: str | None = None) -> list[tuple[str, str]]:
    """Return the modes, of all or of a plugin, that this kernel can do without a stand-in."""
    return [
        (name, each)
        for name, each in every_mode()
        if plugin in (None, name) and mode in (None, each) and _without_stand_in(name, each)
    ]


def _without_stand_in(plugin: str, mode: str) -> bool:
    plan = operations(network(plugin, mode, "flat"))
    return not lacking(plan) and not played(plan)


def everywhere(many: int, seed: str, among: Sequence[tuple[str, str]]) -> list[Outcome]:
    """Draw ``many`` cases on all processors; the same seed on any machine draws the same ones.

    LabError when no mode can be done here.
    """
    if not among:
        raise LabError("none of these modes can be done in this kernel without a stand-in")
    starts = range(0, many, EACH)
    shares = [Share(min(EACH, many - start), f"{seed}-{start}", tuple(among)) for start in starts]
    return list(side_by_side(shares))


def text(outcomes: Sequence[Outcome]) -> str:
    """Return outcomes for people: what differs with the commands that show it, then a line that counts."""
    differing = [each for each in outcomes if each.difference]
    tried, left = sum(each.done for each in outcomes), sum(each.refused for each in outcomes)
    packets = sum(len(each.case.trials) for each in outcomes)
    once = sum(bool(each.once) for each in outcomes)
    out = [f"{each.case}\n  => {each.difference}\n" for each in differing]
    out.append(
        f"{len(outcomes)} clusters, {tried} commands, {packets} packets: {len(differing)} differ"
        f"{f', {once} did once and not again' if once else ''}; "
        f"{left} commands that the model says it does not know were left out"
    )
    return "\n".join(out)


class Share(NamedTuple):
    """A worker's part: ``many`` cases from ``seed``, in some modes."""

    many: int
    seed: str
    modes: tuple[tuple[str, str], ...]

    def __call__(self) -> list[Outcome]:
        """Return the outcome of every case; those that differ are shrunk."""
        return list(search(*self))


def search(
    many: int, seed: str, modes: Sequence[tuple[str, str]], do: Callable[[RandomCase], Outcome] | None = None
) -> Iterator[Outcome]:
    """Draw cases until ``many`` are done; yield the outcome of each, of those that differ the simplest form.

    ``do`` is what is done with a case, ``perform`` unless it is given: ``Outcome`` only draws it.
    """
    drawn = (_drawn(f"{seed}-{number}", modes, do or perform) for number in count())
    for found in islice((each for each in drawn if each), many):
        yield _simplest(found, do or perform) if found.difference else found


def _simplest(found: Outcome, do: Callable[[RandomCase], Outcome]) -> Outcome:
    """Leave out each packet and command without which the case differs all the same."""
    for part in ("trials", "commands"):
        for each in getattr(found.case, part):
            left = tuple(other for other in getattr(found.case, part) if other != each)
            if left or part == "commands":
                tried = do(RandomCase(**{**found.case._asdict(), part: left}))
                found = tried if tried.difference else found
    return found


def _drawn(
    seed: str, modes: Sequence[tuple[str, str]], do: Callable[[RandomCase], Outcome]
) -> Outcome | None:
    """Draw a case and do it; if it differs, return it shrunk.  None for one without a command.

    Hypothesis begins with the simplest case there is, which has none, and goes on with a random one; more of the
    same seed would be variations of that.
    """
    import hypothesis
    from hypothesis import Phase, strategies

    done: list[Outcome] = []
    failed: list[LabError] = []
    tries = iter(range(TRIES))

    def one(data: Any) -> None:
        if failed or (done and next(tries, None) is None):
            return  # simple enough; the shrinker finds nothing more and ends
        case = draw(_Chance(data.draw, strategies.integers), modes)
        if not case.commands:
            return
        try:
            outcome = do(case)
        except LabError as error:  # of the laboratory, not of the model: nothing to make simple
            failed.append(error)
            return
        if not done or outcome.difference:
            done.append(outcome)
        if outcome.difference:
            raise AssertionError(outcome.difference)

    settled = hypothesis.settings(
        max_examples=2,
        database=None,
        deadline=None,
        phases=(Phase.generate, Phase.shrink),
        suppress_health_check=list(hypothesis.HealthCheck),
        report_multiple_bugs=False,
        verbosity=hypothesis.Verbosity.quiet,
    )
    test = hypothesis.seed(seed)(settled(hypothesis.given(strategies.data())(one)))
    try:
        test()
    except Exception:
        if not done or not done[0].difference:
            raise
    if failed:
        raise failed[0]
    return min(done, key=lambda each: len(str(each.case)), default=None)


class _Chance:
    """Hypothesis's chance, which it can replay in simpler forms."""

    def __init__(self, draw: Callable[[Any], Any], integers: Callable[[int, int], Any]) -> None:
        self._draw, self._integers = draw, integers

    def whole(self, low: int, high: int) -> int:
        """Return a number; the lowest is the simplest."""
        return self._draw(self._integers(low, high))

    def one_of(self, among: Sequence[T]) -> T:
        """Return one of several; the first is the simplest."""
        return among[self.whole(0, len(among) - 1)]

    def chance(self, percent: int) -> bool:
        """Return True so many times in a hundred; False is the simplest."""
        return self.whole(0, 99) >= 100 - percent
