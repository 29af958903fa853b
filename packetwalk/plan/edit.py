"""Edits of a plan, made of a few: drop operations, alter or add some; at whom, and about whom.

An edit is a ``Change``: asked node by node, it returns the operations of that node as it leaves them.
What a scenario, a fault or a manifest does to a plan is said with these.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from typing import Any

from packetwalk.plan.cluster import Cluster, Node
from packetwalk.plan.operation import Operation
from packetwalk.tables import Entry

Change = Callable[[Cluster, Node, list[Operation]], list[Operation]]
Who = Callable[[Cluster], Collection[Node]]
Which = Callable[[Cluster], Callable[[Operation], bool]]


# --- who ---------------------------------------------------------------------------------------


def sender(cluster: Cluster) -> tuple[Node, ...]:
    """Return the node of pod a."""
    return (cluster.nodes[1],)


def receiver(cluster: Cluster) -> tuple[Node, ...]:
    """Return the node of pod b: the second worker, or the control plane where there is only one."""
    return (cluster.nodes[2] if cluster.size > 2 else cluster.nodes[0],)


def others(than: Who) -> Who:
    """Return all nodes but some."""
    return lambda cluster: tuple(node for node in cluster.nodes if node not in than(cluster))


def everybody(cluster: Cluster) -> tuple[Node, ...]:
    """Return all nodes."""
    return cluster.nodes


# --- which operations --------------------------------------------------------------------------


def entries(
    *kinds: type,
    by: Collection[str] = (),
    source: Collection[str] = (),
    about: Who | None = None,
    **members: object,
) -> Which:
    """Return which operations make an entry of one of these kinds (of any, when there is none).

    ``by`` are programs, ``source`` sources, ``about`` nodes; a member of the entry has the value given, or
    one of a set's.
    """

    def which(cluster: Cluster) -> Callable[[Operation], bool]:
        peers = {node.name for node in about(cluster)} if about else None

        def found(operation: Operation) -> bool:
            return (
                (not kinds or isinstance(operation.entry, kinds))
                and (not by or operation.by in by)
                and (not source or operation.source in source)
                and (peers is None or operation.peer in peers)
                and all(_has(operation.entry, name, value) for name, value in members.items())
            )

        return found

    return which


def _has(entry: Entry, name: str, value: object) -> bool:
    there = getattr(entry, name, None)
    return there in value if isinstance(value, (set, frozenset)) else there == value


# --- what is done to them ----------------------------------------------------------------------


def drop(which: Which) -> Change:
    """Return the edit that leaves these operations out."""

    def change(cluster: Cluster, node: Node, plan: list[Operation]) -> list[Operation]:
        gone = which(cluster)
        return [operation for operation in plan if not gone(operation)]

    return change


def alter(which: Which, by: str | None = None, **members: Any) -> Change:
    """Return the edit that gives members of these operations' entries another value.

    A value may be a function of the cluster and the entry; ``by`` is the program that did it.
    """

    def change(cluster: Cluster, node: Node, plan: list[Operation]) -> list[Operation]:
        found = which(cluster)

        def altered(operation: Operation) -> Operation:
            entry: Any = operation.entry
            new = {k: value(cluster, entry) if callable(value) else value for k, value in members.items()}
            return operation._replace(entry=entry._replace(**new), by=by or operation.by)

        return [altered(operation) if found(operation) else operation for operation in plan]

    return change


def add(made: Callable[[Cluster, Node], Iterable[Operation]], *, first: bool = False) -> Change:
    """Return the edit that makes more: after all that is there, or before."""

    def change(cluster: Cluster, node: Node, plan: list[Operation]) -> list[Operation]:
        new = list(made(cluster, node))
        return [*new, *plan] if first else [*plan, *new]

    return change


def instead(which: Which, made: Callable[[Cluster, Node, list[Operation]], Iterable[Operation]]) -> Change:
    """Return the edit that puts others in the place of some operations, where the first of them was.

    ``made`` is asked with those that go; where there are none, nothing changes.
    """

    def change(cluster: Cluster, node: Node, plan: list[Operation]) -> list[Operation]:
        goes = which(cluster)
        gone = [operation for operation in plan if goes(operation)]
        if not gone:
            return plan
        place = plan.index(gone[0])
        left = [operation for operation in plan[place:] if not goes(operation)]
        return [*plan[:place], *made(cluster, node, gone), *left]

    return change


def reworded(entry: Any, change: Callable[[str], str]) -> Any:
    """Return an entry in which each text is what ``change`` makes of it, also within its tuples."""

    def said(value: Any) -> Any:
        if isinstance(value, str):
            return change(value)
        return tuple(map(said, value)) if type(value) is tuple else value

    return type(entry)(*map(said, entry))


def on_node(entry: Entry, by: str) -> Callable[[Cluster, Node], Iterable[Operation]]:
    """Return what makes one entry on a node, for ``add``."""
    return lambda cluster, node: (Operation(node.name, entry, by),)


def at(who: Who, edit: Change) -> Change:
    """Return the edit that changes these nodes only, with their pods."""

    def change(cluster: Cluster, node: Node, plan: list[Operation]) -> list[Operation]:
        return edit(cluster, node, plan) if node in who(cluster) else plan

    return change


def together(*edits: Change) -> Change:
    """Return one edit that is several, in this order."""

    def change(cluster: Cluster, node: Node, plan: list[Operation]) -> list[Operation]:
        for edit in edits:
            plan = edit(cluster, node, plan)
        return plan

    return change
