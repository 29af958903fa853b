"""Every check: the right answer in five ways, five wrong ones, nothing done, too much done; each is judged rightly."""

from __future__ import annotations

import pytest

from packetwalk.lab.check import checkpoints
from tests.labs.tried.trying import FOLDER, LABS, judged, tries

IN_KERNEL = {"0-meet": "5", "3-broken": "2b"}
"""A part: both are done by hand, and take a rule too many; all of it is `python -m tests.labs.tried netns`."""


def test_each_step_of_each_lab_is_in_the_table_with_five_right_answers_and_five_wrong_ones() -> None:
    assert set(LABS) == {path.parent.name for path in FOLDER.glob("*/solution.ipynb")}
    for lab, steps in LABS.items():
        assert tuple(steps) == checkpoints.steps(FOLDER / lab)
        for step, table in steps.items():
            assert len(set(table.right)) >= 5 and len(set(table.wrong)) >= 5 and len(set(table.much)) >= 2, f"{lab} {step}"
            assert not set(table.right) & {*table.wrong, *table.much}, f"{lab} {step}"


@pytest.mark.parametrize("lab", LABS)
def test_every_check_takes_what_is_right_and_nothing_else(lab: str) -> None:
    for each in tries(lab, "model"):
        assert not each.fault, f"step {each.step}, {each.kind}, {each.fault}:\n{each.entry}\n{each.said}"


@pytest.mark.kernel
@pytest.mark.parametrize("lab", IN_KERNEL)
def test_and_so_it_does_in_the_kernel(lab: str) -> None:
    for each in tries(lab, "netns", IN_KERNEL[lab]):
        assert not each.fault, f"step {each.step}, {each.kind}, {each.fault}:\n{each.entry}\n{each.said}"


@pytest.mark.parametrize(
    ("kind", "said", "fault"),
    [
        ("right", "Step 1: done. So.", ""),
        ("right", "Step 1: not yet.\n  - no", "is refused"),
        ("wrong", "Step 1: done. So.", "is taken"),
        ("much", "Step 1: not yet.", "gives no reason"),
        ("wrong", "Step 1: not yet.\n  - it says:", "has a reason that ends after a colon"),
        ("wrong", "Step 1: not yet.\n  - invalid literal for int()", "lets Python speak"),
        ("nothing", "Step 1: not yet.\n  - no answer", ""),
    ],
)
def test_what_is_judged_wrongly_is_seen(kind: str, said: str, fault: str) -> None:
    assert judged(kind, "1", said) == fault
