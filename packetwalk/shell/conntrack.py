"""``conntrack`` (conntrack-tools 1.4.7): list the TCP and ICMP connections of the last packets, or forget them."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import AddressValueError, IPv4Address

from packetwalk.datapath.run import Run
from packetwalk.shell.terminal import Terminal, Unknown
from packetwalk.shell.words import Words
from packetwalk.tables import ConntrackEntry

HEAD = "conntrack v1.4.7 (conntrack-tools):"
KNOWN = "-L -p tcp|icmp [-s ADDRESS] [-d ADDRESS], -F"
FILTERS = {"-s": "src", "--src": "src", "--orig-src": "src", "-d": "dst", "--dst": "dst", "--orig-dst": "dst"}
SECONDS = {"TIME_WAIT": 119, "CLOSE": 9, "SYN_SENT": 119}
"""How long an entry still stays: the kernel's defaults, a second later."""


def run(terminal: Terminal, arguments: list[str]) -> str:
    """Run ``conntrack -L`` or ``conntrack -F``."""
    words, wanted, command, protocol = Words(arguments), {}, "", ""
    while words:
        word = words.next()
        if word in ("-L", "-F"):
            command = word
        elif word in ("-p", "--proto"):
            protocol = words.next()
        elif word in FILTERS:
            wanted[FILTERS[word]] = _address(words.next())
        elif (command, word) != ("-L", "conntrack"):
            raise Unknown("conntrack", word, KNOWN)
    if command == "-F":
        terminal.state.forget(terminal.name)
        return f"{HEAD} connection tracking table has been emptied.\n"
    if command != "-L" or protocol not in ("tcp", "icmp"):
        raise Unknown("conntrack", " ".join(arguments), KNOWN)
    lines = [
        line
        for entry, line in _listed(terminal, protocol)
        if all(getattr(entry, name) == value for name, value in wanted.items())
    ]
    return "".join(f"{line}\n" for line in [f"{HEAD} {len(lines)} flow entries have been shown.", *lines])


def _address(text: str) -> str:
    try:
        return str(IPv4Address(text))
    except AddressValueError:
        raise Unknown("conntrack", text, "addresses of four numbers") from None


def _listed(terminal: Terminal, protocol: str) -> Iterator[tuple[ConntrackEntry, str]]:
    """Yield the connections with their lines; the same one of several packets once, as it was last."""
    found: dict[tuple, tuple[ConntrackEntry, str]] = {}
    for sent, closed in terminal.state.remembered(terminal.name):
        table = sent.conntracks.get(terminal.name)
        for connection in table.connections() if table else ():
            entry = connection.entry()
            line = _line(entry, sent, answered=connection.replied, closed=closed)
            if entry.protocol == protocol and line:
                found[entry[:5]] = entry, line
    yield from found.values()


def _line(entry: ConntrackEntry, sent: Run, *, answered: bool, closed: bool) -> str:
    """Return the line of a connection; none of one that was refused, which the kernel forgets at once."""
    delivered = {trace.name for trace in sent.traces if trace.disposition == "delivered"}
    there = f"src={entry.src} dst={entry.dst}"
    back = f"src={entry.reply_src} dst={entry.reply_dst}"
    if entry.protocol == "icmp":
        missing = "" if answered and "reply" in delivered else "[UNREPLIED] "
        return (
            f"icmp     1 29 {there} type=8 code=0 id={entry.sport} {missing}"
            f"{back} type=0 code=0 id={entry.reply_sport} mark=0 use=1"
        )
    there += f" sport={entry.sport} dport={entry.dport}"
    back += f" sport={entry.reply_sport} dport={entry.reply_dport}"
    if answered and "ack" in delivered:
        state = "TIME_WAIT" if closed else "CLOSE"  # a capture's own connection is reset by its sender
        return f"tcp      6 {SECONDS[state]} {state} {there} {back} [ASSURED] mark=0 use=1"
    if answered and "reply" in delivered:
        return ""
    return f"tcp      6 {SECONDS['SYN_SENT']} SYN_SENT {there} [UNREPLIED] {back} mark=0 use=1"


PROGRAMS = {"conntrack": run}
