"""The answer in five lines: whether it arrives, where it ends, the line that decided, what would mend it, what is not known."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Unpack

from packetwalk.capture.recording import Recording, Sent
from packetwalk.capture.tunnel_ports import tunnel_ports
from packetwalk.datapath.run import Run
from packetwalk.errors import BadInput
from packetwalk.proof.compare import frames
from packetwalk.tables import Entry, IptablesRule, NftRule, table_of
from packetwalk.trace.packet import Packet, PacketOptions
from packetwalk.walks.walk import Walk
from packetwalk.why.asking import FAILS, REACHES, UNKNOWN, Errand, Fate, packet_of, sent
from packetwalk.why.change import Mend
from packetwalk.why.ends import KnownEnd, end
from packetwalk.why.loading import Loaded, is_taken_to_forward, load
from packetwalk.why.mends import mended
from packetwalk.why.seen import seen

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
    recording's taps saw the same; ``unknown`` is what the recording does not tell.
    """

    fate: Fate
    mend: Mend | None = None
    taps: str = ""
    unknown: tuple[str, ...] = field(default=())

    @property
    def verdict(self) -> str:
        """``reaches``, ``does not reach`` or ``not known``."""
        return self.fate.verdict

    @property
    def walk(self) -> Walk:
        """The walk by which it was decided."""
        return self.fate.walk

    @property
    def line(self) -> str:
        """The line that decided, with its author; empty where none did."""
        entry = self.fate.step.entry
        if self.verdict != FAILS or entry is None:
            return ""
        author = _author(self.fate)
        return f"{entry}" + (f" ({author})" if author else "")

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
            yield "how", self.walk.summary
            yield "taps", self.taps or "no such packet was recorded"
        else:
            yield "where", self._where(where, step.why)
            yield "line", self.line or self._no_line
            yield (
                "mend",
                f"{self.mend} ({self.mend.reason}; tried: then {self.mend.then})"
                if self.mend
                else self._no_mend,
            )
        if self.verdict != REACHES and self.taps:
            yield "taps", self.taps
        yield "not known", "; ".join(self.unknown) or "nothing that this depends on"

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
    def _no_mend(self) -> str:
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
    mend = None
    if fate.verdict == FAILS:
        mend = mended(fate, {asked, asked._replace(fills=True)} if given.get("size") is None else ())
    return Diagnosis(fate, mend, _taps(small), tuple(_unknown(fate)))


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


def _only_nft(fate: Fate, netns: str) -> bool:
    """Say whether rules were asked of iptables alone."""
    missing = fate.loaded.recording.place(netns).missing
    return "nft.txt" in missing and "iptables.txt" not in missing


def _taps(fate: Fate) -> str:
    """Return whether the taps saw of such a packet what the model computes; nothing where none was recorded."""
    asked, of = fate.question, fate.loaded.recording
    for each in of.sent:
        if _is_asked(each, asked):
            said = seen(each, asked, tunnel_ports(of, each.frames))
            if said and _has_missing(fate):
                return said
            difference = frames.difference(_as_sent(fate, each), of, each)
            if not difference:
                return f"the recorded packet {each.name} went the same way, frame by frame"
            if said and fate.verdict == UNKNOWN:
                return said
            return f"the recorded packet {each.name} went another way: {difference}"
    found = (seen(each, asked, tunnel_ports(of, each.frames)) for each in of.sent)
    return next(filter(None, found), "")


def _has_missing(fate: Fate) -> bool:
    """Say whether the model had to do without tables, so that its frames may be others."""
    return any(place.missing for place in fate.loaded.places)


def _is_asked(recorded: Sent, asked: Errand) -> bool:
    return (recorded.src, recorded.dst, recorded.dport, recorded.packet.proto) == (
        asked.src.netns,
        asked.dst.address,
        asked.dst.port,
        asked.packet.proto,
    )


def _as_sent(fate: Fate, recorded: Sent) -> Run:
    packet: Packet = recorded.packet
    return fate.loaded.send(recorded.src, recorded.dst, packet, recorded.dport)


def _author(fate: Fate) -> str:
    """Return who writes such a line, as far as its own words tell."""
    entry: Entry | None = fate.step.entry
    if entry is None:
        return ""
    names = [getattr(entry, name, None) or "" for name in ("chain", "dev", "ifname", "name")]
    if isinstance(entry, (IptablesRule, NftRule)):
        names += str(entry).split()
    found = (who for start, who in PROGRAMS if any(name.startswith(start) for name in names))
    return table_of(entry).author(entry) or next(found, "")
