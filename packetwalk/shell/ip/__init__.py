"""``ip`` (iproute2 6.1): its options and objects; each object that does something has a file of its own."""

from __future__ import annotations

from collections.abc import Callable

from packetwalk.shell.ip import addresses, links, neighbours, options, others, routes, rules
from packetwalk.shell.ip.options import IpOptions
from packetwalk.shell.terminal import Failure, Terminal, Unknown
from packetwalk.shell.words import Words

NAMES = [
    "address",
    "addrlabel",
    "maddress",
    "route",
    "rule",
    "neighbor",
    "neighbour",
    "ntable",
    "ntbl",
    "link",
    "l2tp",
    "fou",
    "ila",
    "macsec",
    "tunnel",
    "tunl",
    "tuntap",
    "tap",
    "token",
    "tcpmetrics",
    "tcp_metrics",
    "monitor",
    "xfrm",
    "mroute",
    "mrule",
    "netns",
    "netconf",
    "vrf",
    "sr",
    "nexthop",
    "mptcp",
    "ioam",
    "help",
    "stats",
]
"""In the order in which ``ip.c`` looks for them; a word that begins one is that one."""
OBJECTS: dict[str, Callable[[Terminal, Words, IpOptions], str]] = {
    "address": addresses.run,
    "link": links.run,
    "neighbor": neighbours.run,
    "neighbour": neighbours.run,
    "route": routes.run,
    "rule": rules.run,
    **others.OBJECTS,
}


def run(terminal: Terminal, arguments: list[str]) -> str:
    """Run ``ip OPTIONS OBJECT COMMAND``."""
    words = Words(arguments)
    given = options.read(words)
    if given.version:
        return options.VERSION
    if not words:
        raise Unknown("ip", "no object", f"ip OBJECT, with {', '.join(sorted(OBJECTS))}")
    word = words.next()
    name = next((each for each in NAMES if word and each.startswith(word)), None)
    if name is None:
        raise Failure(f'Object "{word}" is unknown, try "ip help".')
    if name not in OBJECTS:
        raise Unknown("ip", name, ", ".join(sorted(OBJECTS)))
    return OBJECTS[name](terminal, words, given)


PROGRAMS = {"ip": run}
