"""``bridge``: ``fdb`` show, add, append, replace, del; ``link`` show."""

from __future__ import annotations

import json

from packetwalk.shell import devices
from packetwalk.shell.terminal import Failure, Terminal, Unknown, Words
from packetwalk.tables import FdbEntry
from packetwalk.tables.fdb import FORWARDING


def run(terminal: Terminal, arguments: list[str]) -> str:
    """Run ``bridge OBJECT COMMAND``."""
    words = Words(arguments)
    as_json = words.peek() == "-j"
    if as_json:
        words.next()
    name = words.next()
    if name.startswith("-"):
        raise Unknown("bridge", name, "-j")
    if name == "fdb":
        return _fdb(terminal, words, as_json)
    if name == "link" and words.rest() in ([], ["show"]):
        return "".join(_port(terminal, link.ifname) for link in terminal.ns.links.values() if link.master)
    raise Unknown("bridge", name, "fdb, link")


def _port(terminal: Terminal, name: str) -> str:
    link, numbers = terminal.ns.links[name], devices.numbers(terminal.ns)
    end = devices.other_end(terminal, link)
    here = {f"@if{number}": f"@{other}" for other, number in numbers.items()}
    return (  # bridge takes the number of another namespace's device for one of its own
        f"{numbers[name]}: {name}{here.get(end, end)}: "
        f"<{devices.flags(terminal.ns, link)}> mtu {link.mtu} master {link.master} "
        "state forwarding priority 32 cost 2 \n"
    )


def _fdb(terminal: Terminal, words: Words, as_json: bool) -> str:
    command = words.next() if words else "show"
    if command in ("show", "list"):
        return _show(terminal, words, as_json)
    if command in ("add", "append", "replace", "del", "delete"):
        return _change(terminal, command.removesuffix("ete"), words)
    raise Unknown("bridge fdb", command, "show, add, append, replace, del")


def _show(terminal: Terminal, words: Words, as_json: bool) -> str:
    wanted = {}
    while words:
        word = words.next()
        if word not in ("dev", "br", "brport"):
            raise Unknown("bridge fdb show", word, "dev DEVICE, br BRIDGE")
        wanted["dev" if word == "brport" else word] = terminal.link(words.next()).ifname
    every = terminal.state.entries(terminal.name, FORWARDING)
    found = [
        entry
        for table in dict.fromkeys(bridge for bridge, _ in terminal.ns.fdb)
        for entry in every
        if FORWARDING.key(entry)[0] == table
        and wanted.get("dev") in (None, entry.ifname)
        and wanted.get("br") in (None, table)
    ]
    if as_json:
        return json.dumps([entry.json() for entry in found]) + "\n"
    hidden = f" dev {wanted['dev']}" if "dev" in wanted else "\n"
    return "".join(f"{str(entry).replace(hidden, '', 1)}\n" for entry in found)


def _change(terminal: Terminal, command: str, words: Words) -> str:
    mac, dev, dst, state, master = words.next().lower(), "", None, "permanent", False
    while words:
        word = words.next()
        if word == "dev":
            dev = terminal.link(words.next()).ifname
        elif word == "dst":
            dst = words.next()
        elif word == "master":
            master = True
        elif word not in ("self", "permanent", "static", "local", "dynamic"):
            raise Unknown("bridge fdb", word, "MAC dev DEVICE dst ADDRESS, self, master, permanent")
    if not dev:
        raise Failure("Device is a required argument.", 255)
    bridge = terminal.ns.links[dev].master if master else None
    same = [e for e in terminal.ns.fdb.values() if (e.mac, e.ifname, e.master) == (mac, dev, bridge)]
    if command == "del":
        if not same or (dst and same[0].dst != dst):
            raise Failure("RTNETLINK answers: No such file or directory", 255)
        terminal.state.remove(terminal.name, same[0])
        return ""
    if same and command == "add":
        raise Failure("RTNETLINK answers: File exists", 255)
    entry = FdbEntry(mac, dev, dst, bridge, () if bridge else ("self",), state)
    if same and command == "append" and same[0].dst != dst:
        raise Unknown("bridge fdb append", f"a second place for {mac}", "one place for each MAC")
    if same:
        terminal.state.replace(terminal.name, same[0], entry)
    else:
        terminal.state.add(terminal.name, entry)
    return ""


PROGRAMS = {"bridge": run}
