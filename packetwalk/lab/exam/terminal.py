"""The exam in a terminal: ``python -m packetwalk.lab exam --seed 7``."""

from __future__ import annotations

from packetwalk.errors import BadInput, LabError
from packetwalk.lab.exam import start
from packetwalk.lab.exam.sitting import Exam

HELP = """on PLACE   go to a node or pod; what you type then is run there
task       what is reported
grade      how the task stands
again      break the task's cluster anew
next       hand the task in, open the next one
report     hand all in, and see the solutions; the end of the input does it, too
help       this text"""


def sit(seed: int, ground: str | None, who: str, **numbers: int) -> None:
    """Sit an exam; what is typed comes from standard input, a command a line. BadInput and LabError as ``start``."""
    with start(seed, ground, **numbers) as exam:
        print(f"{exam!r}\n{HELP}\n\n{exam.task!r}")
        _talk(exam)
        print(f"{exam.report(who)!r}\n\n{exam.solutions()}")


def _talk(exam: Exam) -> None:
    place = "kind-worker"
    while True:
        try:
            line = input(f"{place}$ ").strip()
        except EOFError:
            print()
            return
        word, _, rest = line.partition(" ")
        try:
            if line == "report":
                return
            if line == "next":
                task = exam.next()
                if task is None:
                    return
                print(repr(task))
            elif line in ("task", "again", "grade"):
                said = {"task": lambda: exam.task, "again": exam.again, "grade": exam.grade}[line]()
                print(said)
            elif word == "on":
                _ = exam.shell(rest.strip(), "ip route")
                place = rest.strip()
            elif line in ("help", ""):
                print(HELP if line else "", end="\n" if line else "")
            else:
                print(exam.shell(place, line), end="")
        except (BadInput, LabError) as error:
            print(error)
