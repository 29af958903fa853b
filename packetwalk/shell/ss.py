"""``ss`` (iproute2 6.1): the sockets that listen; the model keeps no open connections."""

from __future__ import annotations

import re

from packetwalk.shell.options import Options, read
from packetwalk.shell.terminal import Terminal, Unknown
from packetwalk.tables import SocketEntry
from packetwalk.tables.socket import SOCKETS

HEAD = ("Netid", "State", "Recv-Q", "Send-Q", "Local Address", "Port", "Peer Address", "Port", "Process")
BACKLOG = "4"  # of the labs' servers
LONG = {
    "numeric": "n",
    "all": "a",
    "listening": "l",
    "processes": "p",
    "ipv4": "4",
    "ipv6": "6",
    "tcp": "t",
    "udp": "u",
    "unix": "x",
    "raw": "w",
    "no-header": "H",
    "summary": "s",
}
SIDES = {"sport": "sport", "src": "sport", "dport": "dport", "dst": "dport"}


def run(terminal: Terminal, arguments: list[str]) -> str:
    """Print the sockets."""
    options, words = read("ss", arguments, "nralopemiTsbEZzON46txwuSdMHhV0", "fADFN", LONG, 255)
    for letter in "sriempTbEZzOSdMFDAfN":
        if letter in options:
            raise Unknown("ss", f"-{letter}", "-t, -u, -x, -l, -a, -n, -4, -H")
    if "V" in options:
        return "ss utility, iproute2-6.1.0\n"
    kinds = [proto for letter, proto in (("u", "udp"), ("t", "tcp")) if letter in options]
    others = [letter for letter in "xw0" if letter in options]
    if not kinds and not others:
        raise Unknown("ss", "all kinds of sockets", "-t, -u")
    found = _found(terminal, kinds, options) if "l" in options or "a" in options else []
    found = [each for each in found if _fits(each, words)]
    if "n" not in options and any(each.port in (53, 80, 179, 443, 8080) for each in found):
        raise Unknown("ss", "names of ports", "-n")
    return _table(
        [_row(each) for each in found], options, several=len(kinds) + len(others) != 1 or bool(others)
    )


def _found(terminal: Terminal, kinds: list[str], options: Options) -> list[SocketEntry]:
    if "6" in options and "4" not in options:
        return []
    every = sorted(terminal.entries(SOCKETS), key=lambda each: each.port)
    return [each for kind in kinds for each in every if each.protocol == kind]


def _fits(entry: SocketEntry, words: list[str]) -> bool:
    """Answer a filter: ``sport = :80``, ``dport = :80``."""
    if not words:
        return True
    match = re.fullmatch(r"(sport|dport) *(=|==|eq) *:(\d+)", " ".join(words))
    if not match:
        raise Unknown("ss", " ".join(words), "sport = :PORT")
    return match[1] == "sport" and entry.port == int(match[3])


def _row(entry: SocketEntry) -> tuple[str, ...]:
    listens = entry.protocol == "tcp"
    state, queue = ("LISTEN", BACKLOG) if listens else ("UNCONN", "0")
    return entry.protocol, state, "0", queue, entry.local, str(entry.port), "0.0.0.0", "*", ""


def _table(rows: list[tuple[str, ...]], options: Options, *, several: bool) -> str:
    """Return the lines: addresses to the right of their columns, all else to the left."""
    every = [*([] if "H" in options else [HEAD]), *rows]
    widths = [max([len(HEAD[n]), *(len(row[n]) for row in rows)]) for n in range(len(HEAD))]
    out = ""
    for row in every:
        cells = [f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)]
        local, peer = f"{row[4]:>{widths[4]}}:{cells[5]}", f"{row[6]:>{widths[6]}}:{cells[7]}"
        out += " ".join([*(cells[:4] if several else cells[1:4]), local, peer]) + f"{cells[8]}\n"
    return out


PROGRAMS = {"ss": run}
