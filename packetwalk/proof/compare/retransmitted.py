"""Frames of TCP that a timer sends again: how they are known, so that they are not compared."""

from __future__ import annotations

from collections.abc import Iterator

from packetwalk.wire import Data, Icmp, Tcp, size

Stack = tuple
ERRORS, TCP, SACK = (3, 11, 12), 6, 5


def what(stack: Stack) -> tuple | None:
    """Return what a frame has in common with one that is sent again; None for a frame of something else.

    That is of data their place and length, of an acknowledgement what it says has arrived, of an ICMP error the
    segment that it quotes.
    """
    at = next((k for k, header in enumerate(stack) if isinstance(header, Tcp)), None)
    if at is not None:
        tcp, length = stack[at], size(stack[at + 1 :])
        if set(tcp.flags) & set("SFR"):
            return None
        return ("data", tcp.sport, tcp.seq, length) if length else ("ack", tcp.sport, tcp.ack, *_early(tcp))
    at = next(
        (k for k, header in enumerate(stack) if isinstance(header, Icmp) and header.type in ERRORS), None
    )
    if at is not None and isinstance(stack[-1], Data) and stack[-1].content[9:10] == bytes([TCP]):
        quoted = stack[-1].content
        return "error", stack[at], quoted[2:4], quoted[24:28]
    return None


def _early(tcp: Tcp) -> Iterator[tuple[int, int]]:
    """Yield what an acknowledgement says has come early, without what it says has come twice (D-SACK)."""
    raw, at = tcp.options, 0
    while at < len(raw) and raw[at]:
        length = 1 if raw[at] == 1 else raw[at + 1]
        if raw[at] == SACK:
            places = [int.from_bytes(raw[k : k + 4]) for k in range(at + 2, at + length, 4)]
            yield from (span for span in zip(places[::2], places[1::2], strict=True) if span[0] > tcp.ack)
        at += max(length, 1)


def without_push(stack: Stack) -> Stack:
    """Return headers without the flag PSH."""
    return tuple(
        header._replace(flags=header.flags.replace("P", "")) if isinstance(header, Tcp) else header
        for header in stack
    )
