"""The model against the running kernel: it agrees, and an altered plan is found out.

Cases wait more than they compute (half a minute for fragments that never become whole): what a run asks for is done
beside each other, once, and each test looks at its own part.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from packetwalk.capture import recording
from packetwalk.capture.recording import Recording
from packetwalk.cli import main
from packetwalk.cni import plugins
from packetwalk.lab.proving.cases import cases
from packetwalk.lab.proving.prove import ProveTask, prove, replay
from packetwalk.lab.proving.workers import side_by_side
from packetwalk.plan.operation import Operation
from packetwalk.plan.rules import IPTABLES, NFTABLES
from packetwalk.proof import recordings
from packetwalk.proof import results as proof
from packetwalk.proof.results import Result
from packetwalk.tables import (
    FdbEntry,
    IptablesRule,
    LinkEntry,
    NeighEntry,
    NftRule,
    RouteEntry,
    SysctlEntry,
)
from tests import ROOT
from tests.lab.apart import Apart
from tests.lab.left import of_session, staying
from tests.waiting import HANGS

MODES = [(plugin.name, mode.name) for plugin in plugins().values() for mode in plugin.modes]
HERE = {
    ("flannel", "vxlan"),
    ("flannel", "vxlan-directrouting"),
    ("flannel", "host-gw"),
    ("calico", "vxlan"),
    ("calico", "vxlan-crosssubnet"),
    ("calico", "bgp"),
}
needs_kernel = pytest.mark.kernel("ipset")


Proofs = dict[tuple[str, str], list[Result]]


def asked_for(request: pytest.FixtureRequest, test: Callable[..., None]) -> list[dict[str, Any]]:
    """Return the parameters of a test in this run."""
    every = (item for item in request.session.items if getattr(item, "function", None) is test)
    return [item.callspec.params for item in every]  # type: ignore[attr-defined]


def proofs(asked: list[dict[str, Any]], rules: str) -> Proofs:
    """Prove all modes, or only the one that is asked for."""
    found: Proofs = defaultdict(list)
    for result in prove(**(asked[0] if len(asked) == 1 else {}), rules=rules):
        found[result.plugin, result.mode].append(result)
    return found


@pytest.fixture(scope="module")
def proven(request: pytest.FixtureRequest) -> Proofs:
    return proofs(asked_for(request, test_every_mode_is_proven_or_says_why_not), IPTABLES)


@pytest.fixture(scope="module")
def proven_with_nftables(request: pytest.FixtureRequest) -> Proofs:
    return proofs(asked_for(request, test_every_mode_is_proven_with_rules_of_nftables), NFTABLES)


@needs_kernel
@pytest.mark.parametrize(("plugin", "mode"), [each for each in MODES if NFTABLES in plugins()[each[0]].rules])
def test_every_mode_is_proven_with_rules_of_nftables(
    proven_with_nftables: Proofs, plugin: str, mode: str
) -> None:
    results = proven_with_nftables[plugin, mode]
    assert results
    wrong = [result for result in results if result.verdict == "differs"]
    assert not wrong, "\n".join(f"{r.fault} {r.what}: {r.detail}" for r in wrong)
    rows = [row for row in proof.matrix()[NFTABLES] if (row.plugin, row.mode) == (plugin, mode)]
    assert rows and all(row.proven == row.of for row in rows)
    if (plugin, mode) in HERE:
        assert sum(row.of for row in rows) == len(results), "make proof"


@needs_kernel
@pytest.mark.parametrize(("plugin", "mode"), MODES)
def test_every_mode_is_proven_or_says_why_not(proven: Proofs, plugin: str, mode: str) -> None:
    results = proven[plugin, mode]
    assert results
    wrong = [result for result in results if result.verdict == "differs"]
    assert not wrong, "\n".join(f"{r.fault} {r.what}: {r.detail}" for r in wrong)
    printed = [each for each in proof.matrix()["results"] if (each.plugin, each.mode) == (plugin, mode)]
    if (plugin, mode) in HERE:
        assert set(printed) == {each._replace(once="") for each in results}, "the matrix of the book is not what is found: make proof"
    else:
        assert all(r.verdict == "proven" or r.detail for r in results)
        if "CI" in os.environ:  # by the kernel or by a stand-in, but no less than the book says
            assert live(printed) <= live(results)


def live(results: Iterable[Result]) -> set[tuple[str | None, str]]:
    """Return what was compared in the running kernel, with a stand-in or without."""
    return {(each.fault, each.what) for each in results if each.where in ("kernel", "emulated")}


@pytest.mark.parametrize(
    "recorded",
    recordings.recordings(),
    ids=lambda r: f"{r.about['plugin']}-{r.about['mode']}",
)
def test_a_recording_that_comes_with_the_package_is_the_models_walk(recorded: Recording) -> None:
    results = list(replay(recorded, there=True))
    assert len(results) > 1
    assert not [result for result in results if result.verdict != "proven"]


def _replace(kind: type, where: Callable[[Operation], bool], **changes):
    def alter(plan: list[Operation]) -> list[Operation]:
        assert any(isinstance(op.entry, kind) and where(op) for op in plan), "alters nothing"
        return [
            op._replace(entry=op.entry._replace(**changes))
            if isinstance(op.entry, kind) and where(op)
            else op
            for op in plan
        ]

    return alter


def _remove(kind: type, where: Callable[[Operation], bool]):
    def alter(plan: list[Operation]) -> list[Operation]:
        assert any(isinstance(op.entry, kind) and where(op) for op in plan), "alters nothing"
        return [op for op in plan if not (isinstance(op.entry, kind) and where(op))]

    return alter


def _worker(op: Operation) -> bool:
    return op.netns == "kind-worker"


ALTERATIONS = {
    "route removed": _remove(RouteEntry, lambda op: _worker(op) and op.entry.dst == "10.244.2.0/24"),
    "route to another gateway": _replace(
        RouteEntry, lambda op: _worker(op) and op.entry.dst == "10.244.2.0/24", gateway="10.244.0.0"
    ),
    "FDB entry removed": _remove(FdbEntry, lambda op: _worker(op) and op.entry.dst == "172.18.0.4"),
    "FDB entry to another node": _replace(
        FdbEntry, lambda op: _worker(op) and op.entry.dst == "172.18.0.4", dst="172.18.0.2"
    ),
    "neighbour with another MAC": _replace(
        NeighEntry, lambda op: _worker(op) and op.entry.dst == "10.244.2.0", lladdr="02:00:00:00:00:99"
    ),
    "MTU of the tunnel": _replace(LinkEntry, lambda op: _worker(op) and op.entry.kind == "vxlan", mtu=1300),
    "MTU of the pod": _replace(LinkEntry, lambda op: op.netns == "a" and op.entry.kind == "veth", mtu=1400),
    "VNI of the receiver": _replace(
        LinkEntry, lambda op: op.netns == "kind-worker2" and op.entry.kind == "vxlan", vni=2
    ),
    "masquerade rule removed": _remove(
        IptablesRule, lambda op: _worker(op) and "MASQUERADE" in op.entry.spec and "224" in op.entry.spec
    ),
    "no forwarding": _replace(
        SysctlEntry, lambda op: _worker(op) and op.entry.key == "net.ipv4.ip_forward", value="0"
    ),
}


NATIVE = {
    "a service's rule to another pod": _replace(
        NftRule, lambda op: "0 : 10.244.2.2 . 8080" in op.entry.spec, spec="drop"
    ),
    "a map that is not asked": _remove(NftRule, lambda op: "vmap @service-ips" in op.entry.spec),
    "who leaves the cluster keeps its address": _remove(
        NftRule, lambda op: "!= 224.0.0.0/4 masquerade" in op.entry.spec
    ),
}


class AlterTask(NamedTuple):
    """Flannel's VXLAN, of which the kernel gets an altered plan; by name, for a process can be handed no function."""

    name: str

    def __call__(self) -> list[tuple[str, list[Result]]]:
        """Return the name, and what is found."""
        flannel, rules = plugins()["flannel"], NFTABLES if self.name in NATIVE else IPTABLES
        vxlan = next(cases(flannel, flannel.mode("vxlan"), rules))
        return [(self.name, ProveTask(vxlan, (ALTERATIONS | NATIVE)[self.name])())]


