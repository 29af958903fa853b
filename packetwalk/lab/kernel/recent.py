"""Lists of ``-m recent``: their files belong to the machine's root, so nobody else writes them, in whatever namespace."""

from __future__ import annotations

from packetwalk.errors import LabError
from packetwalk.lab.kernel.namespaces import Namespace
from packetwalk.tables.recent import RecentEntry

TRIED = RecentEntry("trial", "192.0.2.1")


def available(namespace: Namespace) -> bool:
    """Say whether this user writes what a list remembers; it is tried out."""
    try:
        namespace.run(["iptables", "-A", "INPUT", "-m", "recent", "--name", TRIED.name, "--rcheck"])
        for argv in TRIED.argv():
            namespace.run(argv)
    except LabError:
        return False
    return True
