"""Run as an ordinary user what needs root: in user, network and mount namespaces of one's own."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Sequence

from packetwalk.errors import LabError


def ensure_root(arguments: Sequence[str]) -> None:
    """Return if this is root already; else start this command again inside ``unshare -Urnm``.

    ``/run`` is made fresh there, for iptables keeps its lock in it.  LabError without unshare.
    """
    if os.geteuid() == 0:
        return
    unshare = shutil.which("unshare")
    if unshare is None:
        raise LabError("needs root, or the program unshare")
    script = 'mount -t tmpfs none /run && exec "$@"'
    again = [sys.executable, "-m", "packetwalk", *arguments]
    os.execv(unshare, [unshare, "-Urnm", "sh", "-c", script, "sh", *again])
