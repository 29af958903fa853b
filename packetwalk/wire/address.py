"""Addresses as people write them, to and from the integers in a header."""

import re
from functools import lru_cache
from ipaddress import AddressValueError, IPv4Address, IPv6Address

_MAC = re.compile("[0-9A-Fa-f]{2}(:[0-9A-Fa-f]{2}){5}")


@lru_cache(maxsize=65536)
def mac_to_int(text: str) -> int:
    """Read "02:42:ac:12:00:03"; ValueError for anything but six pairs of hex digits."""
    if not _MAC.fullmatch(text):
        raise ValueError(f"{text!r} is not a MAC address such as 02:42:ac:12:00:03")
    return int(text.replace(":", ""), 16)


@lru_cache(maxsize=65536)
def mac_from_int(number: int) -> str:
    """Write 48 bits as six lower-case pairs, as `ip link` does."""
    return number.to_bytes(6, "big").hex(":")


@lru_cache(maxsize=65536)
def ipv4_to_int(text: str) -> int:
    """Read "10.244.1.2"; ValueError for anything else."""
    try:
        return int(IPv4Address(text))
    except AddressValueError:
        raise ValueError(f"{text!r} is not an IPv4 address such as 10.244.1.2") from None


@lru_cache(maxsize=65536)
def ipv4_from_int(number: int) -> str:
    """Write 32 bits in dotted decimal."""
    return str(IPv4Address(number))


@lru_cache(maxsize=65536)
def ipv6_to_int(text: str) -> int:
    """Read "fd00:10:244:1::2"; ValueError for anything else, also for an address with a zone behind a %."""
    try:
        address = IPv6Address(text)
    except AddressValueError:
        address = None
    if address is None or address.scope_id is not None:
        raise ValueError(f"{text!r} is not an IPv6 address such as fd00:10:244:1::2")
    return int(address)


@lru_cache(maxsize=65536)
def ipv6_from_int(number: int) -> str:
    """Write 128 bits in the shortest form (RFC 5952), as `ip` does."""
    return str(IPv6Address(number))


@lru_cache(maxsize=65536)
def is_group(address: str) -> bool:
    """Say whether an address is that of a group of machines (224.0.0.0/4, ff00::/8)."""
    if ":" in address:
        return ipv6_to_int(address) >> 120 == 0xFF
    return ipv4_to_int(address) >> 28 == 0xE


@lru_cache(maxsize=65536)
def is_group_mac(text: str) -> bool:
    """Say whether a MAC is that of a group of machines, or of all (its first byte is odd)."""
    return bool(mac_to_int(text) >> 40 & 1)


def prefix(text: str) -> tuple[int, int]:
    """Read "default", "10.244.1.2" or "10.244.1.0/24", or the like of IPv6: the network as a number, and its length."""
    if text == "default":
        return 0, 0
    address, _, length = text.partition("/")
    return (ipv6_to_int(address), int(length or 128)) if ":" in address else (ipv4_to_int(address), int(length or 32))
