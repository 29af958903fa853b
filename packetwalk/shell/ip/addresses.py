"""``ip addr``: show, add, del, flush."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import Any, NamedTuple

from packetwalk.shell import devices
from packetwalk.shell.ip import links
from packetwalk.shell.ip.details import details, statistics
from packetwalk.shell.ip.options import IpOptions
from packetwalk.shell.ip.withdrawal import withdraw
from packetwalk.shell.terminal import Failure, Terminal, Unknown
from packetwalk.shell.words import Words, chosen, prefix, twice
from packetwalk.tables import AddrEntry, LinkEntry
from packetwalk.tables.address import ADDRESSES
from packetwalk.wire.address import ipv4_from_int

COMMANDS = (
    "add",
    "change",
    "chg",
    "replace",
    "delete",
    "show",
    "lst",
    "list",
    "flush",
    "save",
    "restore",
    "showdump",
    "help",
)
LAST_WITH_BROADCAST = 30
"""The longest prefix of a subnet that has an address for everybody."""
NO_DEVICE = 'Not enough information: "dev" argument is required.'
FOREVER = 2**32 - 1
WILDCARD = (
    "Warning: Executing wildcard deletion to stay compatible with old scripts.\n"
    "         Explicitly specify the prefix length ({}/32) to avoid this warning.\n"
    "         This special behaviour is likely to disappear in further releases,\n"
    "         fix your scripts!\n"
)


class Address(NamedTuple):
    """An address as it is printed; ``label`` is empty in IPv6."""

    family: str
    local: str
    length: int
    scope: str
    label: str
    secondary: bool = False
    broadcast: str = ""

    @property
    def text(self) -> str:
        """Its line."""
        secondary = "secondary " if self.secondary else ""
        brd = f"brd {self.broadcast} " if self.broadcast else ""
        return f"{self.family} {self.local}/{self.length} {brd}scope {self.scope} {secondary}{self.label}"

    def json(self) -> dict[str, Any]:
        """Return the member of ``addr_info``."""
        out: dict[str, Any] = {"family": self.family, "local": self.local, "prefixlen": self.length}
        out |= {"broadcast": self.broadcast} if self.broadcast else {}
        out["scope"] = self.scope
        out |= {"secondary": True} if self.secondary else {}
        out |= {"label": self.label} if self.label else {}
        return {**out, "valid_life_time": FOREVER, "preferred_life_time": FOREVER}


def run(terminal: Terminal, words: Words, options: IpOptions) -> str:
    """Run a command of ``ip addr``."""
    word = words.next() if words else "show"
    command = chosen(word, COMMANDS)
    if command is None:
        raise Failure(f'Command "{word}" is unknown, try "ip address help".', 255)
    if command in ("show", "lst", "list"):
        return _show(terminal, links.filtered(terminal, words), options)
    if command in ("save", "restore", "showdump", "help"):
        raise Unknown("ip addr", command, "show, add, replace, del, flush")
    return _flush(terminal, words) if command == "flush" else _change(terminal, command, words)


def addresses(terminal: Terminal, link: LinkEntry) -> list[Address]:
    """Return the addresses of a device."""
    if link.kind == "lo":
        return [
            Address("inet", "127.0.0.1", 8, "host", "lo"),
            Address("inet6", "::1", 128, "host", ""),
        ]
    found: list[Address] = []
    networks = set()
    for each in terminal.ns.addrs:
        if each.dev == link.ifname:
            network = ADDRESSES.network(each)
            brd = each.broadcast if each.brd else ""
            second = network in networks
            found.append(Address("inet", each.local, each.prefixlen, "global", each.dev, second, brd))
            networks.add(network)
    return sorted(found, key=lambda each: each.secondary)


def _show(terminal: Terminal, shown: links.LinkFilter, options: IpOptions) -> str:
    family = "inet" if shown.to else options.family
    out, told = "", []
    for link in links.selected(terminal, shown):
        every = addresses(terminal, link)
        here = [each for each in every if _asked(each, shown, family)]
        if not here and (every or family):
            continue
        if options.json:
            told.append(
                {**devices.described(terminal, link, mode=False), "addr_info": [each.json() for each in here]}
            )
        elif options.brief:
            out += devices.brief(terminal, link, " ".join(f"{each.local}/{each.length}" for each in here))
        elif options.oneline:
            number = devices.numbers(terminal.ns)[link.ifname]
            out += "".join(f"{number}: {link.ifname}    {_lines(each, one=True)}" for each in here)
        else:
            out += _text(terminal, link, here, shown, options, family)
    return options.as_json(told) if options.json else out


def _asked(address: Address, shown: links.LinkFilter, family: str) -> bool:
    return (
        family in ("", address.family)
        and shown.scope in ("", address.scope)
        and (shown.to is None or (address.family == "inet" and shown.to.has(prefix(address.local))))
        and (not shown.label or fnmatchcase(address.label, shown.label))
    )


def _text(
    terminal: Terminal,
    link: LinkEntry,
    here: list[Address],
    shown: links.LinkFilter,
    options: IpOptions,
    family: str,
) -> str:
    text = ""
    if not shown.label:
        more = details(terminal, link, families=False) if options.details else ""
        text = devices.lines(
            terminal, link, mode=False, details=more, family="" if options.details else family
        )
    text += "".join(f"    {_lines(each)}" for each in here)
    return text + (statistics(terminal, link, options.statistics) if options.statistics else "")


def _lines(address: Address, *, one: bool = False) -> str:
    between = "\\" if one else "\n"
    return f"{address.text}{between}       valid_lft forever preferred_lft forever\n"


def _change(terminal: Terminal, command: str, words: Words) -> str:
    asked, dev, brd = None, "", ""
    text = ""
    while words:
        word = words.next()
        if word == "dev":
            dev = words.next()
        elif word in ("broadcast", "brd"):
            brd = words.next()
        elif word in ("peer", "remote", "anycast", "scope", "label", "metric", "valid_lft"):
            raise Unknown("ip addr", word, "ADDRESS/LENGTH dev DEVICE")
        else:
            word = words.next() if word == "local" else word
            if asked is not None:
                raise twice("local", word)
            asked, text = prefix(word), word
    if not dev:
        raise Failure(NO_DEVICE)
    wildcard = command == "delete" and asked is not None and "/" not in text
    warned = WILDCARD.format(asked) if wildcard else ""
    link = terminal.link(dev, f'{warned}Cannot find device "{{}}"')
    if asked is None:
        raise Failure("RTNETLINK answers: Operation not supported", 2)
    entry = AddrEntry(link.ifname, ipv4_from_int(asked.base), asked.length)
    if brd and asked.length <= LAST_WITH_BROADCAST:
        if brd not in ("+", entry.broadcast):
            raise Unknown("ip addr", f"brd {brd}", "brd +")
        entry = entry._replace(brd=True)
    if link.kind == "lo" or asked.base >> 28 >= 0xE or asked.base >> 24 == 0:
        raise Unknown("ip addr", f"{entry.local} on {link.ifname}", "addresses of machines on other devices")
    if command == "delete":
        return _delete(terminal, entry, wildcard="/" not in text)
    if any(entry.is_at(each) for each in terminal.ns.addrs):
        if command == "add":
            raise Failure("Error: ipv4: Address already assigned.", 2)
        return ""
    terminal.state.add(terminal.name, entry)
    return ""


def _delete(terminal: Terminal, entry: AddrEntry, *, wildcard: bool) -> str:
    mine = [each for each in terminal.ns.addrs if each.dev == entry.dev]
    found = next((each for each in mine if each.is_at(entry) or (wildcard and each.local == entry.local)), None)
    warned = WILDCARD.format(entry.local) if wildcard and not (found and found.is_at(entry)) else ""
    if found is None:
        raise Failure(f"{warned}Error: ipv4: Address not found.", 2)
    same = [each for each in mine if ADDRESSES.network(each) == ADDRESSES.network(found)]
    for each in [*same[1:], found] if same[0] == found else [found]:  # with the first of a subnet go the others
        withdraw(terminal, each)
    return warned


def _flush(terminal: Terminal, words: Words) -> str:
    if not words:
        raise Failure("Flush requires arguments.")
    shown = links.filtered(terminal, words)
    for link in links.selected(terminal, shown):
        for each in [each for each in terminal.ns.addrs if each.dev == link.ifname]:
            if _asked(Address("inet", each.local, each.prefixlen, "global", each.dev), shown, "inet"):
                withdraw(terminal, each)
    return ""
