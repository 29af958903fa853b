"""What every program has that writes a part of a plan itself: its part of a plan, what it needs, its way to work."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager

from packetwalk.lab.kernel.namespaces import Namespace
from packetwalk.plan.operation import Operation
from packetwalk.walks.network import Network


class PlanWriter(ABC):
    """A program, or several, in the place of what a plan says of them; ``name`` is for people."""

    name: str

    @abstractmethod
    def scenarios(self, mode: str, underlay: str, fault: str | None) -> tuple[str, ...]:
        """Return the scenarios that show its work in such a cluster, or nothing where others do."""

    @abstractmethod
    def writes(self, operation: Operation) -> bool:
        """Say whether an operation is of its part."""

    @abstractmethod
    def lacking(self, plan: Sequence[Operation]) -> str:
        """Return why it cannot write its part of a plan here, or nothing."""

    @abstractmethod
    def work(
        self, namespaces: Mapping[str, Namespace], network: Network, plan: Sequence[Operation]
    ) -> AbstractContextManager[object]:
        """Write its part of a plan; what it made, or how it goes on, ends with the context.

        LabError says in one line what went wrong.
        """


def left_out(plan: Iterable[Operation], by: PlanWriter) -> list[Operation]:
    """Return what is to be built beside a program that writes: all of a plan that it does not write."""
    return [operation for operation in plan if not by.writes(operation)]
