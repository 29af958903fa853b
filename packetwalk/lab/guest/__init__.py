"""A guest's kernel: Debian's own, in QEMU, for what the running kernel lacks.

The guest has no disk and no NIC.  Its root is this machine's file system, read only, below a
layer in memory; it runs the same programs, and what it writes to its one shared folder stays.
"""

from __future__ import annotations

from packetwalk.lab.guest.machine import missing as missing
from packetwalk.lab.guest.machine import run as run
