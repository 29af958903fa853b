"""A rule of nftables, word by word, as ``nft list ruleset`` prints it: what it asks of a packet and what it does.

Mirrors ``nft_do_chain``: the expressions of a rule are evaluated in their order, and the first that does not
hold ends the rule.  What iptables asks too is asked by the same code.
"""

from __future__ import annotations

import re
import zlib
from collections import deque
from collections.abc import Callable, Iterator, Mapping

from packetwalk.datapath.fib import Prefixes
from packetwalk.datapath.matches import INVALID, MATCHES, UNTRACKED, MachineTables, Match, View
from packetwalk.datapath.nftables.compiled import (
    OPERATORS,
    Counting,
    Deciding,
    Expression,
    NftCompiled,
    marking,
    of_icmp,
)
from packetwalk.tables import NftRule, NftSet

TRANSPORTS = ("tcp", "udp", "sctp", "udplite")
FIELDS = {
    "ip saddr": "src",
    "ip daddr": "dst",
    "meta l4proto": "protocol",
    "th sport": "sport",
    "th dport": "dport",
    "iifname": "indev",
    "oifname": "outdev",
}
"""What a set or a map can be asked for."""
BESIDE = {f"{proto} {port}": port for proto in TRANSPORTS for port in ("sport", "dport")}
"""What only a set can be asked for that is asked for the protocol too."""
SAME = {"ip saddr": "-s", "ip daddr": "-d", "meta l4proto": "-p", "iifname": "-i", "oifname": "-o"}
"""The words that ask what a word of iptables asks."""
TWO = {"ip", "meta", "th", *TRANSPORTS, "icmp", "ct"}
"""The words that say where the next one is to be found."""
LAST = {"accept", "drop", "return", "reject", "notrack", "jump", "goto", "masquerade", "dnat", "numgen"}
"""The words that can only be the last of a rule, with what belongs to them."""
LOGGED = {"prefix", "level", "group", "snaplen", "queue-threshold"}
"""What a rule may say of its report."""
TOKEN = re.compile(r'"[^"]*"|\{[^}]*\}|\S+')


