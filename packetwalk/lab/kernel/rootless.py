"""Run as an ordinary user what needs root: in user, network and mount namespaces of one's own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence

from packetwalk.errors import LabError
from packetwalk.lab.advice import absent
from packetwalk.lab.kernel.writing import TOOLS

FRESH_RUN = 'mount -t tmpfs none /run && exec "$@"'
"""What the namespaces' shell does first: iptables keeps its lock in ``/run``."""
NEEDED = ("unshare", "mount", *TOOLS, "ping")
"""What builds a cluster in the kernel, and sends its packets."""
RIGHTS = "needs root, or user namespaces for ordinary users"


def search_path() -> str:
    """Return where programs are looked for: an ordinary user's PATH may lack those of root."""
    return os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin", "/sbin"])


def missing_programs() -> tuple[str, ...]:
    """Return the programs that are missing to build a cluster in the kernel; rights are found out by trying."""
    return tuple(f"program {tool}" for tool in NEEDED if shutil.which(tool, path=search_path()) is None)


def ensure_root(arguments: Sequence[str]) -> None:
    """Return if this is root already; else start this command again inside ``unshare -Urnm``.

    From then on programs are also looked for where root's are.  LabError in one line where a program is missing,
    or the right to make namespaces.
    """
    os.environ["PATH"] = search_path()
    ordinary = os.geteuid() != 0
    missing = absent((*(("unshare", "mount", "sh") if ordinary else ()), *TOOLS))
    if missing:
        raise LabError(missing)
    if not ordinary:
        return
    inside = [str(shutil.which("unshare")), "-Urnm", "sh", "-c", FRESH_RUN, "sh"]
    tried = subprocess.run([*inside, "true"], capture_output=True, check=False, text=True)
    if tried.returncode:
        said = tried.stderr.strip().splitlines()
        raise LabError(f"{said[-1] if said else 'unshare'}; {RIGHTS}")
    os.execv(inside[0], [*inside, sys.executable, "-m", "packetwalk", *arguments])
