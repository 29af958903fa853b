"""Names and addresses as ``getaddrinfo`` reads them where no DNS answers: ``/etc/hosts`` and ``inet_aton``."""

from __future__ import annotations

import re
from ipaddress import IPv4Address

HOSTS = {"localhost": "127.0.0.1"}
NUMBER = re.compile(r"0[xX][0-9a-fA-F]+|0[0-7]*|[1-9][0-9]*", re.ASCII)


def address(word: str) -> str | None:
    """Return the IPv4 address that a program takes a word for; None for a name that nobody knows.

    Who asks for 0.0.0.0 means this machine (``ip_route_output_key_hash_rcu``).
    """
    found = HOSTS.get(word) or _aton(word)
    return "127.0.0.1" if found == "0.0.0.0" else found


def _aton(word: str) -> str | None:
    """Return an address of one to four numbers, of which the last fills what is left: ``127.1``."""
    parts = word.split(".")
    if len(parts) > 4 or not all(NUMBER.fullmatch(part) for part in parts):
        return None
    *first, last = (int(part, _base(part)) for part in parts)
    if any(number > 255 for number in first) or last >= 256 ** (4 - len(first)):
        return None
    return str(IPv4Address(sum(number << 24 - 8 * n for n, number in enumerate(first)) + last))


def _base(part: str) -> int:
    return 16 if part[:2] in ("0x", "0X") else 8 if part[0] == "0" else 10
