"""What rules ask of packets: the modules of ``-m`` with their options, how they are saved and how they are listed.

Those are here that the data path can answer; another one that iptables has is named as what the model does not know.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

from packetwalk.shell.iptables import numbers
from packetwalk.shell.iptables.failures import usage
from packetwalk.shell.iptables.numbers import flag_bits, named_icmp, named_port, quoted

STATES = ("INVALID", "NEW", "RELATED", "ESTABLISHED", "UNTRACKED", "SNAT", "DNAT")
ADDRESS_TYPES = [
    "UNSPEC",
    "UNICAST",
    "LOCAL",
    "BROADCAST",
    "ANYCAST",
    "MULTICAST",
    "BLACKHOLE",
    "UNREACHABLE",
    "PROHIBIT",
    "THROW",
    "NAT",
    "XRESOLVE",
]
OTHERS = [
    "ah",
    "bpf",
    "cgroup",
    "cluster",
    "connbytes",
    "connlabel",
    "connlimit",
    "connmark",
    "cpu",
    "dccp",
    "devgroup",
    "dscp",
    "ecn",
    "hashlimit",
    "helper",
    "ipcomp",
    "iprange",
    "ipvs",
    "length",
    "limit",
    "mac",
    "osf",
    "owner",
    "pkttype",
    "quota",
    "quota2",
    "rateest",
    "realm",
    "recent",
    "socket",
    "statistic",
    "string",
    "tcpmss",
    "time",
    "tos",
    "ttl",
    "u32",
    "udplite",
]
"""Modules that iptables has and the model has not."""


class RuleOption(NamedTuple):
    """One option of a module as it was written, and as it is saved."""

    word: str
    values: tuple[str, ...] = ()
    negated: bool = False

    @property
    def saved(self) -> list[str]:
        """Its words in ``iptables-save``."""
        return [*(["!"] if self.negated else []), self.word, *self.values]


class Module(NamedTuple):
    """``options`` are the words with how many values follow; ``aliases`` other words for them.

    ``order`` is that in which they are saved; ``read`` makes values canonical; ``needs`` is what is said when
    nothing was asked; ``told`` lists the options, ``bare`` says what stands before them.
    """

    options: dict[str, int]
    read: Callable[[RuleOption, str], RuleOption]
    told: Callable[[RuleOption, str, bool], str]
    needs: str = ""
    bare: str = ""
    aliases: Mapping[str, str] = MappingProxyType({})

    def arity(self, word: str) -> int | None:
        """Return how many values follow a word, or None for a word of another module."""
        return self.options.get(self.aliases.get(word, word))


def _same(asked: RuleOption, proto: str) -> RuleOption:
    return asked


def _ports(asked: RuleOption, proto: str) -> RuleOption:
    return asked._replace(values=(numbers.ports(asked.values[0], proto),))


def _tcp(asked: RuleOption, proto: str) -> RuleOption:
    if asked.word == "--syn":
        return RuleOption("--tcp-flags", ("FIN,SYN,RST,ACK", "SYN"), asked.negated)
    if asked.word == "--tcp-flags":
        return asked._replace(values=tuple(map(numbers.flags, asked.values)))
    return _ports(asked, proto)


def _told_port(asked: RuleOption, proto: str, numeric: bool) -> str:
    """``spt:80``, ``dpts:!1000:2000``."""
    side = asked.word[2]
    value = asked.values[0]
    shown = value if numeric else ":".join(named_port(part, proto) for part in value.split(":"))
    return f"{side}pt{'s' if ':' in value else ''}:{'!' if asked.negated else ''}{shown}"


def _told_sctp(asked: RuleOption, proto: str, numeric: bool) -> str:
    """As of UDP; all ports are saved, but not listed."""
    return "" if asked.values == ("0:65535",) else _told_port(asked, proto, numeric)


def _told_tcp(asked: RuleOption, proto: str, numeric: bool) -> str:
    if asked.word != "--tcp-flags":
        return _told_port(asked, proto, numeric)
    mask, wanted = asked.values
    shown = f"0x{flag_bits(mask):02X}/0x{flag_bits(wanted):02X}" if numeric else f"{mask}/{wanted}"
    return f"flags:{'!' if asked.negated else ''}{shown}"


def _icmp(asked: RuleOption, proto: str) -> RuleOption:
    return asked._replace(values=(numbers.icmp_type(asked.values[0]),))


def _told_icmp(asked: RuleOption, proto: str, numeric: bool) -> str:
    value = asked.values[0]
    if not numeric or (asked.negated and value == "any"):
        return f"icmp {'!' if asked.negated else ''}{named_icmp(value)}"
    kind, _, code = value.partition("/")
    text = f"type {255 if kind == 'any' else kind}{f' code {code}' if code else ''}"
    return f"icmp !{text}" if asked.negated else f"icmp{text}"


def _multiport(asked: RuleOption, proto: str) -> RuleOption:
    if proto not in ("tcp", "udp", "udplite", "sctp", "dccp"):
        raise usage("multiport needs `-p tcp', `-p udp', `-p udplite', `-p sctp' or `-p dccp'")
    parts = asked.values[0].split(",")
    if sum(2 if ":" in part else 1 for part in parts) > 15:
        raise usage("too many ports specified")
    return asked._replace(values=(",".join(numbers.ports(part, proto) for part in parts),))


def _told_multiport(asked: RuleOption, proto: str, numeric: bool) -> str:
    shown = asked.values[0]
    if not numeric:
        shown = ",".join(
            ":".join(named_port(each, proto) for each in part.split(":")) for part in shown.split(",")
        )
    return f"multiport {asked.word[2:]} {' !' if asked.negated else ''}{shown}"


def _states(asked: RuleOption, proto: str) -> RuleOption:
    wanted = asked.values[0].split(",")
    known = STATES if asked.word == "--ctstate" else STATES[:5]
    for each in wanted:
        if each.upper() not in known:
            kind = "ctstate" if asked.word == "--ctstate" else "state"
            raise usage(f'Bad {kind} "{each}"')
    upper = {each.upper() for each in wanted}
    return asked._replace(values=(",".join(each for each in known if each in upper),))


def _told_states(asked: RuleOption, proto: str, numeric: bool) -> str:
    return f"{'! ' if asked.negated else ''}{asked.word[2:]} {asked.values[0]}"


def _mark(asked: RuleOption, proto: str) -> RuleOption:
    value, mask = numbers.marked(asked.values[0], "mark", asked.word)
    return asked._replace(values=(hex(value) if mask == 0xFFFFFFFF else f"{value:#x}/{mask:#x}",))


def _told_mark(asked: RuleOption, proto: str, numeric: bool) -> str:
    return f"mark match {'! ' if asked.negated else ''}{asked.values[0]}"


def _told_comment(asked: RuleOption, proto: str, numeric: bool) -> str:
    return f"/* {asked.values[0]} */"


def _types(asked: RuleOption, proto: str) -> RuleOption:
    for each in asked.values[0].split(",") if asked.values else ():
        if each not in ADDRESS_TYPES:
            raise usage(f'addrtype: bad type "{each}"')
    return asked


def _told_types(asked: RuleOption, proto: str, numeric: bool) -> str:
    if not asked.values:
        return asked.word[2:].replace("-iface", "")
    return f"{asked.word[2:]} {'!' if asked.negated else ''}{asked.values[0]}"


def _told_set(asked: RuleOption, proto: str, numeric: bool) -> str:
    return f"{'! ' if asked.negated else ''}match-set {' '.join(asked.values)}"


def _told_words(asked: RuleOption, proto: str, numeric: bool) -> str:
    return " ".join(asked.saved)


PORT_ALIASES = {"--source-port": "--sport", "--destination-port": "--dport"}
MODULES = {
    "tcp": Module(
        {"--sport": 1, "--dport": 1, "--tcp-flags": 2, "--syn": 0}, _tcp, _told_tcp, "", "tcp", PORT_ALIASES
    ),
    "udp": Module({"--sport": 1, "--dport": 1}, _ports, _told_port, "", "udp", PORT_ALIASES),
    "sctp": Module({"--sport": 1, "--dport": 1}, _ports, _told_sctp, "", "sctp", PORT_ALIASES),
    "icmp": Module({"--icmp-type": 1}, _icmp, _told_icmp, 'icmp: option "--icmp-type" must be specified\n'),
    "multiport": Module(
        {"--dports": 1, "--sports": 1, "--ports": 1},
        _multiport,
        _told_multiport,
        "multiport expection an option",
        aliases={"--destination-ports": "--dports", "--source-ports": "--sports", "--port": "--ports"},
    ),
    "conntrack": Module(
        {"--ctstate": 1}, _states, _told_states, "conntrack: At least one option is required"
    ),
    "state": Module({"--state": 1}, _states, _told_states, 'state: option "--state" must be specified\n'),
    "mark": Module({"--mark": 1}, _mark, _told_mark, 'mark: option "--mark" must be specified\n'),
    "comment": Module(
        {"--comment": 1}, _same, _told_comment, 'comment: option "--comment" must be specified\n'
    ),
    "addrtype": Module(
        {"--src-type": 1, "--dst-type": 1, "--limit-iface-in": 0, "--limit-iface-out": 0},
        _types,
        _told_types,
        "addrtype: you must specify --src-type or --dst-type",
        "ADDRTYPE match",
    ),
    "set": Module(
        {"--match-set": 2}, _same, _told_set, "You must specify `--match-set' with proper arguments"
    ),
    "physdev": Module(
        {
            "--physdev-in": 1,
            "--physdev-out": 1,
            "--physdev-is-in": 0,
            "--physdev-is-out": 0,
            "--physdev-is-bridged": 0,
        },
        _same,
        _told_words,
        "PHYSDEV: no physdev option specified",
        "PHYSDEV match",
    ),
    "rpfilter": Module(
        {"--loose": 0, "--validmark": 0, "--accept-local": 0, "--invert": 0},
        _same,
        lambda asked, proto, numeric: asked.word[2:],
        bare="rpfilter",
    ),
    "esp": Module({"--espspi": 1}, _same, lambda asked, proto, numeric: f"spi:{asked.values[0]}", bare="esp"),
    "policy": Module(
        {"--dir": 1, "--pol": 1},
        _same,
        lambda asked, proto, numeric: f"{asked.word[2:]} {asked.values[0]}",
        bare="policy match",
    ),
    "nfacct": Module(
        {"--nfacct-name": 1},
        _same,
        lambda asked, proto, numeric: f"nfacct-name  {asked.values[0]}",
        'nfacct: option "--nfacct-name" must be specified\n',
    ),
}
ONCE = {"--sport": "--source-port", "--dport": "--destination-port"}


class RuleMatch(NamedTuple):
    """A module in a rule with what it is asked."""

    module: str
    asked: tuple[RuleOption, ...] = ()

    def checked(self, proto: str) -> RuleMatch:
        """Return it with canonical values in the order in which they are saved, or fail as iptables does."""
        module = MODULES[self.module]
        seen: list[str] = []
        for each in self.asked:
            if each.word in seen and each.word in ONCE:
                raise usage(f"Only one `{ONCE[each.word]}' allowed")
            seen.append(each.word)
        if module.needs and not self.asked:
            raise usage(module.needs)
        order = list(module.options)
        read = [module.read(each, proto) for each in self.asked]
        return RuleMatch(self.module, tuple(sorted(read, key=lambda each: order.index(each.word))))

    @property
    def saved(self) -> list[str]:
        """Its words in ``iptables-save``."""
        words = ["-m", self.module]
        for each in self.asked:
            values = each.values
            if self.module == "comment":
                values = tuple(map(quoted, values))
            elif self.module == "nfacct":
                values = ("", *values)  # libxt_nfacct prints two blanks
            words += each._replace(values=values).saved
        return words

    def told(self, proto: str, *, numeric: bool) -> str:
        """Return what ``iptables -L`` prints of it."""
        module = MODULES[self.module]
        parts = [module.told(each, proto, numeric) for each in self.asked]
        return " ".join(filter(None, (module.bare, *parts)))


def module_of(word: str, loaded: Sequence[str]) -> str | None:
    """Return the last of the loaded modules that has an option."""
    return next((name for name in reversed(loaded) if MODULES[name].arity(word) is not None), None)
