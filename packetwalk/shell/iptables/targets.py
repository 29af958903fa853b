"""Where rules send packets: the targets of ``-j`` with their options, how they are saved and how they are listed."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

from packetwalk.shell.iptables import numbers
from packetwalk.shell.iptables.failures import usage
from packetwalk.shell.iptables.matches import RuleOption
from packetwalk.shell.iptables.numbers import quoted
from packetwalk.shell.words import dotted

VERDICTS = ("ACCEPT", "DROP", "RETURN")
OTHERS = [
    "AUDIT",
    "CHECKSUM",
    "CLASSIFY",
    "CONNMARK",
    "CONNSECMARK",
    "DSCP",
    "ECN",
    "HL",
    "HMARK",
    "IDLETIMER",
    "LED",
    "NETMAP",
    "NFQUEUE",
    "QUEUE",
    "RATEEST",
    "SECMARK",
    "SET",
    "SYNPROXY",
    "TCPOPTSTRIP",
    "TEE",
    "TOS",
    "TPROXY",
    "TRACE",
    "TTL",
    "ULOG",
]
"""Targets that iptables has and the model has not."""
REJECTS = {
    "icmp-net-unreachable": ("net-unreach",),
    "icmp-host-unreachable": ("host-unreach",),
    "icmp-proto-unreachable": ("proto-unreach",),
    "icmp-port-unreachable": ("port-unreach",),
    "icmp-net-prohibited": ("net-prohib",),
    "icmp-host-prohibited": ("host-prohib",),
    "tcp-reset": ("tcp-rst",),
    "icmp-admin-prohibited": ("admin-prohib",),
}
LEVELS = {"emerg": 0, "panic": 0, "alert": 1, "crit": 2, "err": 3, "error": 3, "warning": 4, "warn": 4}
LEVELS |= {"notice": 5, "info": 6, "debug": 7}
LISTED_LEVELS = ("emerg", "alert", "crit", "err", "warn", "notice", "info", "debug")
"""Levels of syslog, and as ``iptables -L`` names them."""
LOG_FLAGS = {
    "--log-tcp-sequence": 1,
    "--log-tcp-options": 2,
    "--log-ip-options": 4,
    "--log-uid": 8,
    "--log-macdecode": 32,
}
MARKS = ("--set-xmark", "--set-mark", "--or-mark", "--and-mark", "--xor-mark")
WITH_PORTS = ("tcp", "udp", "sctp", "dccp")


class Target(NamedTuple):
    """``options`` are the words with how many values follow.

    ``only`` are the tables and chains that take it (empty: all).
    """

    options: dict[str, int]
    read: Callable[[list[RuleOption], str], list[RuleOption]]
    told: Callable[[list[RuleOption]], str]
    tables: tuple[str, ...] = ()
    chains: tuple[str, ...] = ()
    shown: str = ""
    """Its name in a listing, where it is another."""


def _none(asked: list[RuleOption], proto: str) -> list[RuleOption]:
    return asked


def _reject(asked: list[RuleOption], proto: str) -> list[RuleOption]:
    wanted = asked[-1].values[0] if asked else "icmp-port-unreachable"
    kind = next((name for name, short in REJECTS.items() if wanted in (name, *short)), None)
    if kind is None:
        raise usage(f'unknown reject type "{wanted}"')
    return [RuleOption("--reject-with", (kind,))]


def _mark(asked: list[RuleOption], proto: str) -> list[RuleOption]:
    if not asked:
        raise usage("MARK: One of the --set-xmark, --{and,or,xor,set}-mark options is required")
    option = asked[-1]
    value, mask = numbers.marked(option.values[0], "MARK", option.word)
    if option.word == "--or-mark":
        mask = value
    elif option.word == "--and-mark":
        value, mask = 0, ~value & 0xFFFFFFFF
    elif option.word == "--xor-mark":
        mask = 0
    elif option.word == "--set-mark":
        mask |= value
    return [RuleOption("--set-xmark", (f"{value:#x}/{mask:#x}",))]


def _told_mark(asked: list[RuleOption]) -> str:
    value, mask = (int(part, 16) for part in asked[0].values[0].split("/"))
    if value == 0:
        return f"MARK and {~mask & 0xFFFFFFFF:#x}"
    if value == mask:
        return f"MARK or {value:#x}"
    if mask == 0:
        return f"MARK xor {value:#x}"
    return f"MARK set {value:#x}" if mask == 0xFFFFFFFF else f"MARK xset {value:#x}/{mask:#x}"


def _log(asked: list[RuleOption], proto: str) -> list[RuleOption]:
    out = {each.word: each for each in asked}
    level = out.pop("--log-level", None)
    if level is not None:
        name = level.values[0]
        number = LEVELS.get(name.lower(), int(name) if re.fullmatch(r"[0-7]", name) else None)
        if number is None:
            raise usage(f'log level "{name}" unknown\n')
        if number != 4:
            out["--log-level"] = RuleOption("--log-level", (str(number),))
    order = ["--log-prefix", "--log-level", *LOG_FLAGS]
    return sorted(out.values(), key=lambda each: order.index(each.word))


def _told_log(asked: list[RuleOption], *, numeric: bool = True) -> str:
    found = {each.word: each.values for each in asked}
    flags, level = [word for word in LOG_FLAGS if word in found], int(found.get("--log-level", ("4",))[0])
    text = f"LOG flags {sum(map(LOG_FLAGS.__getitem__, flags))} level {level}"
    if not numeric:
        text = " ".join([f"LOG level {LISTED_LEVELS[level]}", *(word.removeprefix("--log-") for word in flags)])
    return text + (f' prefix "{found["--log-prefix"][0]}"' if "--log-prefix" in found else "")


def _address(asked: list[RuleOption], proto: str, name: str, word: str) -> list[RuleOption]:
    if not any(each.word == word for each in asked):
        raise usage(f'{name}: option "{word}" must be specified\n')
    for each in asked:
        if each.word == word:
            _checked(each.values[0], proto)
    order = [word, "--random", "--random-fully", "--persistent"]
    return sorted(asked, key=lambda each: order.index(each.word))


def _checked(value: str, proto: str) -> None:
    addresses, colon, ports = value.partition(":")
    if colon:
        _port_range(ports, proto)
    for each in addresses.split("-") if addresses else ():
        if each.count(".") != 3 or dotted(each) is None:
            raise usage(f'Bad IP address "{each}"')


def _port_range(text: str, proto: str) -> None:
    if proto not in WITH_PORTS:
        raise usage("Need TCP, UDP, SCTP or DCCP with port specification")
    for part in text.split("-"):
        if not part.isdigit() or not 1 <= int(part) <= 65535:
            raise usage(f"Port `{part}' not valid")


def _told_address(asked: list[RuleOption]) -> str:
    return " ".join([f"to:{asked[0].values[0]}", *(each.word[2:] for each in asked[1:])])


def _to_ports(asked: list[RuleOption], proto: str) -> list[RuleOption]:
    for each in asked:
        if each.word == "--to-ports":
            _port_range(each.values[0], proto)
    return asked


def _told_ports(before: str) -> Callable[[list[RuleOption]], str]:
    def told(asked: list[RuleOption]) -> str:
        return " ".join(f"{before} {each.values[0]}" if each.values else each.word[2:] for each in asked)

    return told


def _mss(asked: list[RuleOption], proto: str) -> list[RuleOption]:
    if not asked:
        raise usage("TCPMSS target: At least one parameter is required")
    return asked


def _told_mss(asked: list[RuleOption]) -> str:
    return f"TCPMSS set {asked[0].values[0]}" if asked[0].values else "TCPMSS clamp to PMTU"


RANDOM = {"--random": 0, "--random-fully": 0, "--persistent": 0}
TARGETS = {
    **{name: Target({}, _none, lambda asked: "") for name in VERDICTS},
    "REJECT": Target(
        {"--reject-with": 1},
        _reject,
        lambda asked: f"reject-with {asked[0].values[0]}",
        ("filter",),
        ("INPUT", "FORWARD", "OUTPUT"),
    ),
    "MARK": Target(dict.fromkeys(MARKS, 1), _mark, _told_mark),
    "LOG": Target({"--log-prefix": 1, "--log-level": 1, **dict.fromkeys(LOG_FLAGS, 0)}, _log, _told_log),
    "NFLOG": Target(
        {"--nflog-group": 1, "--nflog-prefix": 1},
        _none,
        lambda asked: " ".join(f"{each.word[2:]} {each.values[0]}" for each in asked),
    ),
    "TCPMSS": Target({"--set-mss": 1, "--clamp-mss-to-pmtu": 0}, _mss, _told_mss),
    "CT": Target(
        {"--notrack": 0},
        _none,
        lambda asked: " ".join(["CT", *(each.word[2:] for each in asked)]),
        ("raw",),
    ),
    "NOTRACK": Target({}, _none, lambda asked: "NOTRACK", ("raw",), shown="CT"),
    "DNAT": Target(
        {"--to-destination": 1, **RANDOM},
        lambda asked, proto: _address(asked, proto, "DNAT", "--to-destination"),
        _told_address,
        ("nat",),
        ("PREROUTING", "OUTPUT"),
    ),
    "SNAT": Target(
        {"--to-source": 1, **RANDOM},
        lambda asked, proto: _address(asked, proto, "SNAT", "--to-source"),
        _told_address,
        ("nat",),
        ("POSTROUTING", "INPUT"),
    ),
    "MASQUERADE": Target(
        {"--to-ports": 1, "--random": 0, "--random-fully": 0},
        _to_ports,
        _told_ports("masq ports:"),
        ("nat",),
        ("POSTROUTING",),
    ),
    "REDIRECT": Target(
        {"--to-ports": 1, "--random": 0},
        _to_ports,
        _told_ports("redir ports"),
        ("nat",),
        ("PREROUTING", "OUTPUT"),
    ),
}
ALIASES = {
    "--to": {
        "DNAT": "--to-destination",
        "SNAT": "--to-source",
        "MASQUERADE": "--to-ports",
        "REDIRECT": "--to-ports",
    }
}


class Jump(NamedTuple):
    """Where a rule sends packets; ``goes`` says that a RETURN there does not come back (``-g``)."""

    name: str
    goes: bool = False
    asked: tuple[RuleOption, ...] = ()

    def checked(self, proto: str) -> Jump:
        """Return it with canonical values, or fail as iptables does."""
        target = TARGETS.get(self.name)
        return self if target is None else self._replace(asked=tuple(target.read(list(self.asked), proto)))

    @property
    def saved(self) -> list[str]:
        """Its words in ``iptables-save``."""
        words = ["-g" if self.goes else "-j", self.name]
        for each in self.asked:
            prefix = each.word.endswith("-prefix")
            words += each._replace(values=tuple(map(quoted, each.values)) if prefix else each.values).saved
        return words

    def told(self, *, numeric: bool) -> str:
        """Return what ``iptables -L`` prints of its options, with names unless ``numeric``."""
        target = TARGETS.get(self.name)
        if self.name == "LOG":
            return _told_log(list(self.asked), numeric=numeric)
        return target.told(list(self.asked)) if target else ""
