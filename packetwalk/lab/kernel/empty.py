"""What tells, without a program, that it would print nothing: most namespaces are pods, which have no such tables.

``conntrack -L`` looks into every bucket of a hash that all namespaces share, and ``nft`` is slow to start.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from packetwalk.lab.kernel.netlink import DUMP, Netlink

COUNT = Path("/proc/sys/net/netfilter/nf_conntrack_count")
LEGACY = Path("/proc/thread-self/net/ip_tables_names")
NETLINK_NETFILTER, GET_TABLE, DONE = 12, 10 << 8 | 1, 3
ANY_FAMILY = bytes(4)


def _no_connection() -> bool:
    """Say whether the kernel tracks no connection in the namespace of the calling thread."""
    return COUNT.exists() and int(COUNT.read_text()) == 0


def _no_table() -> bool:
    """Say whether nf_tables has no table there; not where it does not answer."""
    try:
        with Netlink(NETLINK_NETFILTER) as kernel:
            kernel.send(GET_TABLE, ANY_FAMILY, DUMP)
            return [kind for kind, _ in kernel.messages()] == [DONE]
    except OSError:
        return False


def _no_rule() -> bool:
    """Say whether there is no table for iptables either, in whichever of its two forms it is; not where none may ask."""
    try:
        return _no_table() and not LEGACY.read_text()
    except FileNotFoundError:
        return True
    except OSError:
        return False


PRINTS_NOTHING: Mapping[tuple[str, ...], Callable[[], bool]] = {
    ("conntrack", "-L"): _no_connection,
    ("iptables-save", "-c"): _no_rule,
    ("nft", "list", "ruleset"): _no_table,
}
"""Commands, and what says that there is nothing for them to print."""
