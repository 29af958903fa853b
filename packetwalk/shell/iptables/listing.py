"""``iptables -L`` and ``-S``: chains as a table for people, and as commands."""

from __future__ import annotations

from typing import NamedTuple

from packetwalk.shell.iptables import spec
from packetwalk.shell.iptables.chains import Chains
from packetwalk.shell.iptables.failures import VERSION
from packetwalk.shell.iptables.numbers import protocol_number
from packetwalk.shell.iptables.spec import Side, Spec
from packetwalk.shell.iptables.targets import TARGETS
from packetwalk.shell.terminal import Failure
from packetwalk.tables import IptablesRule

NETWORKS = {"127.0.0.0/8": "loopback/8", "169.254.0.0/16": "link-local/16"}
"""What Debian's ``/etc/networks`` names."""


class Form(NamedTuple):
    """How ``-L`` prints: ``-n``, ``-v``, ``-x``, ``--line-numbers``."""

    numeric: bool = False
    verbose: bool = False
    exact: bool = False
    numbered: bool = False


def chosen(chains: Chains, chain: str) -> list[str]:
    """Return the chains that are asked for."""
    if chain and chain not in chains.names:
        raise Failure(
            f"{VERSION}: chain `{chain}' in table `{chains.table}' is incompatible, use 'nft' tool."
        )
    return [chain] if chain else chains.names


def numbered(chains: Chains, chain: str) -> list[tuple[IptablesRule, int]]:
    """Return the rules of a chain, each with how many equal ones stand before it."""
    out: list[tuple[IptablesRule, int]] = []
    for rule in chains.rules(chain):
        out.append((rule, sum(1 for other, _ in out if other == rule)))
    return out


def commands(chains: Chains, chain: str, number: int | None, *, verbose: bool) -> str:
    """Return what ``-S`` prints."""
    names, out = chosen(chains, chain), []
    if number is None:
        told = {policy.chain: policy for policy in chains.policies}
        for name in names:
            counts = " -c {} {}".format(*chains.counted_policy(name)) if verbose and name in told else ""
            out.append(f"-P {name} {told[name].target}{counts}" if name in told else f"-N {name}")
    for name in names:
        for place, (rule, same) in enumerate(numbered(chains, name), 1):
            if number in (None, place):
                out.append(_command(rule, chains.counted(rule, same) if verbose else None))
    return "".join(f"{line}\n" for line in out)


def _command(rule: IptablesRule, counts: tuple[int, int] | None) -> str:
    if counts is None:
        return str(rule).rstrip()
    found = spec.saved(rule.spec)
    before = found._replace(jump=None).saved
    words = [
        f"-A {rule.chain}",
        before,
        "-c {} {}".format(*counts),
        *(found.jump.saved if found.jump else []),
    ]
    return " ".join(word for word in words if word)


def table(chains: Chains, chain: str, number: int | None, form: Form) -> str:
    """Return what ``-L`` prints."""
    parts = []
    for name in chosen(chains, chain):
        rules = list(enumerate(numbered(chains, name), 1))
        lines = [
            _line(spec.saved(rule.spec), place, chains.counted(rule, same), form)
            for place, (rule, same) in rules
            if number in (None, place)
        ]
        head = [] if number is not None else [_title(chains, name, form), _head(form)]
        parts.append("".join(f"{line}\n" for line in [*head, *lines]))
    return "\n".join(parts)


def _title(chains: Chains, name: str, form: Form) -> str:
    policy = next((each for each in chains.policies if each.chain == name), None)
    if policy is None:
        return f"Chain {name} ({chains.references(name)} references)"
    counts = ""
    if form.verbose:
        packets, size = chains.counted_policy(name)
        counts = f" {_short(packets)} packets, {_short(size)} bytes"
    return f"Chain {name} (policy {policy.target}{counts})"


def _head(form: Form) -> str:
    out = "num  " if form.numbered else ""
    if form.verbose:
        out += "    pkts      bytes " if form.exact else " pkts bytes "
    out += "target     prot opt "
    out += "in     out     " if form.verbose else ""
    return f"{out}source               destination         "


def _short(number: int) -> str:
    """Return a number with K or M where it is long (``xtables_print_num``)."""
    for unit in ("", "K", "M", "G"):
        if number <= (99999 if not unit else 9999):
            return f"{number}{unit}"
        number = (number + 500) // 1000
    return f"{number}T"


def _count(number: int, form: Form) -> str:
    return f"{number:>8} " if form.exact else f"{_short(number):>5} "


def _line(rule: Spec, place: int, counts: tuple[int, int], form: Form) -> str:
    out = f"{place:<4} " if form.numbered else ""
    out += "".join(_count(each, form) for each in counts) if form.verbose else ""
    out += f"{_name(rule):<9} "
    proto = rule.sides.get("-p", Side(""))
    shown = str(protocol_number(proto.value)) if form.numeric else proto.value or "all"
    out += f"{'!' if proto.negated else ' '}{shown:<4} -- "
    if form.verbose:
        inside, outside = (_device(rule, word) for word in ("-i", "-o"))
        out += f" {inside:<6} {outside:<6} "
    out += "".join(_address(rule, word, form.numeric) for word in ("-s", "-d"))
    return out + _rest(rule, numeric=form.numeric)


def _name(rule: Spec) -> str:
    if rule.jump is None:
        return ""
    target = TARGETS.get(rule.jump.name)
    return (target.shown if target else "") or rule.jump.name


def _device(rule: Spec, word: str) -> str:
    side = rule.sides.get(word)
    return "*" if side is None else f"{'!' if side.negated else ''}{side.value}"


def _host(rule: Spec, word: str, numeric: bool) -> tuple[str, str]:
    side = rule.sides.get(word)
    if side is None:
        return " ", "0.0.0.0/0" if numeric else "anywhere"
    value = side.value if numeric else NETWORKS.get(side.value, side.value)
    return "!" if side.negated else " ", value.removesuffix("/32")


def _address(rule: Spec, word: str, numeric: bool) -> str:
    sign, value = _host(rule, word, numeric)
    return f"{sign}{value:<19} "


def _rest(rule: Spec, *, numeric: bool) -> str:
    out = "[goto] " if rule.jump and rule.jump.goes else ""
    out += "".join(f" {match.told(rule.proto, numeric=numeric)}" for match in rule.matches)
    told = rule.jump.told(numeric=numeric) if rule.jump else ""
    return out + (f" {told}" if told else "")


def said(rule: Spec) -> str:
    """Return what ``-v`` says of a rule that is put in or taken out."""
    proto = rule.sides.get("-p", Side(""))
    words = [f"{_name(rule)} ", f"{'!' if proto.negated else ' '}{proto.value or 'all'} ", "opt -- "]
    words += [f"in {_device(rule, '-i')} ", f"out {_device(rule, '-o')} "]
    (from_sign, source), (to_sign, goal) = _host(rule, "-s", True), _host(rule, "-d", True)
    words += [f"{from_sign}{source} ", f"{to_sign}-> {goal}", "  ", _rest(rule, numeric=True)]
    return "".join(words) + "\n"
