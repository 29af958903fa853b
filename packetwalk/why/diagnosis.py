"""The answer in five lines: whether it arrives, where it ends, the line that decided, what would mend it, what is not known."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Unpack

from packetwalk.capture.recording import Recording
from packetwalk.errors import BadInput
from packetwalk.tables import Entry, IptablesRule, NftRule, table_of
from packetwalk.tables.address import ADDRESSES
from packetwalk.trace.packet import PacketOptions
from packetwalk.walks.walk import Walk
from packetwalk.why.asking import FAILS, REACHES, TOO_BIG, UNKNOWN, Errand, Fate, packet_of, sent
from packetwalk.why.change import Mend
from packetwalk.why.ends import KnownEnd, end
from packetwalk.why.fitting import Fitted, fitted
from packetwalk.why.loading import Loaded, is_taken_to_forward, load
from packetwalk.why.mends import mended
from packetwalk.why.taps import OTHERWISE, taps

PROGRAMS = (
    ("KUBE-", "kube-proxy"),
    ("cali", "Felix"),
    ("FLANNEL", "flanneld"),
    ("flannel", "flanneld"),
    ("WEAVE", "Weave Net"),
    ("weave", "Weave Net"),
)
"""Whose chains, devices and sets begin so."""


@dataclass(frozen=True, eq=False)
class Diagnosis:
    """Why a packet does not arrive; its text is five lines.

    ``fate`` is of the packet that was asked for or, where that one arrives, of one that fills the MTU;
    ``mend`` is the change with which it arrives, None where none was found or none is needed; ``taps`` says whether the
    recording's taps saw the same; ``unknown`` is what the recording does not tell; ``fits`` is what the
    sender of too big a packet sends once it was told, None where none was too big; ``refused`` that of the packet of
    which it was told.
    """

    fate: Fate
    mend: Mend | None = None
    taps: str = ""
    unknown: tuple[str, ...] = field(default=())
    fits: Fitted | None = None
    refused: int = 0

    @property
    def verdict(self) -> str:
        """``reaches``, ``does not reach``, ``not known``, or ``does not fit`` of a packet whose sender is told what does."""
        return self.fate.verdict

    @property
    def walk(self) -> Walk:
        """The walk by which it was decided."""
        return self.fate.walk

    @property
    def line(self) -> str:
        """The line that decided, with its author, and its namespace where the packet ends in another; empty where none did.

        What arrives as soon as a line is taken away ended for that line, wherever it ended.
        """
        step = self.fate.step
        netns, entry = step.netns, step.entry
        if self.mend and self.mend.line is not None:
            netns, entry = self.mend.netns, self.mend.line
        if self.verdict not in (FAILS, TOO_BIG) or entry is None:
            return ""
        author = _author(entry)
        there = f", in {netns}" if netns != step.netns else ""
        return f"{entry}" + (f" ({author})" if author else "") + there

    @property
    def told(self) -> Iterator[tuple[str, str]]:
        """The lines, each with its name; the first, which says who asks whom and the verdict, has none."""
        asked = self.fate.question
        packet = self.fate.walk.packet
        size = f", {packet.size} bytes" if packet.size else ""
        df = ", do not fragment" if packet.df else ""
        who = f"{_named(asked.src)} to {_named(asked.dst)}, {packet.proto}{size}{df}"
        yield "", f"{who}: {self.verdict}"
        step = self.fate.step
        where = step.netns + (f", {step.dev}" if step.dev else "")
        if self.verdict == REACHES:
            told = (
                f" Of {self.refused} bytes that may not be cut the sender is told that {self.fits.size} fit."
                if self.fits
                else ""
            )
            yield "how", self.walk.summary + told
            yield "taps", self.taps or "no such packet was recorded"
        else:
            mac = self.fate.taken_by_nobody
            lost = f"No recorded machine on the segment takes frames for {mac}: all discard it." if mac else ""
            yield "where", self._where(where, lost or step.why)
            yield "line", self.line or self._no_line
            if self.fits:
                yield "fits", f"the sender is told; {self.fits}"
            if self.verdict != TOO_BIG:
                yield "mend", self._mend
        if self.verdict != REACHES and self.taps:
            yield "taps", self.taps
        yield "not known", "; ".join(self.unknown) or self._nothing_else

    @property
    def _nothing_else(self) -> str:
        """What is not known where every line was recorded: what was seen goes before what was computed."""
        differs = OTHERWISE in self.taps
        return "why the kernel's packet went another way" if differs else "nothing that this depends on"

    def _where(self, where: str, reason: str) -> str:
        """Return where it ended; where that is not known, how far it is."""
        if self.verdict != UNKNOWN:
            return f"the {self.fate.ended.name} ends in {where}: {reason}"
        arrives = self.walk.disposition == "delivered"
        return "it arrives by all that was recorded" if arrives else f"not known beyond {where}"

    @property
    def _no_line(self) -> str:
        return "nobody can say" if self.verdict == UNKNOWN else "none: nothing in the tables is for it"

    @property
    def _mend(self) -> str:
        if self.mend:
            return f"{self.mend} ({self.mend.reason}; tried: then {self.mend.then})"
        return (
            "nobody can say"
            if self.verdict == UNKNOWN
            else "none of the changes that were tried makes it arrive"
        )

    def to_json(self) -> dict[str, Any]:
        """Return the answer as ``packetwalk why --format json`` prints it."""
        asked, step = self.fate.question, self.fate.step
        return {
            "from": asked.src._asdict(),
            "to": asked.dst._asdict(),
            "packet": dict(self.fate.walk.packet.options()),
            "verdict": self.verdict,
            "where": {"netns": step.netns, "dev": step.dev, "why": step.why}
            if self.verdict != REACHES
            else None,
            "line": self.line or None,
            "mend": self.mend
            and {"netns": self.mend.netns, "commands": self.mend.commands, "reason": self.mend.reason},
            "taps": self.taps or None,
            "fits": self.fits and self.fits.size,
            "unknown": list(self.unknown),
        }

    def __str__(self) -> str:
        return "\n".join(text if not name else f"  {name + ':':<11}{text}" for name, text in self.told)

    def __repr__(self) -> str:
        return str(self)


def _named(found: KnownEnd) -> str:
    port = f":{found.port}" if found.port else ""
    return f"{found.name}{port}" + (f" ({found.address})" if found.name != found.address else "")


def why(recording: Recording | Loaded, src: str, dst: str, **given: Unpack[PacketOptions]) -> Diagnosis:
    """Ask whether a packet from one end to another arrives by the recorded tables, and if not, why.

    An end is a pod, a node, a Service or an address, ``dst`` with ``:PORT``; the packet's fields are those of
    ``packetwalk.walk``.  Where no size is asked for and a small packet arrives, one that fills the MTU is sent as well.
    BadInput for an end that nobody has, or a packet that cannot be.
    """
    loaded = recording if isinstance(recording, Loaded) else load(recording)
    asked = _question(loaded, src, dst, given)
    small = sent(loaded, asked)
    fate = small
    if small.verdict == REACHES and given.get("size") is None and not given.get("df"):
        filling = sent(loaded, asked._replace(fills=True))
        fate = small if filling.verdict == REACHES else filling
    if fate.verdict != FAILS:
        return Diagnosis(fate, None, taps(small), tuple(_unknown(fate)))
    others = {asked, asked._replace(fills=True)} if given.get("size") is None else ()
    told, refused = fitted(fate), fate.walk.packet.size
    mend = mended(fate, others, of_size=told is not None)
    if told and not mend:
        fate = fate._replace(verdict=TOO_BIG) if fate is small else told.fate
    nobody = "" if mend else _asked_of_nobody(fate)
    unknown = [*_unknown(fate), *([nobody] if nobody else [])]
    return Diagnosis(fate, mend, taps(small), tuple(unknown), told, refused)


def _question(loaded: Loaded, src: str, dst: str, given: PacketOptions) -> Errand:
    of = loaded.recording
    one, other = end(of, src), end(of, dst)
    if not one.netns:
        place = [place.netns for place in of.places]
        raise BadInput("sender", src, [*place[:8], "an address that one of these has"])
    if not other.address:
        raise BadInput(
            f"{dst}, which has no address in the recording",
            dst,
            ["an end with an address", "an IPv4 address"],
        )
    return Errand(one, other, packet_of(other, given))


def _unknown(fate: Fate) -> Iterator[str]:
    """Yield what the answer depends on and the recording does not tell."""
    if fate.unknown:
        yield fate.unknown
    passed = dict.fromkeys(step.netns for trace in fate.walk.traces for step in trace.steps)
    unasked = [netns for netns in passed if _only_nft(fate, netns)]
    if unasked:
        yield f"rules of nftables in {', '.join(unasked)}: no nft was there"
    taken = [netns for netns in passed if is_taken_to_forward(fate.loaded.recording.place(netns))]
    if taken:
        yield f"whether {', '.join(taken)} forward: no setting was recorded there, they are taken to"
    for netns, proto, port in sorted(fate.loaded.assumed):
        yield f"whether anybody listens on {proto} port {port} in {netns}: taken to be so"
    for end_, others in fate.loaded.cables.doubtful.items():
        if end_[0] in {step.netns for trace in fate.walk.traces for step in trace.steps}:
            yield f"which of {len(others) - 1} ends {end_[1]} of {end_[0]} is plugged into"


def _asked_of_nobody(fate: Fate) -> str:
    """Say of the address for which nobody answered that nobody who was recorded has it; nothing where somebody has."""
    note = fate.step.note if fate.verdict == FAILS else ()
    if not note or note[0] != "neigh-failed":
        return ""
    places = fate.loaded.recording.places
    held = {address.local for place in places for address in place.entries(ADDRESSES)}
    return "" if note[1] in held else f"who should have {note[1]}: no recorded namespace has this address"


def _only_nft(fate: Fate, netns: str) -> bool:
    """Say whether rules were asked of iptables alone."""
    missing = fate.loaded.recording.place(netns).missing
    return "nft.txt" in missing and "iptables.txt" not in missing


def _author(entry: Entry) -> str:
    """Return who writes such a line, as far as its own words tell."""
    names = [getattr(entry, name, None) or "" for name in ("chain", "dev", "ifname", "name")]
    if isinstance(entry, (IptablesRule, NftRule)):
        names += str(entry).split()
    found = (who for start, who in PROGRAMS if any(name.startswith(start) for name in names))
    return table_of(entry).author(entry) or next(found, "")
