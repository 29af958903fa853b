"""``ip neigh``: show, add, replace, del."""

from __future__ import annotations

import json

from packetwalk.shell.terminal import Failure, Terminal, Unknown, Words
from packetwalk.tables import NeighEntry
from packetwalk.tables.neighbour import NEIGHBOURS


def run(terminal: Terminal, words: Words, *, as_json: bool) -> str:
    """Run a command of ``ip neigh``."""
    command = words.next() if words else "show"
    if command in ("show", "list", "ls", "s"):
        return _show(terminal, words, as_json)
    if command in ("add", "replace", "change", "del", "delete"):
        return _change(terminal, command.removesuffix("ete"), words)
    raise Unknown("ip neigh", command, "show, add, replace, del")


def _show(terminal: Terminal, words: Words, as_json: bool) -> str:
    dev = dst = None
    while words:
        word = words.next()
        if word == "dev":
            dev = terminal.link(words.next()).ifname
        else:
            dst = words.next() if word == "to" else word
    found = [
        each for each in terminal.entries(NEIGHBOURS) if dev in (None, each.dev) and dst in (None, each.dst)
    ]
    if as_json:
        return json.dumps([each.json() for each in found]) + "\n"
    return "".join(f"{_line(each, dev is None)} \n" for each in found)


def _line(entry: NeighEntry, with_device: bool) -> str:
    words = [entry.dst, *(["dev", entry.dev] if with_device else [])]
    return " ".join([*words, *(["lladdr", entry.lladdr] if entry.lladdr else []), entry.state])


def _change(terminal: Terminal, command: str, words: Words) -> str:
    dst, dev, mac, state = words.next(), "", None, "PERMANENT"
    while words:
        word = words.next()
        if word == "dev":
            dev = terminal.link(words.next()).ifname
        elif word == "lladdr":
            mac = words.next()
        elif word in ("nud", "permanent"):
            state = words.next().upper() if word == "nud" else "PERMANENT"
        else:
            raise Unknown("ip neigh", word, "ADDRESS, lladdr MAC, dev DEVICE")
    if not dev:
        raise Failure("Device and destination are required arguments.", 255)
    old = terminal.ns.neighs.get((dev, dst))
    if command == "del":
        if old is None:
            raise Failure("RTNETLINK answers: No such file or directory", 2)
        terminal.state.remove(terminal.name, old)
        return ""
    if command == "add" and old is not None:
        raise Failure("RTNETLINK answers: File exists", 2)
    entry = NeighEntry(dst, dev, mac, state)
    if old is not None:
        terminal.state.replace(terminal.name, old, entry)
    else:
        terminal.state.add(terminal.name, entry)
    return ""
