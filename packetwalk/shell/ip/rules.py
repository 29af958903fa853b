"""``ip rule``: show, add, del."""

from __future__ import annotations

from typing import Any

from packetwalk.shell.ip import names
from packetwalk.shell.ip.options import IpOptions
from packetwalk.shell.terminal import Failure, Terminal, Unknown
from packetwalk.shell.words import Prefix, Words, chosen, number, prefix, wrong
from packetwalk.tables import IpRule
from packetwalk.tables.ip_rule import ACTIONS, KERNELS, LAST, RULES, WHOLE

LAST_OF_KERNEL = 32766
OTHER = [
    "oif",
    "tos",
    "dsfield",
    "realms",
    "uidrange",
    "ipproto",
    "sport",
    "dport",
    "goto",
    "nat",
    "suppress_ifgroup",
    "sup_group",
    "l3mdev",
    "tun_id",
]
KNOWN = (
    "from NETWORK, to NETWORK, fwmark MARK, iif DEVICE, not, priority NUMBER, lookup TABLE, "
    "suppress_prefixlength NUMBER, blackhole, unreachable, prohibit"
)


def run(terminal: Terminal, words: Words, options: IpOptions) -> str:
    """Run a command of ``ip rule``."""
    word = words.next() if words else "list"
    command = chosen(word, ("list", "lst", "show", "save", "restore", "add", "delete", "flush", "help"))
    if command is None:
        raise Failure(f'Command "{word}" is unknown, try "ip rule help".', 255)
    if command in ("list", "lst", "show"):
        return _show(terminal, words, options)
    if command in ("add", "delete") and not words:
        name = "add" if command == "add" else "del"
        raise Failure(f'"ip rule {name}" requires arguments.')
    if command not in ("add", "delete") or options.family == "inet6":
        raise Unknown("ip rule", command, "show, add, del, of IPv4")
    asked = _asked(words)
    return _add(terminal, asked) if command == "add" else _delete(terminal, asked)


def _show(terminal: Terminal, words: Words, options: IpOptions) -> str:
    wanted: dict[str, Any] = {}
    while words:
        word = words.next()
        if word in ("table", "lookup"):
            wanted["lookup"] = names.table(words.next(), "invalid table ID\n")
        elif chosen(word, ("preference", "order", "priority")):
            wanted["priority"] = number(words.next(), "invalid preference\n")
        else:
            raise Unknown("ip rule show", word, "table TABLE, priority NUMBER")
    every = [*terminal.entries(RULES), LAST] if options.inet else list(KERNELS)
    found = [rule for rule in every if all(getattr(rule, name) == value for name, value in wanted.items())]
    if options.json:
        return options.as_json([rule.json() for rule in found])
    return "".join(f"{rule}\n" for rule in found)


def _asked(words: Words) -> dict[str, Any]:
    asked: dict[str, Any] = {}
    while words:
        word = words.next()
        if word == "not":
            asked["inverted"] = True
        elif word in ("from", "to"):
            goal = prefix(words.next())
            if goal.length:
                asked["src" if word == "from" else "dst"] = str(Prefix(goal.base & goal.mask, goal.length))
        elif word in ("iif", "dev"):
            asked["iif"] = words.next()
        elif chosen(word, ("preference", "order", "priority")) and len(word) > 1:
            asked["priority"] = number(words.next(), "preference value is invalid\n")
        elif word in ("fwmark", "mark"):
            asked["fwmark"] = _mark(words.next())
        elif chosen(word, ("table", "lookup")) and len(word) > 1:
            asked["lookup"] = names.table(words.next(), "invalid table ID\n")
        elif word in ("suppress_prefixlength", "sup_pl"):
            asked["suppress"] = number(words.next(), "suppress_prefixlength value is invalid\n")
        elif word in ACTIONS:
            asked |= {"action": word, "lookup": ""}
        elif word in (*OTHER, *names.TYPES):
            raise Unknown("ip rule", word, KNOWN)
        else:
            raise wrong("Failed to parse rule type", word)
    return asked


def _mark(text: str) -> tuple[int, int]:
    value, slash, mask = text.partition("/")
    found = number(value, "fwmark value is invalid\n")
    return found, number(mask, "fwmask value is invalid\n") if slash else WHOLE


def _add(terminal: Terminal, asked: dict[str, Any]) -> str:
    every = terminal.entries(RULES)
    if "priority" not in asked:  # before the first that is not the kernel's first (``fib_default_rule_pref``)
        later = [rule.priority for rule in every[1:]]
        asked["priority"] = max(min(later, default=LAST_OF_KERNEL) - 1, 0)
    rule = IpRule(**{"lookup": "main", **asked})
    if rule in every:
        raise Failure("RTNETLINK answers: File exists", 2)
    terminal.state.add(terminal.name, rule)
    return ""


def _delete(terminal: Terminal, asked: dict[str, Any]) -> str:
    for rule in terminal.entries(RULES):
        if all(getattr(rule, name) == value for name, value in asked.items()):
            if rule in KERNELS:
                raise Unknown("ip rule del", str(rule.priority), "rules that somebody has added")
            terminal.state.remove(terminal.name, rule)
            return ""
    raise Failure("RTNETLINK answers: No such file or directory", 2)
