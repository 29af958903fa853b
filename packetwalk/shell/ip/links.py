"""``ip link``: show; the way to ``set``, ``add`` and ``del``."""

from __future__ import annotations

from typing import NamedTuple

from packetwalk.shell import devices
from packetwalk.shell.ip import link_set, names
from packetwalk.shell.ip.details import details, statistics
from packetwalk.shell.ip.options import IpOptions
from packetwalk.shell.terminal import Failure, Terminal, Unknown
from packetwalk.shell.words import Prefix, Words, chosen, prefix, twice, wrong
from packetwalk.tables import LinkEntry

SHOW = ("show", "lst", "list")
COMMANDS = ("add", "set", "change", "replace", "delete", *SHOW, "xstats", "afstats", "property", "help")


class LinkFilter(NamedTuple):
    """Which devices, and which of their addresses, are shown."""

    dev: str = ""
    up: bool = False
    type: str = ""
    master: str | None = None
    nomaster: bool = False
    scope: str = ""
    to: Prefix | None = None
    label: str = ""
    none: bool = False

    def has(self, terminal: Terminal, link: LinkEntry) -> bool:
        """Say whether a device is shown."""
        return (
            not self.none
            and (not self.up or "UP" in devices.flags(terminal, link).split(","))
            and self.type in ("", devices.kind(link))
            and (self.master is None or link.master == self.master)
            and not (self.nomaster and link.master)
        )


def run(terminal: Terminal, words: Words, options: IpOptions) -> str:
    """Run a command of ``ip link``."""
    word = words.next() if words else "show"
    command = chosen(word, COMMANDS)
    if command is None:
        raise Failure(f'Command "{word}" is unknown, try "ip link help".', 255)
    if command in ("set", "change"):
        return link_set.run(terminal, words)
    if command not in SHOW:
        raise Unknown("ip link", command, "show, set")
    shown = filtered(terminal, words)
    found = selected(terminal, shown)
    if options.json:
        if options.details or options.statistics:
            raise Unknown("ip", "-j with -d or -s", "ip -j link")
        return options.as_json([devices.described(terminal, link, mode=True) for link in found])
    if options.brief:
        return "".join(devices.brief(terminal, link, _brief(terminal, link)) for link in found)
    return "".join(options.on_lines(_text(terminal, link, options)) for link in found)


def _brief(terminal: Terminal, link: LinkEntry) -> str:
    address = devices.hardware(link)[1]
    return f"{address} <{devices.flags(terminal, link)}>"


def _text(terminal: Terminal, link: LinkEntry, options: IpOptions) -> str:
    more = details(terminal, link) if options.details else ""
    text = devices.lines(terminal, link, mode=True, details=more)
    return text + (statistics(terminal, link, options.statistics) if options.statistics else "")


def filtered(terminal: Terminal, words: Words) -> LinkFilter:
    """Read which devices are asked for."""
    shown = LinkFilter()
    while words:
        word = words.next()
        if word == "to":
            shown = shown._replace(to=prefix(words.next()))
        elif word == "scope":
            value = words.next()
            scope = "" if value == "all" else names.scope(value, 'invalid "scope"\n')
            shown = shown._replace(scope=scope)
        elif word == "up":
            shown = shown._replace(up=True)
        elif word in ("dynamic", "secondary", "temporary", "tentative", "deprecated", "dadfailed"):
            shown = shown._replace(none=True)
        elif word in ("permanent", "primary"):
            continue
        elif word == "label":
            shown = shown._replace(label=words.next())
        elif word == "group":
            value = words.next()
            if value not in ("default", "0"):
                raise wrong('Invalid "group" value\n', value)
        elif word == "master":
            name = words.next()
            if name not in terminal.ns.links:
                raise wrong("Device does not exist\n", name)
            shown = shown._replace(master=name)
        elif word == "nomaster":
            shown = shown._replace(nomaster=True)
        elif word == "type":
            shown = shown._replace(type=words.next())
        elif word == "vrf":
            raise wrong("Not a valid VRF name\n", words.next())
        else:
            word = words.next() if word == "dev" else word
            if shown.dev:
                raise twice("dev", word)
            shown = shown._replace(dev=word)
    return shown


def selected(terminal: Terminal, shown: LinkFilter) -> list[LinkEntry]:
    """Return the devices that are asked for, by number."""
    if shown.dev:
        terminal.link(shown.dev, 'Device "{}" does not exist.')
    return [
        link
        for link in devices.every(terminal)
        if shown.dev in ("", link.ifname) and shown.has(terminal, link)
    ]
