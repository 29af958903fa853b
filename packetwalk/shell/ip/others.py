"""Objects of ``ip`` of which a node or pod has none, or of which nothing is known but that."""

from __future__ import annotations

from collections.abc import Callable

from packetwalk.shell.ip.options import IpOptions
from packetwalk.shell.terminal import Failure, Terminal, Unknown
from packetwalk.shell.words import Words
from packetwalk.tables.xfrm import POLICIES

LIST = ("", "show", "list", "ls")


def _none(name: str) -> Callable[[Terminal, Words, IpOptions], str]:
    def run(terminal: Terminal, words: Words, options: IpOptions) -> str:
        if words.rest() in ([], ["show"], ["list"], ["ls"]):
            return ""
        raise Unknown(f"ip {name}", "other commands", "show")

    return run


def _netns(terminal: Terminal, words: Words, options: IpOptions) -> str:
    """No namespace has a name here: programs keep them by their processes."""
    command = words.next() if words else "list"
    if command in ("list", "show", "ls"):
        return ""
    if command == "exec":
        name = words.next("No netns name specified")
        if not words:
            raise Failure("No command specified", 255)
        raise Failure(f'Cannot open network namespace "{name}": No such file or directory', 255)
    raise Unknown("ip netns", command, "list, exec")


def _xfrm(terminal: Terminal, words: Words, options: IpOptions) -> str:
    kind = words.next('Command line is not complete. Try option "help"')
    if not {"state", "policy"} & {each for each in ("state", "policy") if each.startswith(kind)}:
        raise Failure(f'Object "{kind}" is unknown, try "ip xfrm help".', 255)
    if words.rest() not in ([], ["show"], ["list"], ["ls"]) or terminal.ns.entries(POLICIES):
        raise Unknown(f"ip xfrm {kind}", "other than an empty table", "show, where nothing is encrypted")
    return ""


def _tunnel(terminal: Terminal, words: Words, options: IpOptions) -> str:
    if words.rest() not in ([], ["show"], ["list"], ["ls"]) or terminal.ns.ipip:
        raise Unknown("ip tunnel", "other than no tunnel", "show, on a node without tunl0")
    return ""


OBJECTS: dict[str, Callable[[Terminal, Words, IpOptions], str]] = {
    "netns": _netns,
    "xfrm": _xfrm,
    "tunnel": _tunnel,
    "nexthop": _none("nexthop"),
    "mroute": _none("mroute"),
    "tuntap": _none("tuntap"),
}
