"""Numbers and names in rules: addresses, protocols, ports, marks."""

from __future__ import annotations

import re

from packetwalk.shell.iptables.failures import usage
from packetwalk.shell.words import dotted
from packetwalk.wire.address import ipv4_from_int

PROTOCOLS = {
    "icmp": 1,
    "igmp": 2,
    "ipencap": 4,
    "tcp": 6,
    "udp": 17,
    "gre": 47,
    "esp": 50,
    "ah": 51,
    "ipv6-icmp": 58,
    "ospf": 89,
    "ipip": 94,
    "vrrp": 112,
    "sctp": 132,
    "udplite": 136,
}
ALIASES = {"icmpv6": "ipv6-icmp", "icmp6": "ipv6-icmp"}
_BOTH = {7: "echo", 9: "discard", 13: "daytime", 53: "domain", 88: "kerberos", 389: "ldap", 443: "https", 2049: "nfs"}
_TCP = {22: "ssh", 23: "telnet", 25: "smtp", 79: "finger", 80: "http", 110: "pop3", 179: "bgp", 587: "submission", 2000: "cisco-sccp"}
_TCP |= {3306: "mysql", 5432: "postgresql", 5672: "amqp", 6379: "redis", 6667: "ircd", 8080: "http-alt"}
_UDP = {67: "bootps", 68: "bootpc", 123: "ntp", 514: "syslog", 5353: "mdns"}
SERVICES = {
    (proto, number): name
    for proto, known in (("tcp", _BOTH | _TCP), ("udp", _BOTH | _UDP))
    for number, name in known.items()
}
"""Of ``/etc/services`` the names of ports that clusters use."""
ICMP_TYPES = {
    "any": "any",
    "echo-reply": "0",
    "pong": "0",
    "destination-unreachable": "3",
    "network-unreachable": "3/0",
    "host-unreachable": "3/1",
    "protocol-unreachable": "3/2",
    "port-unreachable": "3/3",
    "fragmentation-needed": "3/4",
    "source-route-failed": "3/5",
    "network-prohibited": "3/9",
    "host-prohibited": "3/10",
    "communication-prohibited": "3/13",
    "redirect": "5",
    "echo-request": "8",
    "ping": "8",
    "time-exceeded": "11",
    "ttl-exceeded": "11",
    "ttl-zero-during-transit": "11/0",
    "ttl-zero-during-reassembly": "11/1",
}
TCP_FLAGS = ("FIN", "SYN", "RST", "PSH", "ACK", "URG")
"""From the lowest bit on."""


def network(text: str) -> str:
    """Return an address with its length, or with a mask that has none (``xtables_ipparse_any``)."""
    base, slash, mask = text.partition("/")
    number = dotted(base) if base.count(".") == 3 else None
    if number is None:
        raise usage(f"host/network `{base}' not found")
    bits = _mask(mask) if slash else 0xFFFFFFFF
    if bits is None:
        raise usage(f"invalid mask `{mask}' specified")
    length = f"{bits:032b}".rstrip("0")
    shown = str(len(length)) if "0" not in length else ipv4_from_int(bits)
    return f"{ipv4_from_int(number & bits)}/{shown}"


def _mask(text: str) -> int | None:
    if re.fullmatch(r"[0-9]+", text):
        return (0xFFFFFFFF << (32 - int(text))) & 0xFFFFFFFF if int(text) <= 32 else None
    return dotted(text) if text.count(".") == 3 else None


def protocol(text: str) -> str:
    """Return a protocol's name, or its number where it has none; nothing for all of them."""
    name = text.lower()
    if name in ("all", "0"):
        return ""
    if name in PROTOCOLS or name in ALIASES:
        return ALIASES.get(name, name)
    if re.fullmatch(r"[0-9]+", name) and int(name) <= 255:
        return next((each for each, number in PROTOCOLS.items() if number == int(name)), str(int(name)))
    raise usage(f'unknown protocol "{text}" specified')


def protocol_number(name: str) -> int:
    """Return a protocol's number; 0 for all of them."""
    return PROTOCOLS[name] if name in PROTOCOLS else int(name or 0)


def port(text: str, proto: str) -> int:
    """Return a port, by number or by the name of its service."""
    if re.fullmatch(r"[0-9]+", text) and int(text) <= 65535:
        return int(text)
    named = [number for (each, number), name in SERVICES.items() if name == text and each == proto]
    if not named:
        raise usage(f"invalid port/service `{text}' specified")
    return named[0]


def ports(text: str, proto: str) -> str:
    """Return a port or a range of ports, with both ends written down."""
    low, colon, high = text.partition(":")
    if not colon:
        return str(port(low, proto))
    first, last = port(low or "0", proto), port(high or "65535", proto)
    if first > last:
        raise usage("invalid portrange (min > max)")
    return f"{first}:{last}" if first != last else str(first)


def named_port(text: str, proto: str) -> str:
    """Return a port as it is listed with names."""
    return SERVICES.get((proto, int(text)), text)


def marked(text: str, who: str, option: str) -> tuple[int, int]:
    """Return a mark and its mask, decimal or with ``0x``."""
    value, slash, mask = text.partition("/")
    parts = [value, mask] if slash else [value]
    found = [_number(part) for part in parts]
    if None in found:
        if re.match(r"0[xX][0-9a-fA-F]|[0-9]", parts[found.index(None)]):
            raise usage(f'{who}: trailing garbage after value for option "{option}".\n')
        raise usage(f'{who}: bad integer value for option "{option}", or out of range.\n')
    return int(found[0] or 0), int(found[1] or 0) if slash else 0xFFFFFFFF


def _number(text: str) -> int | None:
    """Return a number as ``strtoul`` reads it: with 0x by sixteen, with 0 by eight, else by ten."""
    for pattern, base in ((r"0[xX][0-9a-fA-F]{1,8}", 16), (r"0[0-7]{1,11}", 8), (r"[0-9]{1,10}", 10)):
        if re.fullmatch(pattern, text):
            number = int(text, base)
            return number if number <= 0xFFFFFFFF else None
    return None


def flags(text: str) -> str:
    """Return TCP flags in the order of their bits."""
    names = text.split(",")
    for name in names:
        if name.upper() not in (*TCP_FLAGS, "ALL", "NONE"):
            raise usage(f"Unknown TCP flag `{name}'")
    upper = [name.upper() for name in names]
    found = TCP_FLAGS if "ALL" in upper else [name for name in TCP_FLAGS if name in upper]
    return ",".join(found) or "NONE"


def flag_bits(text: str) -> int:
    """Return TCP flags as a number."""
    return sum(1 << TCP_FLAGS.index(name) for name in text.split(",") if name in TCP_FLAGS)


def icmp_type(text: str) -> str:
    """Return an ICMP type, perhaps with its code, as numbers."""
    if re.fullmatch(r"[0-9]+(/[0-9]+)?", text) and all(int(part) <= 255 for part in text.split("/")):
        return "/".join(str(int(part)) for part in text.split("/"))
    if text.lower() in ICMP_TYPES:
        return ICMP_TYPES[text.lower()]
    raise usage(f"Unknown ICMP type `{text}'")


def named_icmp(text: str) -> str:
    """Return an ICMP type by its name."""
    return next((name for name, number in ICMP_TYPES.items() if number == text), f"type {text}")


def quoted(text: str) -> str:
    """Return a word as ``iptables-save`` prints it (``xtables_save_string``)."""
    if re.fullmatch(r"[a-zA-Z0-9_-]+", text):
        return text
    return '"' + re.sub(r"""(["\\'])""", r"\\\1", text) + '"'
