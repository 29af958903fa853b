"""Counters of the kernel's accounting, which rules name (include/uapi/linux/netfilter/nfnetlink_acct.h)."""

from __future__ import annotations

import errno
import os

from packetwalk.errors import LabError
from packetwalk.lab.kernel.netlink import Netlink, text
from packetwalk.lab.kernel.writing import NAMED

NETLINK_NETFILTER, ACCT_NEW, NAME = 12, 7 << 8, 1
HEAD = bytes(4)  # any family, version 0
THERE = os.strerror(errno.EBUSY)


def counted(rules: str) -> str:
    """Make the counters that rules name, in the calling thread's namespace, and return the rules; where the kernel has none, without that match.

    kube-proxy does the same (pkg/proxy/iptables/proxier.go, ``NFAcctCounters``).
    """
    names = sorted(set(NAMED.findall(rules)))
    return rules if all(map(_made, names)) else NAMED.sub("", rules)


def _made(name: str) -> bool:
    """Say whether there is a counter of that name now, in the namespace of the calling thread."""
    try:
        with Netlink(NETLINK_NETFILTER) as kernel:
            kernel.ask(ACCT_NEW, HEAD + text(NAME, name), name)
    except (LabError, OSError) as error:
        return str(error).endswith(THERE)
    return True