@pytest.fixture(scope="module")
def altered(request: pytest.FixtureRequest) -> dict[str, list[Result]]:
    asked = asked_for(request, test_an_altered_plan_is_found_out)
    return dict(side_by_side([AlterTask(each["name"]) for each in asked]))


@needs_kernel
@pytest.mark.parametrize("name", ALTERATIONS | NATIVE)
def test_an_altered_plan_is_found_out(altered: dict[str, list[Result]], name: str) -> None:
    """In the tables, and in the walk of a packet, each by one line."""
    found = [each for each in altered[name] if each.verdict == "differs"]
    assert {each.what == "tables" for each in found} == {True, False}
    assert all(each.detail and each.detail.count("\n") == 0 for each in found)


@needs_kernel
def test_a_walk_that_does_not_know_the_packet_before_it_is_found_out(tmp_path: Path) -> None:
    flannel = plugins()["flannel"]
    gone = next(each for each in cases(flannel, flannel.mode("host-gw")) if each.special == "endpoint-gone")
    assert [each.verdict for each in ProveTask(gone, save=tmp_path)()] == ["proven"] * 3
    both = recording.read(tmp_path / gone.name)
    second = both._replace(about={**both.about, "before": False}, sent=both.sent[1:])
    assert {each.what: each.verdict for each in replay(second)}[both.sent[1].name] == "differs"


