"""The exam: faults drawn from a seed, timed, graded by tables and packets.

``exam = start(seed=7)``, then ``exam.task``, ``exam.shell("kind-worker", "ip route")``, ``exam.grade()``,
``exam.next()``, ``exam.report()``.  The same in a terminal: ``python -m packetwalk.lab exam --seed 7``.
"""

from __future__ import annotations

from packetwalk.lab.exam.sitting import Exam

MINUTES, TASKS = 60, 6


def start(seed: int, ground: str | None = None, *, tasks: int = TASKS, minutes: int = MINUTES) -> Exam:
    """Begin an exam and its clock: ``tasks`` of those that the seed draws, for ``minutes``.

    ``ground`` is ``model`` or ``netns``, the environment's when None, else ``netns`` where its programs are; a seed is the same exam
    on each. BadInput for numbers that cannot be; LabError, in one line, for a ground that cannot be used.
    """
    return Exam(seed, ground, tasks, minutes)
