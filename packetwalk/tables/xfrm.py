"""Policies and security associations of IPsec (``ip xfrm``)."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import ClassVar, NamedTuple

from packetwalk.tables.printed import TextTable
from packetwalk.tables.program import NoCommand
from packetwalk.tables.table import Contents, E, Recorded, Sides


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


class Xfrm(TextTable[E]):
    """What ``ip xfrm`` prints: a policy or a security association on several lines, whose first begins so."""

    form: ClassVar[str]

    def made(self, found: re.Match[str]) -> E:
        """Return the entry of a text in this form."""
        raise NotImplementedError

    def parse(self, text: str) -> Iterator[E]:
        """Yield those that Weave Net makes; others are none of the model's."""
        for line in whole(text):
            found = re.fullmatch(self.form, line)
            if found:
                yield self.made(found)

    def sides(self, model: Contents, recorded: Recorded, played: Collection[str] = ()) -> Sides | None:
        """Return the texts, of the recording also those that nobody here makes."""
        (name,) = self.files
        ours = [line for each in model.entries(self) for line in whole(str(each).replace("\\", " "))]
        return Sides(ours, whole(recorded.files[name])) if self.is_recorded(recorded.files) else None

    def text(self, contents: Contents) -> str:
        """Return each on its lines, which ``-oneline`` joins by a backslash."""
        return "".join(f"{self.broken(str(each))}\n" for each in contents.entries(self))

    def broken(self, line: str) -> str:
        """Return the lines of one."""
        return line.replace(" \\ ", "\n\t")


def whole(text: str) -> list[str]:
    """Return what ``ip xfrm`` printed, each policy or association on one line, without what it has counted."""
    blocks = re.split(r"^(?=src )", text, flags=re.MULTILINE)
    return [" ".join(block.partition("anti-replay")[0].split()) for block in blocks if block.strip()]


class States(Xfrm[XfrmStateEntry]):
    """The security associations of a namespace."""

    form = r"src (\S+) dst (\S+) proto esp spi (\S+) reqid 0 mode transport replay-window 0 flag esn aead .*"

    def made(self, found: re.Match[str]) -> XfrmStateEntry:
        """Return the association."""
        return XfrmStateEntry(found[1], found[2], int(found[3], 16))


class Policies(Xfrm[XfrmPolicyEntry]):
    """The policies of a namespace."""

    def broken(self, line: str) -> str:
        """Return the lines of one: those of its template stand further in."""
        return line.replace(" \\ proto", "\n\t\tproto").replace(" \\ ", " \n\t")

    form = (
        r"src (\S+)/32 dst (\S+)/32 proto (\S+) dir out priority 0 ptype main mark (\S+)/\4 "
        r"tmpl src \1 dst \2 proto esp spi (\S+) reqid 0 mode transport"
    )

    def made(self, found: re.Match[str]) -> XfrmPolicyEntry:
        """Return the policy."""
        return XfrmPolicyEntry(found[1], found[2], found[3], int(found[4], 16), int(found[5], 16))


STATES = States(
    "xfrm-state",
    "ip -oneline xfrm state list nokeys",
    (XfrmStateEntry,),
    rank=120,
    by="weaver",
    files={"xfrm-state.txt": ("ip", "xfrm", "state", "list", "nokeys")},
    masks={"xfrm": "How far a security association has counted its packets is left out."},
)
POLICIES = Policies(
    "xfrm-policy",
    "ip -oneline xfrm policy",
    (XfrmPolicyEntry,),
    rank=121,
    by="weaver",
    files={"xfrm-policy.txt": ("ip", "xfrm", "policy")},
)