class WordReader:
    """Reads the rules of a table: its sets, and the tables of the machine that rules ask."""

    def __init__(self, sets: Mapping[str, NftSet], state: MachineTables) -> None:
        self._sets, self._state = sets, state

    def rule(self, entry: NftRule) -> NftCompiled:
        """Return the compiled form of a rule; ValueError names a word that is not known."""
        self._words = deque(TOKEN.findall(entry.words))
        self._leads: list[str] = []
        try:
            return NftCompiled(entry, tuple(self._expressions()), tuple(self._leads))
        except (KeyError, ValueError) as error:
            raise ValueError(f"nft rule {str(entry)!r}: {error.args[0]!r} is not known") from None

    def _next(self) -> str:
        return self._words.popleft() if self._words else ""

    def _expressions(self) -> Iterator[Expression]:
        while word := self._next():
            if word == "counter":
                self._expect("packets", "", "bytes", "")
                yield Counting()
            elif word in LAST:
                yield self._last(word)
                self._end()
            elif word == "update":
                self._expect("", "")  # a walk writes nothing down
            elif word == "fib":
                yield self._fib()
            elif word == "continue":
                self._end()
            elif word in ("ip6", "icmpv6"):  # of a table of family inet: no packet of IPv4 fits
                self._words.clear()
                yield NONE
            elif word == "log":  # it only reports
                while self._words and self._words[0] in LOGGED:
                    self._expect("", "")
            else:
                yield from self._about(f"{word} {self._next()}" if word in TWO else word)

    def _end(self) -> None:
        """Refuse words behind what ends a rule."""
        if word := self._next():
            raise ValueError(word)

    def _expect(self, *words: str) -> None:
        """Take words that must come now; an empty one stands for any."""
        for expected in words:
            word = self._next()
            if expected not in ("", word):
                raise ValueError(word)

    def _last(self, word: str) -> Deciding:
        """What ends a rule."""
        if word == "dnat":
            return self._translation()
        if word == "numgen":
            return self._drawn()
        if word in ("jump", "goto"):
            chain = self._next()
            self._leads.append(chain)
            return Deciding(lambda view: f"{word} {chain}")
        if word == "masquerade":
            how = self._next()
            if how == "to":  # ports, of which one is drawn
                how = f"to {self._next()}"
                self._expect("fully-random")
            elif how not in ("", "fully-random"):
                raise ValueError(how)
            return Deciding(lambda view: f"{word} {how}".rstrip())
        return Deciding(lambda view: word)

    def _translation(self) -> Deciding:
        """``dnat to ADDRESS:PORT``, or ``dnat ip to numgen random mod N map { ... }``."""
        word = self._next()
        if word == "to":
            to = self._next()
            return Deciding(lambda view: f"dnat {to}")
        self._expect("to", "numgen")
        number, choose, reads = self._numgen()
        if word != "ip" or number != "map":
            raise ValueError(number)
        return Deciding(lambda view: f"dnat {choose(view).replace(' . ', ':')}", reads)

    def _drawn(self) -> Deciding:
        """``numgen random mod N vmap { ... }``."""
        how, choose, reads = self._numgen()
        if how != "vmap":
            raise ValueError(how)
        return Deciding(choose, reads)

    def _numgen(self) -> tuple[str, Callable[[View], str], tuple[str, ...]]:
        """Return ``map`` or ``vmap`` and what a packet gets: the kernel draws each time, here the ends say."""
        self._expect("random", "mod")
        count, how = int(self._next()), self._next()
        chosen = [value for _, value in _elements(self._next().strip("{} "))]
        self._leads += [value.split(" ")[1] for value in chosen if how == "vmap"]
        if count == 1:
            return how, lambda view: chosen[0], ()

        def choose(view: View) -> str:
            ends = f"{view.protocol} {view.src} {view.sport} {view.dst} {view.dport}"
            return chosen[zlib.crc32(ends.encode()) % count]

        return how, choose, ("protocol", "src", "sport", "dst", "dport")

    def _fib(self) -> Match:
        """``fib``: a local address, one of the outgoing device, or no way back by where it came in."""
        words = [self._next()]
        while words[-1] not in ("type", "oif") or words[-2:] == [".", "oif"]:
            words.append(self._next())
            if not words[-1]:
                raise ValueError(" ".join(words).strip())
        asked, value = " ".join(words), self._next()
        no = value == "!="
        value = self._next() if no else value
        if asked == "saddr . mark . iif oif" and value == "0" and not no:
            found = MATCHES["-m"](("rpfilter",), {"--validmark", "--invert"}, self._state)
        elif value == "local" and asked in ("saddr type", "daddr type", "saddr . oif type"):
            side = "--src-type" if asked[0] == "s" else "--dst-type"
            own = {"--limit-iface-out"} if " oif " in asked else set[str]()
            found = MATCHES[side](("LOCAL",), own, self._state)
        else:
            raise ValueError(f"fib {asked} {value}")
        assert found is not None
        return found.inverse() if no else found

    def _about(self, key: str) -> Iterator[Expression]:
        """A key with what it must be: a value, ``!=`` a value, in a set; or what becomes of it, or a map's answer."""
        keys = [key]
        word = self._next()
        while word == ".":
            word = self._next()
            keys.append(f"{word} {self._next()}" if word in TWO else word)
            word = self._next()
        if word == "vmap":
            yield self._map(keys, self._next().removeprefix("@"))
            self._end()
        elif key == "meta mark" and len(keys) == 1:
            yield self._mark(word)
        else:
            no = word == "!="
            value = (self._next() if word in ("!=", "==") else word).strip('"')
            in_set = value.startswith("@") or len(keys) > 1
            if not in_set and not (value.startswith("{") and key.partition(" ")[0] not in TRANSPORTS):
                yield from self._value(key, value, no=no)
                return
            for each in keys:  # of a protocol's own port only its packets are asked
                if each in BESIDE:
                    yield self._as_iptables("-p", each.partition(" ")[0], no=False)
            yield self._in_set(keys, value, no=no)

    def _value(self, key: str, value: str, *, no: bool) -> Iterator[Match]:
        protocol, _, field = key.partition(" ")
        if protocol in TRANSPORTS:
            yield self._as_iptables("-p", protocol, no=False)
            yield self._as_iptables(f"--{field}", re.sub("[{} ]", "", value).replace("-", ":"), no=no)
        elif protocol == "icmp":
            yield self._as_iptables("-p", "icmp", no=False)
            yield of_icmp(field, value, no=no)
        elif key == "meta nfproto":
            yield NONE if (value != "ipv4") != no else NONE.inverse()
        elif key == "ct state":
            yield self._as_iptables("--ctstate", value.upper(), no=no)
        elif key == "ct status" and value == "dnat":
            # != is about all bits of the status, of which a known connection has others too
            yield self._as_iptables("--ctstate", "DNAT", no=False) if not no else TRACKED
        else:
            yield self._as_iptables(SAME[key], re.sub(r"\*$", "+", value), no=no)

    def _as_iptables(self, word: str, value: str, *, no: bool) -> Match:
        found = MATCHES[word]((value,), set(), self._state)
        assert found is not None
        return found.inverse() if no else found

    def _mark(self, word: str) -> Expression:
        if word == "set":
            self._expect("meta", "mark")
            steps = [(self._next(), int(self._next(), 16))]
            while self._words and self._words[0] in OPERATORS:
                steps.append((self._next(), int(self._next(), 16)))
            return marking(steps)
        mask = self._next() if word == "&" else "0xffffffff"
        operator = self._next() if word == "&" else "=="
        value = self._next() if word == "&" else word
        if operator not in ("==", "!="):
            raise ValueError(operator)
        return self._as_iptables("--mark", f"{value}/{mask}", no=operator == "!=")

    def _in_set(self, keys: list[str], name: str, *, no: bool) -> Match:
        if name.startswith("{"):
            found = NftSet("", "", "ipv4_addr", tuple(name.strip("{} ").split(", ")), flags="interval")
        else:
            found = self._sets[name.removeprefix("@")]
        known = FIELDS | BESIDE if "meta l4proto" in keys else FIELDS
        fields = tuple(known[key] for key in keys)
        if "interval" in found.flags.split(",") and len(fields) == 1:
            members: Prefixes[str] = Prefixes()
            for member in found.elements:
                members.put(member, member)
            match = Match(fields, lambda view: members.find(getattr(view, fields[0])) is not None)
        else:
            held = {tuple(each.split(" . ")) for each in found.elements}
            match = Match(fields, lambda view: _fields(view, fields) in held)
        return match.inverse() if no else match

    def _map(self, keys: list[str], name: str) -> Deciding:
        fields = tuple(FIELDS[key] for key in keys)
        said = dict(_elements(", ".join(self._sets[name].elements)))
        self._leads += [value.split(" ")[1] for value in said.values() if " " in value]
        return Deciding(lambda view: said.get(_fields(view, fields)), fields)


NONE = Match((), lambda view: False)
TRACKED = Match(("ctstate",), lambda view: view.ctstate not in (None, INVALID, UNTRACKED))


def _fields(view: View, fields: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(str(getattr(view, field)) for field in fields)


def _elements(text: str) -> Iterator[tuple[tuple[str, ...], str]]:
    """Yield what the elements of a map lead from and to."""
    for each in text.split(", ") if text else ():
        key, _, value = each.partition(" : ")
        yield tuple(re.sub(r' comment "[^"]*"', "", key).replace('"', "").split(" . ")), value
