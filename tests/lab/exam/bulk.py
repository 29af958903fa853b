"""Every seed's exam, solved rightly and wrongly on the model: ``python -m tests.lab.exam.bulk --seeds 1000``.

A case (a kind of task at a place) is tried once, however many seeds draw it.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import lru_cache

from packetwalk.lab.exam.bench import cluster_of
from packetwalk.lab.exam.cases import ExamCase, draw, every_case
from packetwalk.lab.exam.grading import Grade, OddLine, differences, grade, modelled, tables
from packetwalk.lab.exam.kinds import kinds
from packetwalk.lab.exam.task import Expected, expected
from tests.lab.exam.wrong import Answer, answers


@lru_cache(maxsize=2)
def _told(case: ExamCase, seed: int) -> tuple[Expected, Counter[OddLine]]:
    return expected(case, seed), differences(case.network, modelled(case.broken))


def graded(case: ExamCase, answer: Answer, seed: int = 0, ground: str = "model") -> Grade:
    """Return the grade of an answer on a fresh cluster."""
    told, damage = _told(case, seed)
    with cluster_of(case.make, case.change, ground) as cluster:
        before = differences(case.network, tables(cluster))
        for place, line in answer:
            (cluster.node(place) if place in cluster.nodes else cluster.pod(place)).run(line)
        now = differences(case.network, tables(cluster))
        tried = {} if now - (before - damage) else told.tried  # what differs is not right, whatever arrives
        flows = {flow: (ought, flow.works(cluster)) for flow, ought in tried.items()}
    return grade(damage, before, now, flows)


def faults(case: ExamCase) -> Iterator[str]:
    """Yield what is wrong with a case: a right answer that fails, a wrong one that passes, no symptom."""
    if not _told(case, 0)[0].fails:
        yield "nobody notices it"
    said = graded(case, case.solution)
    if not said.right:
        yield f"the solution: {said!r}"
    for what, answer in answers(case):
        said = graded(case, answer)
        if said.right:
            yield f"passes: {what}"


def _each_once(ground: str, only: Sequence[str] | None) -> None:
    """Solve each kind on a ground, and say how that is graded."""
    for number, kind in enumerate(kinds()):
        if not only or kind.name in only:
            spots = kind.spots()
            case = ExamCase(kind, spots[number % len(spots)])
            print(" ".join(case.key), repr(graded(case, case.solution, ground=ground)), flush=True)


def main() -> None:
    """Draw the exams, and print what was found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=1000)
    parser.add_argument("--tasks", type=int, default=6)
    parser.add_argument("--kind", nargs="*", help="only these kinds")
    parser.add_argument(
        "--ground", default="model", help="on netns each kind is solved once, at one of its spots"
    )
    asked = parser.parse_args()
    if asked.ground != "model":
        _each_once(asked.ground, asked.kind)
        return
    exams = [tuple(case.key for case in draw(seed, asked.tasks)) for seed in range(asked.seeds)]
    drawn = Counter(key for exam in exams for key in exam)
    known = {case.key: case for case in every_case()}
    print(f"{asked.seeds} seeds, {len(set(exams))} different exams, {len(drawn)} of {len(known)} cases drawn")
    tried = bad = 0
    for key in sorted(drawn):
        if asked.kind and key[0] not in asked.kind:
            continue
        tried += 1 + len([*answers(known[key])])
        for line in faults(known[key]):
            bad += 1
            print(f"{' '.join(key)}: {line}", flush=True)
    print(f"{tried} answers graded, {bad} faults")


if __name__ == "__main__":
    main()
