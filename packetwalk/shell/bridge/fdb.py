"""``bridge fdb``: the forwarding databases of bridges and VXLAN devices."""

from __future__ import annotations

import re
from typing import NamedTuple

from packetwalk.shell.ip.options import IpOptions
from packetwalk.shell.terminal import Failure, Terminal, Unknown
from packetwalk.shell.words import Words, address, chosen, mac, twice
from packetwalk.tables import FdbEntry
from packetwalk.tables.fdb import FORWARDING

STATES = {"permanent": "permanent", "local": "permanent", "static": "static", "temp": "static", "dynamic": ""}
REQUIRED = Failure("Device and address are required arguments.", 255)
KNOWN = "MAC dev DEVICE dst ADDRESS; MAC dev PORT master; permanent, static, dynamic"
NO_ENTRY = Failure("RTNETLINK answers: No such file or directory", 255)


class FdbFilter(NamedTuple):
    """What is shown; a device that is asked for is not printed."""

    dev: str | None = None
    bridge: str | None = None
    state: str | None = None

    def has(self, entry: FdbEntry) -> bool:
        """Say whether a line is shown."""
        return (
            self.dev in (None, entry.ifname)
            and self.bridge in (None, entry.master)
            and self.state in (None, entry.state)
        )


def run(terminal: Terminal, words: Words, options: IpOptions) -> str:
    """Run a command of ``bridge fdb``."""
    word = words.next() if words else "show"
    commands = ("add", "append", "replace", "delete", "get", "show", "lst", "list", "flush", "help")
    command = chosen(word, commands)
    if command is None:
        raise Failure(f'Command "{word}" is unknown, try "bridge fdb help".', 255)
    if command in ("show", "lst", "list"):
        return _show(terminal, words, options)
    if command == "get":
        return _get(terminal, words, options)
    if command in ("flush", "help"):
        raise Unknown("bridge fdb", command, "show, get, add, append, replace, del")
    return _change(terminal, command, words)


def _every(terminal: Terminal) -> list[FdbEntry]:
    return terminal.state.entries(terminal.name, FORWARDING)


def _show(terminal: Terminal, words: Words, options: IpOptions) -> str:
    shown = FdbFilter()
    while words:
        word = words.next()
        if word in ("dev", "brport"):
            shown = shown._replace(dev=terminal.link(words.next(), code=255).ifname)
        elif word == "br":
            bridge = terminal.link(words.next(), 'Cannot find bridge device "{}"', 255)
            shown = shown._replace(bridge=bridge.ifname)
        elif word == "state":
            shown = shown._replace(state=STATES.get(words.next(), "nothing"))
        elif chosen(word, ("dynamic",)):
            shown = shown._replace(state="")
        elif word == "vlan":
            raise Unknown("bridge fdb show", word, "dev DEVICE, br BRIDGE, brport PORT, state STATE, dynamic")
    found = [entry for entry in _every(terminal) if shown.has(entry)]
    if options.json:
        members = [entry.json() for entry in found]
        for each in members:
            each |= {"flags": each.get("flags", [])}
            if shown.dev:
                del each["ifname"]
        return options.as_json(members)
    return "".join(f"{_line(entry, shown, options)}\n" for entry in found)


def _line(entry: FdbEntry, shown: FdbFilter, options: IpOptions) -> str:
    text = str(entry)
    if not entry.state:
        text += " "
    if options.statistics:
        text = (
            text.replace(" self", " used 0/0 self")
            if entry.dst
            else text.replace(" master", " used 0/0 master")
        )
    return text.replace(f" dev {shown.dev}", "", 1) if shown.dev else text


def _get(terminal: Terminal, words: Words, options: IpOptions) -> str:
    dev = bridge = lladdr = None
    while words:
        word = words.next()
        if word in ("dev", "brport"):
            dev = terminal.link(words.next(), code=255).ifname
        elif word == "br":
            bridge = terminal.link(words.next(), code=255).ifname
        elif word in ("vlan", "vni", "self", "master", "dynamic"):
            raise Unknown("bridge fdb get", word, "MAC dev DEVICE, MAC br BRIDGE")
        else:
            lladdr = _mac(words.next() if word == "to" else word)
    if lladdr is None or (dev is None and bridge is None):
        raise Failure("Device or master and address are required arguments.", 255)
    for entry in _every(terminal):
        if entry.mac == lladdr and dev in (None, entry.ifname) and bridge in (None, entry.master):
            return (
                options.as_json([entry.json()]) if options.json else f"{_line(entry, FdbFilter(), options)}\n"
            )
    raise Failure("Error: Fdb entry not found.", 254)


