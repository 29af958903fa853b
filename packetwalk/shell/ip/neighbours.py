"""``ip neigh``: show, get, add, replace, change, del, flush."""

from __future__ import annotations

from typing import NamedTuple

from packetwalk.shell.ip.options import IpOptions
from packetwalk.shell.terminal import Failure, Terminal, Unknown
from packetwalk.shell.words import Prefix, Words, address, chosen, mac, prefix, twice, wrong
from packetwalk.tables import NeighEntry
from packetwalk.tables.neighbour import NEIGHBOURS

STATES = ("permanent", "reachable", "noarp", "none", "stale", "incomplete", "delay", "probe", "failed")
USUAL = ("REACHABLE", "STALE", "DELAY", "PROBE", "FAILED", "INCOMPLETE", "PERMANENT")
FLUSHED = ("REACHABLE", "STALE", "DELAY", "PROBE", "FAILED", "INCOMPLETE")
REQUIRED = "Device and destination are required arguments."


class NeighbourFilter(NamedTuple):
    """What is shown: states (those that are usual when none is named), a device, a network."""

    states: tuple[str, ...] = ()
    dev: str | None = None
    dst: Prefix = Prefix(0, 0)

    def has(self, entry: NeighEntry, usual: tuple[str, ...]) -> bool:
        """Say whether a neighbour is shown."""
        return (
            entry.state in (self.states or usual)
            and self.dev in (None, entry.dev)
            and self.dst.has(prefix(entry.dst))
        )


def run(terminal: Terminal, words: Words, options: IpOptions) -> str:
    """Run a command of ``ip neigh``."""
    word = words.next() if words else "show"
    command = chosen(
        word, ("add", "change", "chg", "replace", "delete", "get", "show", "lst", "list", "flush", "help")
    )
    if command is None:
        raise Failure(f'Command "{word}" is unknown, try "ip neigh help".', 255)
    if command in ("show", "lst", "list"):
        return _show(terminal, _filtered(terminal, words), options)
    if command == "get":
        return _get(terminal, words, options)
    if command == "flush":
        return _flush(terminal, words, options)
    if command == "help":
        raise Unknown("ip neigh", command, "show, get, add, replace, change, del, flush")
    return _change(terminal, "change" if command == "chg" else command, words)


def _filtered(terminal: Terminal, words: Words) -> NeighbourFilter:
    shown = NeighbourFilter()
    while words:
        word = words.next()
        if word == "dev":
            shown = shown._replace(dev=terminal.link(words.next()).ifname)
        elif word == "nud":
            shown = shown._replace(states=(*shown.states, *_states(words.next())))
        elif word in ("unused", "proxy", "master", "vrf", "nomaster", "protocol"):
            raise Unknown("ip neigh show", word, "ADDRESS, dev DEVICE, nud STATE")
        else:
            word = words.next() if chosen(word, ("to",)) else word
            shown = shown._replace(dst=prefix(word))
    return shown


def _states(word: str) -> tuple[str, ...]:
    if word == "all":
        return tuple(state.upper() for state in STATES)
    return (_state(word),)


def _state(word: str) -> str:
    found = chosen(word, STATES)
    if found is None:
        raise wrong("nud state is bad", word)
    return found.upper()


def _show(terminal: Terminal, shown: NeighbourFilter, options: IpOptions) -> str:
    found = [each for each in terminal.entries(NEIGHBOURS) if shown.has(each, USUAL)] if options.inet else []
    if options.json:
        hidden = {"dev"} if shown.dev else set()
        return options.as_json(
            [{name: value for name, value in each.json().items() if name not in hidden} for each in found]
        )
    return "".join(f"{_line(each, shown.dev is None, options)} \n" for each in found)


def _line(entry: NeighEntry, with_device: bool, options: IpOptions) -> str:
    words = [entry.dst, *(["dev", entry.dev] if with_device else [])]
    words += ["lladdr", entry.lladdr] if entry.lladdr else []
    words += [" used 0/0/0probes 0"] if options.statistics else []
    return " ".join([*words, entry.state])


