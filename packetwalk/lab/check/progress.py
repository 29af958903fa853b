"""How far a learner is in a lab: what was tried, what is done, how many hints were asked for; kept while Python runs."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

_kept: dict[Path, Progress] = {}


class Tries:
    """One step: how often its check was asked, whether it was done, how many hints were seen, who came by checkpoint."""

    def __init__(self) -> None:
        self.tries, self.hints, self.done, self.brought = 0, 0, False, False


class Progress:
    """One lab's steps in their order."""

    def __init__(self, lab: str, steps: Iterable[str]) -> None:
        self.lab = lab
        self.steps = {name: Tries() for name in steps}

    def tried(self, name: str, *, done: bool) -> None:
        """Count a call of a check; what was done once stays done."""
        step = self.steps[name]
        step.tries += 1
        step.done = step.done or done

    def hinted(self, name: str, most: int) -> int:
        """Count a hint and return its number, from 1; the last one is given again."""
        step = self.steps[name]
        step.hints = min(step.hints + 1, most)
        return step.hints

    def brought(self, name: str) -> None:
        """Note that a learner came to a step by its checkpoint: what lies before it was done for them."""
        for each, step in self.steps.items():
            if each == name:
                return
            step.brought = step.brought or not step.done

    @property
    def at(self) -> str:
        """The first step that is neither done nor passed over by a checkpoint; empty when there is none."""
        return next((name for name, step in self.steps.items() if not step.done and not step.brought), "")


def progress_of(folder: Path, steps: Iterable[str]) -> Progress:
    """Return what is kept of the lab in a folder: a first cell that runs again forgets nothing."""
    names = tuple(steps)
    kept = _kept.get(folder)
    if kept is None or tuple(kept.steps) != names:
        kept = _kept[folder] = Progress(folder.name, names)
    return kept
