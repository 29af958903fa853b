"""Policies and security associations of IPsec (``ip xfrm``)."""

from __future__ import annotations

from typing import NamedTuple

from packetwalk.tables.program import NoCommand
from packetwalk.tables.table import Table


class XfrmPolicyEntry(
    NamedTuple("_XfrmPolicy", [("src", str), ("dst", str), ("protocol", str), ("mark", int), ("spi", int)]),
    NoCommand,
):
    """A policy for packets that leave: those it selects go out as ESP, in transport mode."""

    __slots__ = ()

    def __str__(self) -> str:
        return (
            f"src {self.src}/32 dst {self.dst}/32 proto {self.protocol} \\ dir out priority 0 ptype main "
            f"\\ mark {self.mark:#x}/{self.mark:#x} \\ tmpl src {self.src} dst {self.dst} "
            f"\\ proto esp spi {self.spi:#010x} reqid 0 mode transport"
        )


class XfrmStateEntry(NamedTuple("_XfrmState", [("src", str), ("dst", str), ("spi", int)]), NoCommand):
    """A security association, for one direction between two hosts: AES-GCM with 16 bytes of tag.

    With extended sequence numbers the window against replays is 256 packets; what the tool prints before
    them is that of short ones, 0.
    """

    __slots__ = ()

    def __str__(self) -> str:
        return (
            f"src {self.src} dst {self.dst} \\ proto esp spi {self.spi:#010x} reqid 0 mode transport "
            "\\ replay-window 0 flag esn \\ aead rfc4106(gcm(aes)) <<Keys hidden>> 128"
        )


STATES = Table[XfrmStateEntry](
    "xfrm-state", "ip -oneline xfrm state list nokeys", (XfrmStateEntry,), rank=120, by="weaver"
)
POLICIES = Table[XfrmPolicyEntry](
    "xfrm-policy", "ip -oneline xfrm policy", (XfrmPolicyEntry,), rank=121, by="weaver"
)