@pytest.mark.parametrize(
    ("said", "kept"),
    [(["differs", "proven"], "proven"), (["differs", "differs"], "differs"), (["proven"], "proven")],
)
def test_what_differs_is_done_once_more_and_the_second_time_counts(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, said: list[str], kept: str
) -> None:
    """A machine too busy to answer within a second makes the kernel ask again, once; a wrong model differs twice."""
    flannel, left = plugins()["flannel"], iter(said)
    case = next(cases(flannel, flannel.mode("vxlan")))
    made = next(each for each in recordings.recordings() if each.about["plugin"] == "flannel")
    result = Result("flannel", "vxlan", None, "tables", "kernel", "proven", "")
    monkeypatch.setattr(ProveTask, "_once", lambda self: ([result._replace(verdict=next(left), detail="late")], made))
    (came,) = ProveTask(case, save=tmp_path)()
    again = len(said) == 2 and kept == "proven"
    assert (came.verdict, came.once) == (kept, "late" if again else "")
    assert ("tables, once and not again: late" in proof.table([came])) == again
    assert next(left, None) is None
    assert recording.read(tmp_path / case.name).about == made.about


def test_a_recording_with_another_table_is_a_difference(tmp_path: Path, capsys) -> None:
    shutil.copytree(recordings.folder() / "flannel-vxlan", tmp_path / "copy")
    assert main(["prove", "--replay", str(tmp_path / "copy")]) == 0
    table = tmp_path / "copy" / "kind-worker" / "route.json"
    table.write_text(table.read_text().replace('"10.244.2.0/24"', '"10.244.2.0/25"'))
    capsys.readouterr()
    assert main(["prove", "--replay", str(tmp_path / "copy")]) == 1
    assert "kernel has 'main: 10.244.2.0/25 via 10.244.2.0 dev flannel.1 onlink'" in capsys.readouterr().out


@needs_kernel
@pytest.mark.parametrize(
    ("mode", "after"),
    [("flannel vxlan", 0.1), ("flannel vxlan", 0.3), ("flannel vxlan", 0.8), ("calico bgp", 3)],
)
def test_killed_at_any_moment_it_leaves_nothing(apart: Apart, mode: str, after: float) -> None:
    """All that it made lives in its processes, also in BIRD's and others', and these end with it."""
    run = subprocess.Popen(
        [*apart.inside, sys.executable, "-m", "packetwalk", "prove", *mode.split()],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    time.sleep(after)
    run.send_signal(signal.SIGKILL)
    run.wait()
    assert staying(lambda: of_session(run.pid)) == []
    assert apart.left() == []


@needs_kernel
def test_two_labs_at_once_do_not_disturb_each_other() -> None:
    command = [sys.executable, "-m", "packetwalk", "prove", "flannel", "host-gw"]
    runs = [subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) for _ in "ab"]
    for run in runs:
        out, _ = run.communicate(timeout=HANGS)
        assert run.returncode == 0, out


def test_wrong_names_are_one_line(capsys) -> None:
    assert main(["prove", "nobody"]) == 2
    assert capsys.readouterr().err.count("\n") == 1
