"""Security associations for ESP between hosts, made by ``ip xfrm`` from the plan's entries.

The keys are the lab's own, a formula of the association, so that both ends have the same.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from packetwalk.errors import LabError
from packetwalk.lab.kernel.namespaces import Namespace
from packetwalk.tables import Entry, XfrmPolicyEntry, XfrmStateEntry

CIPHER = "rfc4106(gcm(aes))"
TRIED = XfrmStateEntry("192.0.2.1", "192.0.2.2", 0x100)


def state(entry: XfrmStateEntry) -> list[str]:
    """Return the command that makes a security association, for one direction: 32 bytes of key, 4 of salt."""
    key = hashlib.sha512(str(entry).encode()).digest()[:36].hex()
    ends = ["src", entry.src, "dst", entry.dst, "proto", "esp", "spi", hex(entry.spi)]
    how = ["reqid", "0", "mode", "transport", "replay-window", "256", "flag", "esn"]
    return ["ip", "xfrm", "state", "add", *ends, *how, "aead", CIPHER, f"0x{key}", "128"]


def policy(entry: XfrmPolicyEntry) -> list[str]:
    """Return the command that selects what leaves encrypted."""
    ends, mark = ["src", entry.src, "dst", entry.dst], hex(entry.mark)
    chosen = ["src", f"{entry.src}/32", "dst", f"{entry.dst}/32", "proto", entry.protocol, "dir", "out"]
    how = ["tmpl", *ends, "proto", "esp", "spi", hex(entry.spi), "reqid", "0", "mode", "transport"]
    return ["ip", "xfrm", "policy", "add", *chosen, "mark", mark, "mask", mark, *how]


def install(namespace: Namespace, entries: Iterable[Entry]) -> None:
    """Make all policies and associations of a namespace; LabError when the kernel has no ESP."""
    for entry in entries:
        if isinstance(entry, XfrmStateEntry):
            namespace.run(state(entry))
        elif isinstance(entry, XfrmPolicyEntry):
            namespace.run(policy(entry))


def available(namespace: Namespace) -> bool:
    """Say whether the kernel has ESP with this cipher; it is tried out."""
    try:
        namespace.run(state(TRIED))
    except LabError:
        return False
    return True
