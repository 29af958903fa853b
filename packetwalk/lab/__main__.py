"""``python -m packetwalk.lab``: what an instructor runs.

``class FOLDER`` shows who is where; ``adapt nbgrader|otter LAB FOLDER`` writes a lab for a program that gives marks;
``exam --seed N`` is an exam in a terminal.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from packetwalk.errors import BadInput, LabError
from packetwalk.lab.rooms import room as of_package

ADAPTERS = ("nbgrader", "otter")


class OneLine(argparse.ArgumentParser):
    """A parser whose errors are one line and exit code 2."""

    def error(self, message: str) -> NoReturn:
        """Print the message and leave with 2."""
        sys.stderr.write(f"{self.prog}: {message}\n")
        raise SystemExit(2)


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the command line says; return 0, 1 where a file of the class could not be read, 2 for wrong input."""
    parser = OneLine(prog="python -m packetwalk.lab", description="For instructors.")
    commands = parser.add_subparsers(required=True, dest="command")
    shown = commands.add_parser("class", help="who is where: reports in a shared folder, or in learners' homes")
    shown.add_argument("folder", type=Path)
    shown.add_argument("--key", default="", help="the key that reports were signed with; else PACKETWALK_CLASS_KEY")
    made = commands.add_parser("adapt", help="a lab for nbgrader or otter-grader, marked by its own checks")
    made.add_argument("grader", choices=ADAPTERS)
    made.add_argument("lab", type=Path, help="a lab's folder, as labs/2-mtu")
    made.add_argument("folder", type=Path, help="where to write it; must not be there yet")
    sat = commands.add_parser("exam", help="broken clusters drawn from a number, graded by tables and packets")
    sat.add_argument("--seed", type=int, required=True, metavar="N", help="the number that draws the tasks")
    sat.add_argument("--ground", help="model or netns; netns by default, where it is there")
    sat.add_argument("--tasks", type=int, help="how many, 6 by default; another number is another exam")
    sat.add_argument("--minutes", type=int, help="how long, 60 by default")
    sat.add_argument("--who", default="", help="the name for the report")
    parsed = parser.parse_args(arguments)
    try:
        if parsed.command == "exam":
            numbers = {name: getattr(parsed, name) for name in ("tasks", "minutes") if getattr(parsed, name) is not None}
            of_package("lab.exam.terminal").sit(parsed.seed, parsed.ground, parsed.who, **numbers)
            return 0
        if parsed.command == "class":
            return _class(parsed.folder, parsed.key)
        lines = of_package("lab.check.graders").adapt(parsed.grader, parsed.lab, parsed.folder)
        print("\n".join(lines))
        return 0
    except (BadInput, LabError) as error:
        reason = str(error)
    except OSError as error:
        reason = f"{error.filename or 'output'}: {error.strerror or error}"
    sys.stderr.write(f"packetwalk.lab: {reason}\n")
    return 2


def _class(folder: Path, key: str) -> int:
    """Print the room, and a line for each file that is no report."""
    classroom = of_package("lab.classroom")
    found = classroom.room(folder)
    print(classroom.table(found, key))
    for line in found.bad:
        sys.stderr.write(f"packetwalk.lab: {line}\n")
    return 1 if found.bad else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
