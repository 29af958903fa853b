"""``ipset`` (7.17): list and save the sets that rules ask."""

from __future__ import annotations

from packetwalk.shell.terminal import Failure, Terminal, Unknown
from packetwalk.tables import IpSet, IptablesRule
from packetwalk.tables.ipset import SETS
from packetwalk.tables.iptables import IPTABLES
from packetwalk.wire.address import ipv4_to_int, prefix

REVISIONS = {"hash:net": 7, "hash:ip": 6, "hash:ip,port": 7, "list:set": 3}
COMMANDS = {
    "list": "list",
    "-L": "list",
    "-list": "list",
    "--list": "list",
    "save": "save",
    "-S": "save",
    "--save": "save",
}


def run(terminal: Terminal, arguments: list[str]) -> str:
    """Print sets."""
    names = any(word in ("-n", "-name", "--name") for word in arguments)
    words = [word for word in arguments if word not in ("-n", "-name", "--name")]
    command = COMMANDS.get(words[0]) if words else None
    if command is None or len(words) > 2:
        raise Unknown("ipset", " ".join(arguments), "list, list -n, list SET, save")
    every = SETS.told(terminal.entries(SETS))
    found = [each for each in every if words[1:] in ([], [each.name])]
    if words[1:] and not found:
        raise Failure("ipset v7.17: The set with the given name does not exist")
    if names:
        return "".join(f"{each.name}\n" for each in found)
    if command == "save":
        return "".join(_saved(each) for each in found)
    return "\n".join(_listed(terminal, each) for each in found)


def _members(entry: IpSet) -> list[str]:
    """Return the members; those of a hash come in no order, so networks by length, addresses by number."""
    return list(entry.members) if entry.type == "list:set" else sorted(entry.members, key=_place)


def _place(member: str) -> tuple[int, int, str]:
    address = member.split(" ")[0].partition(",")[0]
    return prefix(address)[1], ipv4_to_int(address.partition("/")[0]), member


def _header(entry: IpSet) -> str:
    """Return a set's options as they are printed: those that were asked for among those of the kernel."""
    if entry.type == "list:set":
        return entry.options
    words = entry.options.split()
    most = words[words.index("maxelem") + 1] if "maxelem" in words else "65536"
    comment = "comment " if "comment" in words else ""
    return f"family inet hashsize 1024 maxelem {most} {comment}bucketsize 12 initval 0x00000000"


def _saved(entry: IpSet) -> str:
    lines = [
        f"create {entry.name} {entry.type} {_header(entry)}",
        *(f"add {entry.name} {each}" for each in _members(entry)),
    ]
    return "".join(f"{line}\n" for line in lines)


def _listed(terminal: Terminal, entry: IpSet) -> str:
    if entry.type not in REVISIONS:
        raise Unknown("ipset", entry.type, ", ".join(REVISIONS))
    used = sum(
        rule.spec.split(" ").count(entry.name)
        for rule in terminal.entries(IPTABLES)
        if isinstance(rule, IptablesRule) and "--match-set" in rule.spec
    )
    used += sum(entry.name in each.members for each in terminal.entries(SETS) if each.type == "list:set")
    head = [
        f"Name: {entry.name}",
        f"Type: {entry.type}",
        f"Revision: {REVISIONS[entry.type]}",
        f"Header: {_header(entry)}",
        "Size in memory: 0",
        f"References: {used}",
        f"Number of entries: {len(entry.members)}",
        "Members:",
    ]
    return "".join(f"{line}\n" for line in [*head, *_members(entry)])


PROGRAMS = {"ipset": run}