def _get(terminal: Terminal, words: Words, options: IpOptions) -> str:
    dev = dst = None
    while words:
        word = words.next()
        if word == "dev":
            dev = terminal.link(words.next()).ifname
        elif word == "proxy":
            raise Unknown("ip neigh get", word, "ADDRESS dev DEVICE")
        else:
            dst = address(words.next() if chosen(word, ("to",)) else word)
    if dev is None or dst is None:
        raise Failure("Device and address are required arguments.")
    for entry in terminal.entries(NEIGHBOURS):
        if (entry.dev, entry.dst) == (dev, dst):
            return options.as_json([entry.json()]) if options.json else f"{entry} \n"
    raise Failure("Error: Neighbour entry not found.", 2)


def _flush(terminal: Terminal, words: Words, options: IpOptions) -> str:
    if not words:
        raise Failure("Flush requires arguments.")
    if words.peek() == "all":
        words.next()
    shown = _filtered(terminal, words)
    if options.statistics:
        raise Unknown("ip", "-s", "ip neigh flush")
    terminal.state.forget_lines(terminal.name, NEIGHBOURS, lambda entry: not shown.has(entry, FLUSHED))
    for entry in terminal.ns.entries(NEIGHBOURS):
        if shown.has(entry, FLUSHED) and entry.state != "PERMANENT":
            terminal.state.remove(terminal.name, entry)
    return ""


def _change(terminal: Terminal, command: str, words: Words) -> str:
    dst = dev = lladdr = None
    state = "PERMANENT"
    while words:
        word = words.next()
        if word == "lladdr":
            lladdr = words.next()
        elif chosen(word, ("nud",)):
            state = _state(words.next())
        elif word in ("proxy", "router", "managed", "use", "extern_learn", "protocol"):
            raise Unknown("ip neigh", word, "ADDRESS, lladdr MAC, dev DEVICE, nud STATE")
        elif word in STATES:
            state = word.upper()
        elif word == "dev":
            dev = words.next()
        else:
            word = words.next() if word == "to" else word
            if dst is not None:
                raise twice("to", word)
            dst = address(word)
    if dev is None or dst is None:
        raise Failure(REQUIRED, 255)
    lladdr = None if lladdr is None else mac(lladdr, bytes_wanted=lladdr.count(":") + 1)
    dev = terminal.link(dev).ifname
    return _written(terminal, command, NeighEntry(dst, dev, lladdr, state))


def _written(terminal: Terminal, command: str, entry: NeighEntry) -> str:
    every = {NEIGHBOURS.key(each): each for each in terminal.entries(NEIGHBOURS)}
    old = every.get(NEIGHBOURS.key(entry))
    if command == "delete":
        if old is None:
            raise Failure("RTNETLINK answers: No such file or directory", 2)
        terminal.state.forget_lines(
            terminal.name, NEIGHBOURS, lambda each: NEIGHBOURS.key(each) != NEIGHBOURS.key(entry)
        )
        terminal.state.remove(terminal.name, old)
        return ""
    if entry.lladdr is not None and entry.lladdr.count(":") != 5:
        raise Failure("Error: Invalid link address.", 2)
    if entry.lladdr is None and entry.state not in ("FAILED", "INCOMPLETE", "NONE") and old is None:
        raise Failure("Error: No link layer address given.", 2)
    if command == "add" and old is not None:
        raise Failure("RTNETLINK answers: File exists", 2)
    if command == "change" and old is None:
        raise Failure("RTNETLINK answers: No such file or directory", 2)
    if terminal.ns.links[entry.dev].kind == "lo":
        raise Unknown("ip neigh", entry.dev, "neighbours of other devices")
    if entry.lladdr is None and old is not None:
        entry = entry._replace(lladdr=old.lladdr)
    if old is not None and terminal.state.written(terminal.name, old):
        terminal.state.replace(terminal.name, old, entry)
    else:
        terminal.state.add(terminal.name, entry)
    return ""
