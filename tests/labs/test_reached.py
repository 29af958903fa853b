"""Any step of any lab is reached from nothing: undone by its check, and done by what the third hint says."""

from __future__ import annotations

from pathlib import Path

import pytest

from packetwalk import lab
from packetwalk.errors import BadInput, LabError
from packetwalk.lab.check import LOST, checkpoints, load
from packetwalk.lab.check.checkpoints import SolutionCell
from tests.labs.run import execute, place
from tests.refresh_labs import solutions, stub

LABS = [pytest.param(path.parent, id=path.parent.name) for path in solutions()]
IN_KERNEL = {"0-meet": "5", "1-flannel": "3", "4-calico": "5", "9-policy": "5b"}
"""A part for the kernel: by hand, break, configuration, policies; all steps there take five minutes."""


def names_at(folder: Path, step: str, names: dict) -> list[SolutionCell]:
    """Run a lab's first cell alone, go to a step, and return the cells from its task to its check."""
    cells = checkpoints.cells(folder)
    execute(cells[0].source, names)
    names["cluster"].at(step, names)
    last = next(at for at, each in enumerate(cells) if each.step == step)
    return cells[checkpoints.task(folder, step) : last + 1]


def tried(folder: Path, step: str, ground: str) -> tuple[str, str, str]:
    """Return what the check of a step says when nothing is done there, when the third hint is, and once more."""
    with place(folder, ground) as names:
        task, *between, check = names_at(folder, step, names)
        later = [each.source for each in checkpoints.cells(folder)]
        kept = dict(names)
        execute(stub(task.source, [*later, check.source]), names)
        undone = execute(check.source, names)
        names.update(kept)
        hint = [execute(f'hint("{step}")', names) for _ in range(3)][2]
        for each in (hint.split(": the whole of it.\n")[1], *(cell.source for cell in between)):
            execute(each, names)
        return undone, execute(check.source, names), execute(check.source, names)


def judge(folder: Path, step: str, ground: str) -> None:
    undone, done, again = tried(folder, step, ground)
    assert "not yet.\n  - " in undone and LOST.format(step=step) not in undone, undone
    assert f"Step {step}: done. " in done and done == again, done + again


@pytest.mark.parametrize("folder", LABS)
def test_each_step_is_reached_from_nothing_undone_and_can_be_done(folder: Path) -> None:
    assert checkpoints.steps(folder) == load(None, folder / "check.py").steps  # type: ignore[arg-type]
    for step in checkpoints.steps(folder):
        judge(folder, step, "model")


@pytest.mark.kernel
@pytest.mark.parametrize("name", IN_KERNEL)
def test_and_so_it_is_in_the_kernel(name: str) -> None:
    judge(solutions()[0].parents[1] / name, IN_KERNEL[name], "netns")


@pytest.mark.parametrize("folder", LABS)
def test_every_cell_can_be_run_twice(folder: Path) -> None:
    """Each twice in a row: an error, if any, is one line of this package's own."""
    with place(folder, "model") as names:
        for each in checkpoints.cells(folder):
            execute(each.source, names)
            try:
                said = execute(each.source, names)
            except (BadInput, LabError):
                assert "cluster.record(" in each.source, each.source  # never over another recording
                continue
            assert not each.step or f"Step {each.step}: done. " in said, said


def test_a_first_cell_that_runs_again_leaves_no_second_cluster() -> None:
    names: dict = {"get_ipython": None}
    first, others = 'from packetwalk import lab\ncluster = lab.open("flannel", "vxlan", "model")', []
    for _ in range(2):
        execute(first, names)
        others.append(names["cluster"])
    with pytest.raises(LabError, match="the cluster is closed"):
        others[0].pod("a").ping("b")
    with pytest.raises(LabError, match="the cluster is closed"):
        others[0].mend()
    assert others[1].pod("a").ping("b").ok
    with lab.open("flannel", "vxlan", "model") as one, lab.open("flannel", "vxlan", "model") as two:
        assert one.pod("a").ping("b").ok and two.pod("a").ping("b").ok


def test_a_step_that_is_not_there_lists_those_that_are(capsys: pytest.CaptureFixture[str]) -> None:
    folder = solutions()[0].parents[1] / "3-broken"
    with place(folder, "model") as names:
        execute(checkpoints.cells(folder)[0].source, names)
        for wrong in ("5", 11, "", "last", "a"):
            with pytest.raises(BadInput, match=r'valid: "0", "1a", "1b", '):
                names["cluster"].at(wrong)
        names["cluster"].at(3, names)
        assert "This is step 3a" in capsys.readouterr().out
        names["cluster"].at(" Step 3B ", names)
        assert "This is step 3b" in capsys.readouterr().out
        assert names["cluster"].broken == "ip-forward-off" and callable(names["trail"])


def test_there_is_a_button_for_each_step_which_says_how_it_went() -> None:
    folder = solutions()[0].parents[1] / "1-flannel"
    with place(folder, "model") as names:
        execute(checkpoints.cells(folder)[0].source, names)
        buttons, said = names["cluster"].at(names=names), []
        assert repr(buttons) == 'cluster.at("STEP") brings you to a step, from wherever you are: 1, 2, 3, 4, 5'
        shown = buttons._repr_mimebundle_()
        assert shown["text/plain"] == repr(buttons) and "application/vnd.jupyter.widget-view+json" in shown
        buttons.press("4", said.append)
        assert said[-1].startswith("This is step 4") and names["port"] == 8472
        names["cluster"].close()
        buttons.press("4", said.append)
        assert "the cluster is closed" in said[-1]
