"""Model against kernel: build a plan in both, send the same packets, compare all that can be seen.

What this kernel lacks is compared with recordings of a guest's kernel, which come with the package.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from packetwalk.capture import recording as folder
from packetwalk.capture.recording import Recording, Sent
from packetwalk.cni import plugins
from packetwalk.errors import BadInput, LabError
from packetwalk.lab.advice import ProgramMissing
from packetwalk.lab.kernel.abilities import lacking
from packetwalk.lab.kernel.inventory import named, operations
from packetwalk.lab.kernel.live import Live
from packetwalk.lab.kernel.programs.plan_writer import PlanWriter, left_out
from packetwalk.lab.kernel.record import Recorder, recording
from packetwalk.lab.proving.cases import PLUGINS, Case, by_ipv6, cases
from packetwalk.lab.proving.holding_back import HoldingBack
from packetwalk.lab.proving.sending import send, unread
from packetwalk.lab.proving.workers import side_by_side
from packetwalk.lab.rooms import room
from packetwalk.plan.operation import Operation
from packetwalk.plan.rules import IPTABLES
from packetwalk.proof import compare, recordings
from packetwalk.proof import results as proof
from packetwalk.proof.results import Result
from packetwalk.walks import warming
from packetwalk.walks.network import Network
from packetwalk.walks.paths import KnownPaths
from packetwalk.walks.scenario import scenario

Alter = Callable[[list[Operation]], list[Operation]]


def prove(
    plugin: str | None = None,
    mode: str | None = None,
    *,
    save: Path | None = None,
    rules: str = IPTABLES,
    release: str | None = None,
    ipv6: bool = False,
) -> Iterator[Result]:
    """Compare model and kernel for all modes, a plugin's, or one; yield results as they come.

    ``save`` is a folder for the recordings, ``rules`` the form of the rules; plugins that know it not are left
    out, unless one is named, whose ``release`` can be said; ``ipv6`` sends by the second family of dual stack.  BadInput for names that do not exist; LabError when no
    namespace can be made.
    """
    chosen = list(_by_ipv6(plugin, mode) if ipv6 else _cases(plugin, mode, rules, release))
    older = chosen[0].release if chosen else None
    here: dict[tuple[str, str], str] = {}
    for result in side_by_side([ProveTask(case, save=save) for case in chosen]):
        if result.where:
            here[result.plugin, result.mode] = result.where
        yield result
    for each in () if ipv6 or recordings.missing() else recordings.recordings():
        of = each.about["plugin"], each.about["mode"]
        if (each.about.get("rules", IPTABLES), each.about.get("release")) != (rules, older):
            continue
        tells_more = of not in here or (here[of] != "kernel" and each.about["ground"] != "netns")
        if tells_more and of in {(case.plugin, case.mode) for case in chosen}:
            yield from replay(each, there=True)


def _by_ipv6(plugin: str | None, mode: str | None) -> Iterator[Case]:
    """Yield the cases of modes that have IPv6; BadInput where the one that is named has not."""
    for each in plugins().values():
        for one in each.modes if plugin in (None, each.name) else ():
            asked = plugin is not None and mode is not None  # then it must have it
            if mode in (None, one.name) and (asked or each.has_ipv6(one.name)):
                yield from by_ipv6(each, one)


def _cases(plugin: str | None, mode: str | None, rules: str, release: str | None) -> Iterator[Case]:
    found = plugins()
    if plugin is not None and plugin not in found:
        raise BadInput("plugin", plugin, found)
    for newest in found.values():
        each = newest.at(release) if plugin == newest.name else newest
        if plugin == each.name:
            each.form(rules)
        if plugin in (None, each.name) and rules in each.rules:
            for one in each.modes if mode is None else [each.mode(mode)]:
                yield from cases(each, one, rules)


class ProveTask(NamedTuple):
    """One case to do in a process, and once more, in a new cluster, if it differs.

    A machine that is too busy lets the kernel's timers run out (ARP and TCP ask again after a second): what does not
    come again is no difference.  ``alter`` changes the plan on its way into the kernel only: then the results must
    differ, and one time tells.
    """

    case: Case
    alter: Alter | None = None
    save: Path | None = None

    def __call__(self) -> list[Result]:
        """Return the results of a case."""
        results, made = self._once()
        first = {each.what: each.detail for each in results if each.verdict == "differs"}
        if first and not self.alter:
            results, made = self._once()
            results = [each._replace(once=first.get(each.what, "")) if each.verdict == "proven" else each for each in results]
        if self.save is not None and made is not None:
            folder.write(made, self.save / self.case.name)
        return results

    def _once(self) -> tuple[list[Result], Recording | None]:
        """Build and record it; return what the comparison says, and the recording if one could be made."""
        case, network, live = self.case, self.case.network(), Live()
        plan = operations(network)
        missing = lacking(plan) or (_writer(case, case.writer).lacking(plan) if case.writer else "")
        if missing:
            return [_failed(case, "not here", missing)], None
        try:
            without = unread(plan) if self.save is None else ()
            made = _made(case, network, live, self.alter(plan) if self.alter else plan, without)
        except LabError as error:
            return [_failed(case, "not here" if isinstance(error, ProgramMissing) else "differs", str(error))], None
        finally:
            live.close()
        return list(replay(made, network)), made


def _made(
    case: Case, network: Network, live: Live, plan: list[Operation], without: Iterable[str]
) -> Recording:
    """Build a plan and record the case; the part of a plan writer is its own to write."""
    if not case.writer:
        live.build(plan if network.before is None else operations(network.before))
        return _record(case, network, live, without, plan)
    writing = _writer(case, case.writer)
    live.build(left_out(plan, writing))
    with writing.work(live.inside, network, plan):
        return _record(case, network, live, without, plan)


def _writer(case: Case, name: str) -> PlanWriter:
    """Return the program that writes a part of the plan itself."""
    found: PlanWriter = room(PLUGINS).writer(case.plugin, name)
    return found


def _failed(case: Case, verdict: str, detail: str) -> Result:
    what = _titled("all", case.writer)
    return Result(case.plugin, case.mode, case.fault, what, "", verdict, detail, case.rules, case.release)


def _titled(what: str, writer: str | None) -> str:
    """Return what was compared, and which program wrote its part of the plan itself."""
    return f"{what} ({writer})" if writer else what


def _record(
    case: Case, network: Network, live: Live, without: Iterable[str], plan: Sequence[Operation]
) -> Recording:
    """Send the packets of a case, each after another that warms the neighbours on its way.

    Where the cluster was another for the packet before a scenario's own, its rules become those of ``plan`` then.

    A packet of which each fragment would
    take one of these five is left out.
    """
    about = {
        "plugin": case.plugin,
        "mode": case.mode,
        "underlay": case.underlay,
        "fault": case.fault,
        "special": case.special,
        **({"author": case.writer} if case.writer else {}),
        **({"rules": case.rules} if case.rules != IPTABLES else {}),
        **({"release": case.release} if case.release else {}),
        **({"before": True} if network.before else {}),
        **({"ipv6": True} if case.ipv6 else {}),
        "cold": any(trial.packet.cold for trial in case.trials),
        "emulated": sorted(live.lab.emulated),
    }
    with Recorder(live.inside, named(network)) as recorder:
        sent = list(_send(case, network, recorder, lambda: live.rewrite(plan)))
        return recording(recorder, sent, whole=case.fault is None, without=without, **about)


def _send(case: Case, network: Network, recorder: Recorder, turn: Callable[[], None]) -> Iterator[Sent]:
    """Send each packet of a case, after the one that its scenario has before it; ``turn`` changes the cluster between."""
    paths, holding = KnownPaths(), HoldingBack()
    for name, packet in case.sent():
        ends = scenario(name, network.plugin)
        if ends.before:
            first = ends.before.src, ends.before.dst
            run, warm = warming.send(network.before or network, *first, packet, paths)
            yield send(recorder, f"{name}-before", packet, run, warm)
        if network.before:
            turn()
        run, before = warming.send(network, ends.src, ends.dst, packet, paths)
        lost = any(trace.disposition == "no_route" for trace in run.traces)
        if lost and any(trace.name == "fragment" for trace in run.traces):
            continue
        time.sleep(holding.until(before) if before and before.redirected else 0)
        pause = holding.until(run) if run.redirected else 0
        yield send(recorder, name, packet, run, before, pause=pause)


def replay(recorded: Recording, model: Network | None = None, *, there: bool = False) -> Iterator[Result]:
    """Compare a recording with the model; one result for the tables, one for each packet.

    ``there`` says that it was made on another machine, or at another time.
    """
    about = recorded.about
    details: dict[str, str] = {}
    for what, detail in compare.compare(recorded, model):
        details.setdefault(what, detail)
    for what in (compare.TABLES, *(sent.name for sent in recorded.sent)):
        yield Result(
            about["plugin"],
            about["mode"],
            about.get("fault"),
            _titled(what, about.get("author")),
            _where(about, there),
            "differs" if what in details else "proven",
            details.get(what, ""),
            about.get("rules", IPTABLES),
            about.get("release"),
        )


def _where(about: Mapping[str, Any], there: bool) -> str:
    """Return where a recording was made, a word of ``proof.WHERE``; BadInput for a ground that nobody knows."""
    ground = str(about.get("ground"))
    known = ("netns", "guest", "kind", "real", *proof.OWN)
    if ground not in known:
        raise BadInput("recording, ground", about.get("ground"), known)
    if ground != "netns":
        return ground
    return "replay" if there else "emulated" if about.get("emulated") else "kernel"
