"""A rule of Felix's in words of nft: each match and target of iptables that it uses, as ``nft`` prints it.

Source: felix/nftables/match_builder.go and felix/nftables/actions.go of github.com/projectcalico/calico; recorded with
release-v3.33.  What nft itself leaves out when it prints (a protocol that a port says already) is left out here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from packetwalk.tables import IptablesRule
from packetwalk.tables.nftables.entries import UNCOUNTED

JUMPS = re.compile(r"-[jg] (cali-\S+)$")
WORDS = re.compile(r'"[^"]*"|\S+')
MARKS = 0xFFFFFFFF
ALONE = ("--limit-iface-out", "--validmark", "--invert", "--random-fully")
"""Words without a value."""
ENDS = {"src": "saddr", "dst": "daddr", "-s": "saddr", "-d": "daddr", "--src-type": "saddr", "--dst-type": "daddr"}
PORTS = {"--dport": "dport", "--dports": "dport", "--sports": "sport", "src": "sport", "dst": "dport"}
ICMP = dict(
    enumerate(("echo-reply", "1", "2", "destination-unreachable", "source-quench", "redirect", "6", "7", "echo-request"))
)
ICMP |= {9: "router-advertisement", 10: "router-solicitation", 11: "time-exceeded", 12: "parameter-problem"}
ICMP |= {13: "timestamp-request", 14: "timestamp-reply", 15: "info-request", 16: "info-reply"}
ICMP |= {17: "address-mask-request", 18: "address-mask-reply"}
CODES = {0: "net-unreachable", 1: "host-unreachable", 2: "prot-unreachable", 3: "port-unreachable"}
CODES |= {4: "frag-needed", 9: "net-prohibited", 10: "host-prohibited", 13: "admin-prohibited"}
"""Types and codes of ICMP that nft prints by name: a code as that of an unreachable destination, whatever the type."""
TARGET = ("-j", "-g", "--set-xmark", "--to-ports", "--random-fully", "--log-prefix", "--log-level")
LEVELS = {"5": "info"}
"""Felix writes ``level info`` here and 5 there."""


def spec(rule: IptablesRule) -> str:
    """Return a rule of the iptables form in words of nft; ValueError names a word that Felix does not use."""
    asked: list[str] = []
    action, comments = "", list[str]()
    proto = next((value for _, word, value in _said(rule) if word == "-p"), "")
    told = True  # the protocol, by something else
    for no, word, value in _said(rule):
        if word == "-m":
            asked += ["fib saddr . mark . iif oif 0"] if value == "rpfilter" else []
        elif word == "--comment":
            comments.append(value.strip('"'))
        elif word == "-p":
            told = bool(no)
            asked += [f"meta l4proto {no}{proto}"] if no else []
        elif word in PORTS:
            asked.append(f"{proto} {PORTS[word]} {no}{_numbers(value)}")
            told = True
        elif word == "--match-set":
            name, _, way = value.partition(" ")
            asked.append(f"{_keys(way, proto)} {no}@{legal(name)}")
            told = told or "," in way
        elif word == "--icmp-type":
            asked += _icmp(value, no)
            told = True
        elif word in TARGET:
            action = _action(action, word, value, rule.chain_table)
        elif word not in ALONE:
            asked.append(_match(rule, no, word, value))
    if not told:
        asked.insert(0, f"meta l4proto {proto}")
    comment = f' comment "{"; ".join(comments)}"' if comments else ""
    return f"{' '.join([*asked, UNCOUNTED, action] if action else ['continue'])}{comment}"


def _said(rule: IptablesRule) -> Iterator[tuple[str, str, str]]:
    """Yield each word of a rule with what stands before it, ``!`` as nft has it, and its value."""
    words, no = iter(WORDS.findall(rule.spec)), ""
    for word in words:
        if word == "!":
            no = "!= "
            continue
        value = "" if word in ALONE else next(words)
        if word == "--match-set":
            value += f" {next(words)}"
        yield no, word, value
        no = ""


def _match(rule: IptablesRule, no: str, word: str, value: str) -> str:
    """Return what a word asks that needs nothing of the others."""
    if word in ("-s", "-d"):
        return f"ip {ENDS[word]} {no}{value.removesuffix('/32')}"
    if word in ("-i", "-o"):
        return f'{word[1]}ifname {no}"{value.replace("+", "*")}"'
    if word in ("--src-type", "--dst-type"):
        out = " . oif" if "--limit-iface-out" in rule.spec and no else ""
        return f"fib {ENDS[word]}{out} type {no}local"
    if word == "--ctstate":
        return f"ct status {no}dnat" if value == "DNAT" else f"ct state {_states(value)}"
    if word == "--mark":
        bits, mask = (int(each, 16) for each in value.split("/"))
        return f"meta mark & {mask:#010x} {no.strip() or '=='} {bits:#010x}"
    raise ValueError(f"rule of Felix {rule.spec!r}: word {word!r} is not known")


def _keys(way: str, proto: str) -> str:
    """Return what a set is asked for: an address, or an address, the protocol and the port."""
    end, comma, _ = way.partition(",")
    return f"ip {ENDS[end]}" + (f" . meta l4proto . {proto or 'th'} {PORTS[end]}" if comma else "")


def _numbers(value: str) -> str:
    """Return ports as nft prints them: several in braces, by number; where there are ranges, neighbours are one."""
    spans = sorted((int(first), int(last or first)) for first, _, last in (p.partition(":") for p in value.split(",")))
    if len(spans) == 1:
        return _span(*spans[0])
    joined: list[tuple[int, int]] = []
    for first, last in spans:
        if ":" in value and joined and first <= joined[-1][1] + 1:
            joined[-1] = joined[-1][0], max(last, joined[-1][1])
        else:
            joined.append((first, last))
    return f"{{ {', '.join(_span(*each) for each in joined)} }}"


def _span(first: int, last: int) -> str:
    return str(first) if first == last else f"{first}-{last}"


def _icmp(value: str, no: str) -> list[str]:
    kind, slash, code = value.partition("/")
    names = ICMP.get(int(kind), kind), CODES.get(int(code or 0), code)
    return [f"icmp type {no}{names[0]}", *([f"icmp code {no}{names[1]}"] if slash else [])]


def legal(name: str) -> str:
    """Return a set's name as nft takes it (``LegalizeSetName``)."""
    return name.replace(":", "-")


def _states(value: str) -> str:
    """Return states in the order in which nft prints them."""
    order = ("INVALID", "ESTABLISHED", "RELATED", "NEW", "UNTRACKED")
    return ",".join(sorted(value.split(","), key=order.index)).lower()


def _action(so_far: str, word: str, value: str, table: str) -> str:
    """Return the action with one more word of the target."""
    if word == "--set-xmark":
        return _marking(*(int(each, 16) for each in value.split("/")))
    if word == "--log-prefix":
        return f"{so_far} prefix {value}"
    if word == "--log-level":
        return f"{so_far} level {LEVELS[value]}"
    if word == "--to-ports":
        return f"{so_far} to :{value}"
    if word == "--random-fully":
        return f"{so_far} fully-random"
    if value.startswith("cali-"):
        return f"{'goto' if word == '-g' else 'jump'} {table}-{value}"
    return value.lower()


def _marking(bits: int, mask: int) -> str:
    """Set some bits of a mask and clear the others, in the two steps that nft prints for it."""
    kept = MARKS & ~mask | bits
    steps = [f"& {kept:#010x}"] if kept != MARKS else []
    steps += [f"| {bits:#010x}"] if bits else []
    return f"meta mark set meta mark {' '.join(steps)}"
