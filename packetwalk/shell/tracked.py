"""The connections that a namespace tracks, as the packets sent so far have left them."""

from __future__ import annotations

from typing import NamedTuple

from packetwalk.datapath.conntrack import Connection
from packetwalk.datapath.run import Run
from packetwalk.shell.terminal import Terminal
from packetwalk.tables import ConntrackEntry

NUMBERS = {"icmp": 1, "tcp": 6, "udp": 17, "ipencap": 4, "esp": 50}
PORTS = ("tcp", "udp")
SECONDS = {"TIME_WAIT": 119, "CLOSE": 9, "SYN_SENT": 119, "icmp": 29, "udp": 29}
"""How long an entry still stays: the kernel's defaults, a second later."""
GENERIC = 599


class Tracked(NamedTuple):
    """A connection; ``state`` is TCP's."""

    entry: ConntrackEntry
    state: str
    replied: bool
    assured: bool

    @property
    def number(self) -> int:
        """The number of its protocol."""
        return NUMBERS[self.entry.protocol] if self.entry.protocol in NUMBERS else int(self.entry.protocol)

    def line(self, *, extended: bool = False) -> str:
        """Return the line that ``conntrack -L`` prints."""
        entry = self.entry
        there, back = f"src={entry.src} dst={entry.dst}", f"src={entry.reply_src} dst={entry.reply_dst}"
        name, state = entry.protocol, f"{self.state} " if self.state else ""
        if name == "icmp":
            there += f" type=8 code=0 id={entry.sport}"
            back += f" type=0 code=0 id={entry.reply_sport}"
        elif name in PORTS:
            there += f" sport={entry.sport} dport={entry.dport}"
            back += f" sport={entry.reply_sport} dport={entry.reply_dport}"
        else:
            name = "unknown"
        unreplied, assured = "" if self.replied else "[UNREPLIED] ", "[ASSURED] " if self.assured else ""
        seconds = SECONDS.get(self.state or name, GENERIC)
        first = "ipv4     2 " if extended else ""
        return (
            f"{first}{name:8} {self.number} {seconds} {state}{there} {unreplied}{back} {assured}mark=0 use=1"
        )


def tracked(terminal: Terminal) -> list[Tracked]:
    """Return the connections; the same one of several packets once, as it was last."""
    found: dict[tuple, Tracked] = {}
    for sent, closed, forgotten in terminal.state.remembered(terminal.name):
        table = sent.conntracks.get(terminal.name)
        for connection in table.connections() if table else ():
            each = _tracked(connection, sent, closed=closed)
            if each and not any(gone(each.entry) for gone in forgotten):
                found[each.entry[:5]] = each
    return list(found.values())


def _tracked(connection: Connection, sent: Run, *, closed: bool) -> Tracked | None:
    """Return what is known of a connection; None of one that was refused, which the kernel forgets at once."""
    entry = connection.entry()
    delivered = {trace.name for trace in sent.traces if trace.disposition == "delivered"}
    replied = connection.replied
    if entry.protocol == "icmp":
        return Tracked(entry, "", replied and "reply" in delivered, False)
    if entry.protocol != "tcp":
        return Tracked(entry, "", replied, False)
    if replied and "ack" in delivered:
        # a capture's own connection is reset by its sender
        return Tracked(entry, "TIME_WAIT" if closed else "CLOSE", True, True)
    return None if replied and "reply" in delivered else Tracked(entry, "SYN_SENT", False, False)
