"""An exam as it is sat: one task after the other, each on a cluster of its own, against the clock."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Unpack

from packetwalk.capture.output import Output
from packetwalk.errors import BadInput, LabError
from packetwalk.lab.exam.bench import cluster_of
from packetwalk.lab.exam.cases import ExamCase, draw
from packetwalk.lab.exam.grading import Grade, differences, grade, modelled, tables
from packetwalk.lab.exam.kinds import kinds
from packetwalk.lab.exam.paper import Earned, ExamReport, report
from packetwalk.lab.exam.task import ExamTask, Expected, expected, parts, title
from packetwalk.lab.grounds.planned import Planned
from packetwalk.trace.packet import PacketOptions

MOST_MINUTES = 600


class Exam:
    """Tasks drawn from a seed; ``task`` is the one that is open, ``shell`` works on its cluster.

    Close it, or use it with ``with``: its cluster is then gone.
    """

    def __init__(self, seed: int, ground: str | None = None, tasks: int = 6, minutes: int = 60) -> None:
        """Open the first task; the clock runs from then on. BadInput for numbers that cannot be, LabError for a ground."""
        _whole("seed", seed, 0, 2**63)
        _whole("tasks", tasks, 1, len(kinds()))
        _whole("minutes", minutes, 1, MOST_MINUTES)
        self.seed, self.minutes, self._asked = seed, minutes, ground
        self._cases, self._lines = draw(seed, tasks), list[Earned]()
        self._cluster: Planned | None = None
        self._spent: float | None = None
        self._open()
        self.ground = self._running.ground
        self._start = time.monotonic()

    def _open(self) -> None:
        """Bring the cluster of the next task up."""
        case = self._case
        self._expected: Expected = expected(case, self.seed)
        self._damage = differences(case.network, modelled(case.broken))
        self._cluster = cluster_of(case.make, case.change, self._asked)
        self._before = differences(case.network, tables(self._cluster))

    @property
    def _case(self) -> ExamCase:
        return self._cases[len(self._lines)]

    @property
    def _running(self) -> Planned:
        if self._cluster is None:
            raise LabError("exam: it has ended; exam.report() is what there is to hand in")
        return self._cluster

    @property
    def task(self) -> ExamTask:
        """The task that is open; LabError when the exam has ended."""
        _ = self._running
        case, told = self._case, self._expected
        number = len(self._lines) + 1
        return ExamTask(number, len(self._cases), title(case.make), parts(case), told.fails, told.works)

    @property
    def left(self) -> float:
        """The minutes that are left; below 0 when it is late."""
        return self.minutes - (time.monotonic() - self._start) / 60

    def shell(self, place: str, line: str) -> Output:
        """Run a command on a node or in a pod, as ``cluster.node(NAME).run`` does; BadInput for other names."""
        cluster = self._running
        if place not in (*cluster.nodes, *cluster.pods):
            raise BadInput("node or pod", place, [*cluster.nodes, *cluster.pods])
        return (cluster.node(place) if place in cluster.nodes else cluster.pod(place)).run(line)

    def tcpdump(self, place: str, dev: str, src: str, dst: str, **packet: Unpack[PacketOptions]) -> Output:
        """Return what tcpdump on a device of a node or pod prints of one packet and what follows from it."""
        cluster = self._running
        at = cluster.node(place) if place in cluster.nodes else cluster.pod(place)
        return at.tcpdump(dev, src, dst, **packet)

    def grade(self) -> Grade:
        """Return the grade of the open task as its cluster is now; ask as often as you like."""
        cluster, case = self._running, self._case
        now = differences(case.network, tables(cluster))
        if now - self._before or self._damage & now:
            flows = {flow: self._expected.tried[flow] for flow in self._expected.fails}
        else:
            flows = dict(self._expected.tried)
        for name in (*cluster.nodes, *cluster.pods):
            self.shell(name, "ip route flush cache")  # path MTUs that were learnt while it was broken
        seen = {flow: (ought, flow.works(cluster)) for flow, ought in flows.items()}
        return grade(self._damage, self._before, now, seen)._replace(late=self.left < 0)

    def again(self) -> ExamTask:
        """Break the task's cluster anew, as it was when the task began; the clock runs on."""
        cluster = self._running
        cluster.mend()
        self._before = differences(self._case.network, tables(cluster))
        return self.task

    def next(self) -> ExamTask | None:
        """Hand the open task in as it is, for good, and open the next one; None when that was the last."""
        self._hand_in()
        if len(self._lines) == len(self._cases):
            return None
        self._open()
        return self.task

    def _hand_in(self) -> None:
        done = self.grade()
        self._lines.append(Earned(done.points, done.most, done.late))
        self._spent = self.minutes - self.left
        self.close()

    def report(self, who: str = "", folder: str | Path = "") -> ExamReport:
        """Hand all in, and return what there is to hand in; tasks that were not opened have no points.

        It is of ``who`` or of PACKETWALK_WHO, else of this user, and is written into ``folder`` or PACKETWALK_CLASS,
        where one of them is set; LabError where it cannot be.
        """
        if self._cluster is not None:
            self._hand_in()
        while len(self._lines) < len(self._cases):
            self._lines.append(Earned(0, parts(self._case), False))
        return report(who, self.seed, self.ground, self.minutes, self._spent or 0, self._lines, folder)

    def solutions(self) -> str:
        """Return what was wrong in each task, and the commands that mend it; LabError before the exam has ended."""
        if len(self._lines) < len(self._cases):
            raise LabError("exam: solutions come after exam.report()")
        out = []
        for number, case in enumerate(self._cases, 1):
            out += [f"Task {number}: {case.cause}", *(f"  {command}" for command in case.solution)]
        return "\n".join(out)

    def close(self) -> None:
        """Take the cluster down; to close twice is no error."""
        if self._cluster is not None:
            self._cluster.close()
            self._cluster = None

    def __enter__(self) -> Exam:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        if self._cluster is None:
            return f"exam {self.seed}: ended"
        late = f"{self.left:.0f} minutes left" if self.left >= 0 else "late"
        return f"exam {self.seed} on {self.ground}: task {len(self._lines) + 1} of {len(self._cases)}, {late}"


def _whole(what: str, given: object, least: int, most: int) -> None:
    if not isinstance(given, int) or isinstance(given, bool) or not least <= given <= most:
        raise BadInput(what, given, [f"{least} to {most}"])