def _mac(text: str) -> str:
    if not re.fullmatch(r"[0-9a-fA-F]{1,2}(:[0-9a-fA-F]{1,2}){5}", text):
        raise Failure(f"Invalid mac address {text}", 255)
    return mac(text)


def _change(terminal: Terminal, command: str, words: Words) -> str:
    dev = lladdr = dst = None
    state, master, own = "permanent", False, False
    while words:
        word = words.next()
        if word == "dev":
            dev = words.next()
        elif word == "dst":
            dst = address(words.next())
        elif word in ("self", "master"):
            own, master = own or word == "self", master or word == "master"
        elif word in STATES:
            state = STATES[word]
        elif word in (
            "vlan",
            "vni",
            "port",
            "via",
            "src_vni",
            "use",
            "sticky",
            "router",
            "extern_learn",
            "nhid",
        ):
            raise Unknown("bridge fdb", word, KNOWN)
        else:
            word = words.next() if word == "to" else word
            if lladdr is not None:
                raise twice("to", word)
            lladdr = word
    if dev is None or lladdr is None:
        raise REQUIRED
    text, link = _mac(lladdr), terminal.link(dev, code=255)
    if link.kind == "vxlan" and not master:
        return _tunnel(terminal, command, FdbEntry(text, dev, dst, None, ("self",), state))
    if not master or own or link.master is None or terminal.ns.links[link.master].kind != "bridge":
        if master and link.master is None:
            raise Failure("RTNETLINK answers: Operation not supported", 255)
        raise Unknown("bridge fdb", f"{command} of {dev}", KNOWN)
    return _port(terminal, command, FdbEntry(text, dev, None, link.master, (), state))


def _tunnel(terminal: Terminal, command: str, entry: FdbEntry) -> str:
    """Change the FDB of a VXLAN device (``vxlan_fdb_add``, ``vxlan_fdb_delete``)."""
    same = terminal.ns.fdb.get(FORWARDING.key(entry))
    if int(entry.mac[:2], 16) & 1 or set(entry.mac) == {"0", ":"} or (entry.dst or "").startswith("224."):
        raise Unknown("bridge fdb", f"{entry.mac} dst {entry.dst}", "one MAC at one machine")
    if command == "delete":
        if same is None:
            raise NO_ENTRY
        if entry.dst in (None, same.dst):
            terminal.state.remove(terminal.name, same)
        return ""
    if entry.dst is None:
        raise Failure("RTNETLINK answers: Invalid argument", 255)
    if same is not None and command == "add":
        raise Failure("RTNETLINK answers: File exists", 255)
    if same is None:
        terminal.state.add(terminal.name, entry)
    elif command == "replace":  # to append a second place to a machine's MAC does nothing
        terminal.state.replace(terminal.name, same, entry)
    return ""


def _port(terminal: Terminal, command: str, entry: FdbEntry) -> str:
    """Change the FDB of a bridge (``br_fdb_add``, ``br_fdb_delete``)."""
    same = next((each for each in _every(terminal) if FORWARDING.key(each) == FORWARDING.key(entry)), None)
    if command == "delete":
        if same is None or same.ifname != entry.ifname:
            raise NO_ENTRY
        terminal.state.forget_lines(terminal.name, FORWARDING, lambda each: each.mac != entry.mac)
        if same in terminal.ns.fdb.values():
            terminal.state.remove(terminal.name, same)
        return ""
    if set(entry.mac) == {"0", ":"}:
        raise Failure("RTNETLINK answers: Invalid argument", 255)
    if same is not None and command == "add":
        raise Failure("RTNETLINK answers: File exists", 255)
    if same is not None and terminal.state.written(terminal.name, same):
        terminal.state.replace(terminal.name, same, entry)
    else:
        terminal.state.add(terminal.name, entry)
    return ""
