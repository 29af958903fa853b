"""``bridge`` (iproute2 6.1): its options and objects."""

from __future__ import annotations

from packetwalk.shell.bridge import fdb, ports
from packetwalk.shell.ip import options
from packetwalk.shell.terminal import Failure, Terminal, Unknown
from packetwalk.shell.words import Words, chosen

NAMES = ("link", "fdb", "mdb", "vlan", "vni", "monitor", "help")
VERSION = "bridge utility, 6.1.0\n"
EMPTY = {"mdb": "", "vlan": "port              vlan-id  \n"}
"""What is printed of groups and VLANs where nobody has made any."""


def run(terminal: Terminal, arguments: list[str]) -> str:
    """Run ``bridge OPTIONS OBJECT COMMAND``."""
    words = Words(arguments)
    given = options.read(words, "bridge")
    if given.version:
        return VERSION
    if not words:
        raise Unknown("bridge", "no object", "fdb, link, vlan, mdb")
    word = words.next()
    name = chosen(word, NAMES)
    if name is None:
        raise Failure(f'Object "{word}" is unknown, try "bridge help".', 255)
    if name == "fdb":
        return fdb.run(terminal, words, given)
    if name == "link":
        return ports.run(terminal, words, given)
    command, *rest = [*words.rest(), ""]
    if name not in EMPTY or chosen(command or "show", ("show", "lst", "list")) is None or given.json:
        raise Unknown(f"bridge {name}", command, "show")
    if rest[:1] == ["dev"]:
        terminal.link(rest[1], code=255)
    return EMPTY[name]


PROGRAMS = {"bridge": run}
