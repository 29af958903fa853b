"""What shows that a packet was taken in, or thrown away: an answer, an error, a socket, a rule that has counted.

Who is asked at an own address need not have got the packet: a rule may have stopped it, nobody may listen.
"""

from __future__ import annotations

from packetwalk.capture import identity
from packetwalk.capture.identity import Stack
from packetwalk.capture.stitch import notes
from packetwalk.capture.stitch.work import Work
from packetwalk.tables import IptablesRule, NftRule, SocketEntry
from packetwalk.tables.socket import SOCKETS
from packetwalk.trace.packet import PROTOCOLS
from packetwalk.wire import Icmp, Ipv4, Tcp

NAMES = {number: name for name, number in PROTOCOLS.items()}
KERNELS_OWN = (0, *identity.ERRORS)
"""Types of ICMP that no other machine's packet answers."""


def is_taken_in(work: Work, k: int, packet: Stack) -> bool:
    """Whether it shows that a machine took in a packet for an own address: it answers, or it had asked, perhaps under
    an address that was changed on the way out."""
    netns = work.seen[k].frame.netns
    head = packet[1] if len(packet) > 1 else None
    if isinstance(head, Icmp) and head.type in KERNELS_OWN:
        return True
    asked = (work.asked_before(netns, each, k) for each in (packet, work.seen[k].packet))
    return answer(work, k, packet) is not None or any(asked)


def answer(work: Work, k: int, packet: Stack) -> Stack | None:
    """Return the first answer to a packet for an own address, perhaps an error about it; None where none was seen."""
    found = work.answer_later(work.seen[k].frame.netns, packet, k)
    return None if found is None else work.seen[found].packet


def arrived(work: Work, k: int, packet: Stack) -> tuple:
    """Return the note of a packet that was taken in: who took it is told by its answer and by the recorded sockets."""
    note = notes.arrived(packet)
    if note[0] == "delivered-ack" and not work.opens(work.seen[k].frame.netns, packet):
        return notes.later(packet)
    if note[0] != "delivered-syn":
        return note
    said = answer(work, k, packet) or ()
    if any(isinstance(header, Tcp) and "R" in header.flags for header in said):
        return "answered-reset", note[1]
    sockets = work.tables[work.seen[k].frame.netns].sockets
    return note if ("tcp", note[1]) in sockets else ("answered-syn", note[1])


def listener(work: Work, netns: str, packet: Stack) -> SocketEntry | None:
    """Return the recorded socket that a datagram is for; a connection shows itself by its answer."""
    _, _, _, port = identity.ends(packet)
    if any(isinstance(header, Tcp) for header in packet):
        return None
    return work.tables[netns].sockets.get((NAMES.get(packet[0].protocol, ""), port))


def closed(work: Work, netns: str, packet: Stack) -> bool:
    """Whether sockets were recorded, and none is on the port that a packet is for."""
    _, _, _, port = identity.ends(packet)
    tables = work.tables[netns]
    known = SOCKETS.is_recorded(tables.place.files) and bool(port)
    return known and (NAMES.get(packet[0].protocol, ""), port) not in tables.sockets


def refusal(work: Work, k: int, packet: Stack, *, local: bool) -> IptablesRule | NftRule | None:
    """Return the rule that threw a packet away: the only one that fits it and has counted; None where none is the only one."""
    if not packet or not isinstance(packet[0], Ipv4):
        return None
    frame = work.seen[k].frame
    ends = identity.ends(packet)
    name = NAMES.get(packet[0].protocol, str(packet[0].protocol))
    fits = work.tables[frame.netns].refusals(name, ends, frame.dev, "forward" if local else "input")
    return fits[0] if len(fits) == 1 else None
