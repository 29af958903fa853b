"""What ``conntrack`` is asked for (conntrack-tools 1.4.7), with its own messages for wrong values."""

from __future__ import annotations

import re
from ipaddress import AddressValueError, IPv4Address, IPv4Network
from typing import NamedTuple

from packetwalk.shell.options import Options, WrongOption, read
from packetwalk.shell.terminal import Failure, Unknown
from packetwalk.shell.tracked import Tracked

KNOWN = (
    "-L, -D, -F, -C [conntrack|expect], -p PROTOCOL, -s -d -r -q ADDRESS, --sport --dport PORT, --state STATE, "
    "-u STATUS, -n -g -j [ADDRESS], -o extended"
)
ADDRESSES = {"s": "src", "d": "dst", "r": "reply_src", "q": "reply_dst"}
PORTS = {"1": "sport", "2": "dport", "3": "reply_sport", "4": "reply_dport"}
LONG = {
    "dump": "L",
    "delete": "D",
    "flush": "F",
    "count": "C",
    "src": "s",
    "orig-src": "s",
    "dst": "d",
    "orig-dst": "d",
    "reply-src": "r",
    "reply-dst": "q",
    "protonum": "p",
    "proto": "p",
    "family": "f",
    "status": "u",
    "mark": "m",
    "output": "o",
    "src-nat": "n",
    "dst-nat": "g",
    "any-nat": "j",
    "zone": "w",
    "sport": "1",
    "orig-port-src": "1",
    "dport": "2",
    "orig-port-dst": "2",
    "reply-port-src": "3",
    "reply-port-dst": "4",
    "state": "5",
    "icmp-type": "6",
    "icmp-code": "6",
    "icmp-id": "6",
}
OTHERS = "GIUAESezctlba6"
FORMATS = ("xml", "save", "timestamp", "id", "ktimestamp", "labels", "userspace")
PROTOCOLS = {
    "tcp": 6,
    "udp": 17,
    "icmp": 1,
    "icmpv6": 58,
    "sctp": 132,
    "dccp": 33,
    "gre": 47,
    "udplite": 136,
    "esp": 50,
    "ah": 51,
    "ipencap": 4,
    "ipip": 94,
}
"""By their names in conntrack and in ``/etc/protocols``."""
STATES = [
    "NONE",
    "SYN_SENT",
    "SYN_RECV",
    "ESTABLISHED",
    "FIN_WAIT",
    "CLOSE_WAIT",
    "LAST_ACK",
    "TIME_WAIT",
    "CLOSE",
    "LISTEN",
    "SYN_SENT2",
]
STATUS = {"ASSURED": "assured", "SEEN_REPLY": "replied", "UNSET": "", "UNREPLIED": ""}
SPECIAL = {"FIXED_TIMEOUT", "EXPECTED", "OFFLOAD", "HW_OFFLOAD"}
TRY = "Try `conntrack -h' or 'conntrack --help' for more information."


class ConntrackAsked(NamedTuple):
    """``command`` is its letter; all that an entry has to fulfil."""

    command: str
    table: str
    extended: bool
    number: int | None
    networks: tuple[tuple[str, IPv4Network], ...]
    ports: tuple[tuple[str, int], ...]
    state: str | None
    status: tuple[str, ...]
    translated: tuple[tuple[str, str], ...]
    none: bool

    def holds(self, each: Tracked) -> bool:
        """Say whether a connection is one of those that are asked for."""
        entry = each.entry
        return (
            not self.none
            and self.number in (None, each.number)
            and all(IPv4Address(getattr(entry, name)) in network for name, network in self.networks)
            and all(getattr(entry, name) == port for name, port in self.ports)
            and self.state in (None, each.state)
            and all(getattr(each, STATUS[name]) if STATUS[name] else not each.replied for name in self.status)
            and all(_translated(each, kind, address) for kind, address in self.translated)
        )


def _translated(each: Tracked, kind: str, address: str) -> bool:
    entry = each.entry
    source = (entry.src, entry.sport) != (entry.reply_dst, entry.reply_dport)
    goal = (entry.dst, entry.dport) != (entry.reply_src, entry.reply_sport)
    if entry.protocol == "icmp":
        source, goal = entry.src != entry.reply_dst, entry.dst != entry.reply_src
    at = {"n": source, "g": goal, "j": source or goal}[kind]
    known = {"n": {entry.reply_dst}, "g": {entry.reply_src}, "j": {entry.reply_dst, entry.reply_src}}[kind]
    return at and (not address or address in known)


