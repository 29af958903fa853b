"""A netfilter rule, compiled: what it asks of a packet and what it does.

Rules are kept in the words of ``iptables-save`` and compiled to predicates; nothing is written twice.
"""

from __future__ import annotations

from typing import NamedTuple

from packetwalk.datapath.matches import MATCHES, VALUES, MachineTables, Match, View, options
from packetwalk.tables import IptablesRule
from packetwalk.tables.iptables import TARGETS

TRANSLATES = {"DNAT", "SNAT", "MASQUERADE", "REDIRECT"}
ARGUMENTS = {"--to-destination", "--to-ports", "--to-source", "--set-xmark", "--reject-with"}
GOES_ON = {"", "NFLOG", "LOG"}  # a rule without -j only counts, the others only report
DONE = {"ACCEPT", "DROP", "RETURN", "REJECT", "MARK", "CT", "NOTRACK", *TRANSLATES, *GOES_ON}
"""The targets that the model knows; ``TARGETS`` are all that iptables has."""
REJECTS = {
    "tcp-reset": -1,
    "icmp-net-unreachable": 0,
    "icmp-host-unreachable": 1,
    "icmp-proto-unreachable": 2,
    "icmp-port-unreachable": 3,
    "icmp6-port-unreachable": 3,
    "icmp-net-prohibited": 9,
    "icmp-host-prohibited": 10,
    "icmp-admin-prohibited": 13,
}
"""What ``--reject-with`` names: the codes of ICMP type 3, and a reset."""
IGNORED = {
    "--nfacct-name",
    "--comment",
    "--dir",
    "--nflog-group",
    "--nflog-prefix",
    "--log-prefix",
    "--log-level",
}
IGNORED |= {"--seconds", "--mask"}  # of -m recent
IGNORED |= {word for word, values in VALUES.items() if not values}


class Rule(NamedTuple):
    """A compiled rule."""

    entry: IptablesRule
    matches: tuple[Match, ...]
    target: str
    argument: str | None
    goes: bool = False  # -g: a RETURN there does not come back here
    same: int = 0  # how many equal rules stand before it in its chain

    @property
    def tracks(self) -> bool:
        """Whether the kernel tracks connections for it (``nf_ct_netns_get``); no nat chain alone makes it."""
        return self.target in TRANSLATES or any("ctstate" in match.reads for match in self.matches)

    def fits(self, view: View) -> bool:
        """Whether a packet has all that the rule asks for."""
        return all(match.test(view) for match in self.matches)


def compile_rule(entry: IptablesRule, state: MachineTables) -> Rule:
    """Return the compiled form of one rule; ValueError names a word that is not known."""
    matches, target, argument, goes = [], "", None, False
    for word, values, negated, flags in options(entry.spec):
        if word in ("-j", "-g"):
            target, goes = values[0], word == "-g"
            if target in TARGETS - DONE:
                raise ValueError(f"iptables rule {str(entry)!r}: target {target} is not known")
        elif word in ARGUMENTS:
            argument = f"{word} {values[0]}"
            if word == "--reject-with" and values[0] not in REJECTS:
                raise ValueError(f"iptables rule {str(entry)!r}: {values[0]!r} is not known")
            drawn = target == "MASQUERADE" and "--random-fully" in entry.spec  # from the ports that it names
            if word.startswith("--to-") and "-" in values[0] and not drawn:
                raise ValueError(f"iptables rule {str(entry)!r}: a range of addresses or ports is not known")
        elif word in MATCHES:
            match = MATCHES[word](values, flags, state)
            if match:
                matches.append(match.inverse() if negated else match)
        elif word not in IGNORED:
            raise ValueError(f"iptables rule {str(entry)!r}: word {word!r} is not known")
    return Rule(entry, tuple(matches), target, argument, goes)
