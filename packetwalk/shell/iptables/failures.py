"""Failures of ``iptables`` in its own words (1.8.9, nf_tables)."""

from __future__ import annotations

from packetwalk.shell.terminal import Failure

VERSION = "iptables v1.8.9 (nf_tables)"
TRY = "Try `iptables -h' or 'iptables --help' for more information."
REASONS = {
    "EINVAL": "Invalid argument",
    "ENOENT": "No such file or directory",
    "EOPNOTSUPP": "Operation not supported",
    "EMLINK": "Too many links",
    "EBUSY": "Device or resource busy",
}
VERBS = {"-A": "RULE_APPEND", "-I": "RULE_INSERT", "-R": "RULE_REPLACE"}


def usage(message: str) -> Failure:
    """Return the failure of a wrong command line: exit code 2 (``PARAMETER_PROBLEM``)."""
    return Failure(f"{VERSION}: {message}\n{TRY}", 2)


def bad_argument(word: str) -> Failure:
    """Return the failure of a word that belongs to nothing."""
    return Failure(f"Bad argument `{word}'\n{TRY}", 2)


def not_found(message: str) -> Failure:
    """Return the failure of a command that names what is not there: exit code 1."""
    return Failure(f"iptables: {message}", 1)


def refused(command: str, chain: str, reason: str) -> Failure:
    """Return the failure of a rule that the kernel does not take: exit code 4."""
    return Failure(f"{VERSION}:  {VERBS[command]} failed ({REASONS[reason]}): rule in chain {chain}", 4)