def failed(message: str) -> Failure:
    """Return a failure in conntrack's words."""
    return Failure(f"conntrack v1.4.7 (conntrack-tools): {message}\n{TRY}", 2)


def asked(arguments: list[str]) -> ConntrackAsked:
    """Read the command line."""
    try:
        options, _ = read("conntrack", arguments, OTHERS, "sdrqpfumow12345", LONG, 2, optional="LDFCngj")
    except WrongOption as wrong:
        if wrong.missing:
            raise failed(f"option `{wrong.option}' requires an argument") from None
        raise failed(f"unknown option `{wrong.option}'") from None
    for letter, _ in options:
        if letter in OTHERS:
            raise Unknown("conntrack", f"-{letter}" if letter != "6" else "ICMP's fields", KNOWN)
    commands = [letter for letter, _ in options if letter in "LDFC"]
    if len(set(commands)) > 1:
        raise failed("Invalid commands combination")
    command = commands[0] if commands else ""
    number = _protocol(options)
    _fitting(options, command, number)
    networks = tuple((ADDRESSES[o], _network(text)) for o, text in options if o in ADDRESSES)
    ports = tuple((PORTS[o], _port(text)) for o, text in options if o in PORTS)
    output = (options.get("o") or "").split(",")
    for each in output:
        if each in FORMATS:
            raise Unknown("conntrack", f"-o {each}", KNOWN)
        if each not in ("", "extended"):
            raise failed(f"Bad parameter `{each}'")
    table = (options.get(command) if command else None) or "conntrack"
    translated = tuple((o, _address(text)) for o, text in options if o in "ngj")
    return ConntrackAsked(
        command,
        table,
        "extended" in output,
        number,
        networks,
        ports,
        options.get("5"),
        _status(options),
        translated,
        options.get("f") == "ipv6" or _mark(options),
    )


def _fitting(options: Options, command: str, number: int | None) -> None:
    """Say what does not go with the command or the protocol."""
    for letter, _ in options:
        if letter in (*PORTS, "5") and number not in ((6,) if letter == "5" else (6, 17)):
            name = next(name for name, each in LONG.items() if each == letter)
            raise failed(f"unknown option `--{name}'")
        if command not in ("L", "D") and letter in ("s", "d", "r", "q", "p"):
            name = next(name for name, each in LONG.items() if each == letter)
            raise failed(f"Illegal option `--{name}' with this command")
    family, state = options.get("f"), options.get("5")
    if family not in (None, "ipv4", "ipv6"):
        raise failed(f"`{family}' unsupported protocol")
    if state is not None and state.upper() not in STATES:
        raise failed(f"unknown TCP state `{state}'")


def _protocol(options: Options) -> int | None:
    text = options.get("p")
    if text is None:
        return None
    if text.isdigit() and text.isascii() and int(text) < 256:
        return int(text)
    if text.lower() not in PROTOCOLS:
        raise failed(f"`{text}' unsupported protocol")
    return PROTOCOLS[text.lower()]


def _network(text: str) -> IPv4Network:
    address, slash, length = text.partition("/")
    found = _address(address, text)
    if slash and not (re.fullmatch("[0-9]{1,2}", length) and int(length) <= 32):
        raise failed("Invalid netmask")
    return IPv4Network(f"{found}/{length or 32}", strict=False)


def _address(text: str, whole: str = "") -> str:
    if not text and not whole:
        return ""
    try:
        return str(IPv4Address(text))
    except AddressValueError:
        raise failed(f"Invalid IP address `{whole or text}'") from None


def _port(text: str) -> int:
    match = re.match("[0-9]+", text)
    return int(match[0]) if match else 0


def _status(options: Options) -> tuple[str, ...]:
    names = tuple(name for text in options.every("u") for name in text.split(","))
    for name in names:
        if name in SPECIAL:
            raise Unknown("conntrack", f"-u {name}", ", ".join(STATUS))
        if name not in STATUS:
            raise failed(f"Bad parameter `{name}'")
    return names


def _mark(options: Options) -> bool:
    """Say whether a mark is asked for that no connection here has."""
    return any(_port(text) != 0 for text in options.every("m"))
