"""Arguments as iproute2 reads them (``lib/utils.c``): words may be shortened, and each wrong one has its message."""

from __future__ import annotations

import re
from collections.abc import Iterable

from packetwalk.shell.terminal import Failure, Unknown
from packetwalk.wire.address import ipv4_from_int

INCOMPLETE = 'Command line is not complete. Try option "help"'


def wrong(message: str, value: str) -> Failure:
    """Return the failure of a wrong value (``invarg``)."""
    return Failure(f'Error: argument "{value}" is wrong: {message}', 255)


def twice(name: str, value: str) -> Failure:
    """Return the failure of a word that comes where ``name`` was said already (``duparg2``)."""
    return Failure(f'Error: either "{name}" is duplicate, or "{value}" is a garbage.', 255)


class Words:
    """Reads arguments one after the other, with the words that have a value after them."""

    def __init__(self, words: Iterable[str]) -> None:
        self._words = list(words)

    def __bool__(self) -> bool:
        return bool(self._words)

    def next(self, missing: str = INCOMPLETE) -> str:
        """Return the next word, or fail with what the program says when there is none."""
        if not self._words:
            raise Failure(missing, 255)
        return self._words.pop(0)

    def peek(self) -> str:
        """Return the next word without taking it, or nothing."""
        return self._words[0] if self._words else ""

    def take(self, word: str) -> bool:
        """Take the next word if it is this one, perhaps shortened."""
        if self._words and self._words[0] and word.startswith(self._words[0]):
            self._words.pop(0)
            return True
        return False

    def rest(self) -> list[str]:
        """Take all words that are left."""
        rest, self._words = self._words, []
        return rest


def chosen(word: str, among: Iterable[str]) -> str | None:
    """Return the first of several words that ``word`` begins (``matches``), or None."""
    return next((each for each in among if word and each.startswith(word)), None)


def number(value: str, message: str, *, most: int = 0xFFFFFFFF) -> int:
    """Return a number, decimal or with ``0x``, from 0 to ``most``; ``message`` is what the program says else."""
    try:
        found = int(value, 16 if value.lower().startswith("0x") else 10)
    except ValueError:
        raise wrong(message, value) from None
    if not 0 <= found <= most or not re.fullmatch(r"0[xX][0-9a-fA-F]+|[0-9]+", value):
        raise wrong(message, value)
    return found


def dotted(text: str) -> int | None:
    """Return an IPv4 address, of which the last bytes may be missing (``get_addr_ipv4``)."""
    parts = text.split(".")
    if not 1 <= len(parts) <= 4 or not all(re.fullmatch(r"[0-9]+", part) for part in parts):
        return None
    numbers = [int(part) for part in parts] + [0] * (4 - len(parts))
    if any(each > 255 for each in numbers):
        return None
    return int.from_bytes(bytes(numbers))


def _family(text: str) -> None:
    if re.fullmatch(r"[0-9a-fA-F.]*:[0-9a-fA-F:.]*(/\d+)?", text):
        raise Unknown("ip", text, "addresses of IPv4")


def address(text: str, what: str = "any valid") -> str:
    """Return an address; ``what`` is the family that the message names."""
    _family(text)
    found = dotted(text)
    if found is None:
        raise Failure(f'Error: {what} address is expected rather than "{text}".')
    return ipv4_from_int(found)


class Prefix:
    """A network as it was written: ``base`` is its address as a number, ``length`` its bits."""

    def __init__(self, base: int, length: int) -> None:
        self.base, self.length = base, length

    @property
    def mask(self) -> int:
        """The bits that count."""
        return (0xFFFFFFFF << (32 - self.length)) & 0xFFFFFFFF

    def has(self, other: Prefix) -> bool:
        """Say whether another one lies within."""
        return other.length >= self.length and (other.base ^ self.base) & self.mask == 0

    def __str__(self) -> str:
        if self.length == 0:
            return "default" if self.base == 0 else f"{ipv4_from_int(self.base)}/0"
        return ipv4_from_int(self.base) + (f"/{self.length}" if self.length < 32 else "")


def prefix(text: str, what: str = "any valid") -> Prefix:
    """Return a network: an address, a length or mask after a slash, ``default``, ``any`` or ``all``."""
    if text in ("default", "any", "all"):
        return Prefix(0, 0)
    _family(text)
    base, slash, length = text.partition("/")
    found = dotted(base)
    bits = _length(length) if slash else 32
    if found is None or bits is None:
        raise Failure(f'Error: {what} prefix is expected rather than "{text}".')
    return Prefix(found, bits)


def _length(text: str) -> int | None:
    if re.fullmatch(r"[0-9]+", text):
        return int(text) if int(text) <= 32 else None
    mask = dotted(text) if "." in text else None
    bits = f"{mask:032b}" if mask is not None else ""
    return bits.count("1") if bits and "01" not in bits else None


def mac(text: str, wrongly: str = '"{}" is invalid lladdr.', bytes_wanted: int = 6) -> str:
    """Return a link layer address of six bytes (``ll_addr_a2n``)."""
    if not re.fullmatch(r"[0-9a-fA-F]{1,2}(:[0-9a-fA-F]{1,2})*", text):
        raise Failure(wrongly.format(text), 1)
    parts = [f"{int(part, 16):02x}" for part in text.split(":")]
    if len(parts) != bytes_wanted:
        raise Failure(f"Invalid address length {len(parts)} - must be {bytes_wanted} bytes", 1)
    return ":".join(parts)
