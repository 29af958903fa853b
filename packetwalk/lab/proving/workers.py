"""Tasks on all processors, in processes that end with this one, however it ends."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Iterator, Sequence
from multiprocessing.pool import Pool
from typing import Protocol, TypeVar

from packetwalk.lab.kernel.daemon import end_with
from packetwalk.lab.kernel.patience import FACTOR

SIDE_BY_SIDE = 4 if FACTOR == 1 else 1  # processes for each processor, for they mostly wait
R = TypeVar("R")


class Task(Protocol[R]):
    """Something to do, that can be handed to a process."""

    def __call__(self) -> list[R]:
        """Do it."""


def side_by_side(tasks: Sequence[Task[R]]) -> Iterator[R]:
    """Do the tasks on all processors; what is yielded has their order."""
    many = min(processes(), len(tasks))
    if many < 2:
        for task in tasks:
            yield from task()
        return
    with _started(many) as pool:
        for results in pool.imap(_do, tasks):
            yield from results


def _started(many: int) -> Pool:
    """Return processes that Ctrl-C does not reach, from their first moment on: this one ends them."""
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        return multiprocessing.get_context("fork").Pool(many, _end_with_parent, (os.getpid(),))
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})


def processes() -> int:
    """Return how many processes work at a time."""
    return SIDE_BY_SIDE * len(os.sched_getaffinity(0))


def _do(task: Task[R]) -> list[R]:
    return task()


def _end_with_parent(parent: int) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    end_with(parent)
