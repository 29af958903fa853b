"""A plan: what a network plugin wants to exist, as data.

A plugin is a pure function that returns operations and does nothing.  The same plan builds the
model (``packetwalk.datapath``) and, through ``argv``, a real kernel.
"""

from __future__ import annotations

from typing import NamedTuple

from packetwalk.tables import Entry


class Operation(NamedTuple):
    """Put ``entry`` into the tables of ``netns``.

    ``by`` is the program that does it on a real node (``flanneld``, ``kube-proxy`` ...), ``source``
    the place that says so; ``peer`` is the one other node, or the pod, that the entry is about, by name.
    """

    netns: str
    entry: Entry
    by: str
    source: str = ""
    peer: str = ""

    def argv(self) -> list[list[str]]:
        """Return the commands that do it in a real kernel, run inside ``netns``."""
        return self.entry.argv()


Plan = tuple[Operation, ...]


def commands(plan: Plan) -> str:
    """Return the plan as a shell script for network namespaces, one command a line."""
    lines = []
    for operation in plan:
        prefix = f"ip netns exec {operation.netns} "
        for argv in operation.argv():
            words = [f'"{word}"' if " " in word else word for word in argv]
            if words[0] == "ip":
                lines.append(f"ip -n {operation.netns} " + " ".join(words[1:]))
            else:
                lines.append(prefix + " ".join(words))
    return "\n".join(lines) + "\n"
