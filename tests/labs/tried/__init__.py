"""What was tried of every check: the right answer in five ways, five wrong ones, nothing done, too much done.

An entry is Python, as a learner types it into the task's cell: an expression where the check takes one answer, else
statements. It begins where ``cluster.at`` leaves the step. ``python -m tests.labs.tried [GROUND]`` prints the table.
"""

from __future__ import annotations

from typing import NamedTuple


class Tried(NamedTuple):
    """Entries for one check: ``right`` must pass; ``wrong`` and ``much`` (too much done) must be refused in a line."""

    right: list[str]
    wrong: list[str]
    much: list[str]
