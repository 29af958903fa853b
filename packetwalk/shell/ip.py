"""``ip``: its options, its objects ``addr`` and ``rule``; ``link``, ``route`` and ``neigh`` have files of their own."""

from __future__ import annotations

import json
from collections.abc import Callable

from packetwalk.shell import devices, links, neighbours, routes
from packetwalk.shell.terminal import Failure, Terminal, Unknown, Words
from packetwalk.tables import LinkEntry
from packetwalk.tables.ip_rule import LAST, RULES


def run(terminal: Terminal, arguments: list[str]) -> str:
    """Run ``ip OPTIONS OBJECT COMMAND``."""
    words, options = Words(arguments), links.IpOptions()
    while words.peek().startswith("-"):
        word = words.next()
        known = {"-br": "brief", "-brief": "brief", "-d": "details", "-details": "details"}
        known |= {"-j": "json", "-json": "json"}
        if word in known:
            options = options._replace(**{known[word]: True})
        elif word not in ("-4", "-o", "-s", "-n", "-N") or word in ("-o", "-s"):
            raise Unknown("ip", word, "-4, -br, -d, -j")
    name = words.next()
    for full, act in OBJECTS.items():
        if full.startswith(name):
            return act(terminal, words, options)
    raise Failure(f'Object "{name}" is unknown, try "ip help".')


def _addr(terminal: Terminal, words: Words, options: links.IpOptions) -> str:
    command = words.next() if words else ""
    if command not in links.SHOW:
        raise Unknown("ip addr", command, "show")
    if options.json:
        raise Unknown("ip addr", "-j", "ip -j addr, of all devices")
    chosen = links.chosen(terminal, words)
    if options.brief:
        return "".join(
            devices.brief(terminal, link, " ".join([*_addresses(terminal, link), *_local6(link)]))
            for link in chosen
        )
    return "".join(
        devices.lines(terminal, link, mode=False) + "".join(_lines(terminal, link)) for link in chosen
    )


def _addresses(terminal: Terminal, link: LinkEntry) -> list[str]:
    if link.kind == "lo":
        return ["127.0.0.1/8"]
    return [f"{each.local}/{each.prefixlen}" for each in terminal.ns.addrs if each.dev == link.ifname]


def _local6(link: LinkEntry) -> list[str]:
    return ["::1/128"] if link.kind == "lo" else []


def _lines(terminal: Terminal, link: LinkEntry) -> list[str]:
    lifetime = "       valid_lft forever preferred_lft forever\n"
    scope = "host" if link.kind == "lo" else "global"
    out = [f"    inet {each} scope {scope} {link.ifname}\n{lifetime}" for each in _addresses(terminal, link)]
    return [*out, *(f"    inet6 {each} scope host \n{lifetime}" for each in _local6(link))]


def _route(terminal: Terminal, words: Words, options: links.IpOptions) -> str:
    return routes.run(terminal, words, as_json=options.json)


def _neigh(terminal: Terminal, words: Words, options: links.IpOptions) -> str:
    return neighbours.run(terminal, words, as_json=options.json)


def _rule(terminal: Terminal, words: Words, options: links.IpOptions) -> str:
    command = words.next() if words else ""
    if command not in links.SHOW:
        raise Unknown("ip rule", command, "show")
    every = [*terminal.entries(RULES), LAST]
    if options.json:
        return json.dumps([rule.json() for rule in every]) + "\n"
    return "".join(f"{rule}\n" for rule in every)


OBJECTS: dict[str, Callable[[Terminal, Words, links.IpOptions], str]] = {
    "address": _addr,
    "link": links.run,
    "neighbour": _neigh,
    "neighbor": _neigh,
    "route": _route,
    "rule": _rule,
}
PROGRAMS = {"ip": run}
