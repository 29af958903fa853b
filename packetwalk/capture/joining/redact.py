"""What of a frame may be kept: its headers. What programs said to each other is theirs."""

from __future__ import annotations

from collections.abc import Collection

from packetwalk import wire
from packetwalk.capture.headers import headers_only
from packetwalk.capture.recording import Recording


def without_payload(recording: Recording) -> Recording:
    """Return a recording whose frames have only their headers; ``about`` says so.

    The walk is the same, but for Weave's encrypted sleeve: which messages are one packet is told there by
    bytes that are gone.
    """
    sent = tuple(
        each._replace(
            frames=tuple(frame._replace(data=headers_only(frame.data, frame.first)) for frame in each.frames)
        )
        for each in recording.sent
    )
    return recording._replace(about={**recording.about, "payload": "zeroed"}, sent=sent)


def bears(frame: bytes, addresses: Collection[str], first: str = "eth") -> bool:
    """Say whether a header of a frame, at any depth, has one of the addresses; always, when none is given.

    Where nobody can look inside (what is encrypted, a fragment) the answer is yes.
    """
    try:
        stack = wire.decode(frame, first)
    except ValueError:
        return not addresses
    return not addresses or any(_has(header, addresses) for header in stack)


def _has(header: wire.Header, addresses: Collection[str]) -> bool:
    match header:
        case wire.Ipv4():
            return header.src in addresses or header.dst in addresses or header.mf or header.offset > 0
        case wire.Arp():
            return header.spa in addresses or header.tpa in addresses
    return isinstance(header, wire.Encrypted)
