"""``iptables`` with a command that changes something: rules, chains, policies, counters."""

from __future__ import annotations

from packetwalk.shell.iptables.chains import Chains
from packetwalk.shell.iptables.command import CommandLine
from packetwalk.shell.iptables.failures import VERSION, not_found, refused, usage
from packetwalk.shell.iptables.listing import said
from packetwalk.shell.iptables.spec import Spec
from packetwalk.shell.iptables.targets import TARGETS
from packetwalk.shell.terminal import Failure, Unknown
from packetwalk.tables import ChainPolicy, IptablesRule, UserChain
from packetwalk.tables.iptables import BUILT_IN, jump

NO_CHAIN = "No chain/target/match by that name."
BAD_RULE = "Bad rule (does a matching rule exist in that chain?)."
NOT_FOR_FILTERING = (
    '\nThe "nat" table is not intended for filtering, the use of DROP is therefore inhibited.\n\n'
)


def run(chains: Chains, line: CommandLine, *, verbose: bool) -> str:
    """Do the command."""
    act = {
        "-A": _put,
        "-I": _put,
        "-R": _put,
        "-D": _delete,
        "-C": _check,
        "-F": _flush,
        "-N": _make,
        "-X": _unmake,
        "-E": _rename,
        "-P": _policy,
        "-Z": _zero,
    }[line.command]
    return act(chains, line, verbose)


def _specs(line: CommandLine) -> list[Spec]:
    specs = line.specs()
    if line.table == "nat" and any(spec.jump and spec.jump.name == "DROP" for spec in specs):
        raise usage(NOT_FOR_FILTERING)
    return specs


def _put(chains: Chains, line: CommandLine, verbose: bool) -> str:
    specs = _specs(line)
    if line.chain not in chains.names:
        raise not_found(NO_CHAIN)
    for spec in specs:
        _takes(line, spec, chains)
    rules = [IptablesRule(line.table, line.chain, spec.saved) for spec in specs]
    old = chains.rules(line.chain)
    at = (line.number or 1) - 1
    if line.command == "-I" and at > len(old):
        raise not_found("Index of insertion too big.")
    if line.command == "-R":
        if at >= len(old):
            raise not_found("Index of replacement too big.")
        if len(rules) > 1:
            raise usage("Replacement rule does not specify a unique address")
    new = {
        "-A": [*old, *rules],
        "-I": [*old[:at], *rules, *old[at:]],
        "-R": [*old[:at], *rules, *old[at + 1 :]],
    }[line.command]
    if line.command == "-R":
        chains.forget(old[at], sum(1 for each in old[:at] if each == old[at]))
    chains.edit(line.chain, lambda _: new)
    if chains.loops():
        raise refused(line.command, line.chain, "EMLINK")
    if _misplaced(chains):
        raise refused(line.command, line.chain, "EINVAL")
    return "".join(map(said, specs)) if verbose else ""


def _misplaced(chains: Chains) -> bool:
    """Say whether a built-in chain leads to a rule that may not stand at its hook (``nft_chain_validate``)."""
    for name in BUILT_IN[chains.table]:
        for rule in chains.reached(name):
            target = TARGETS.get(jump(rule.spec))
            if target and target.chains and name not in target.chains:
                return True
            if "-m rpfilter" in rule.spec and name != "PREROUTING":
                return True
    return False


def _takes(line: CommandLine, spec: Spec, chains: Chains) -> None:
    """Fail as the kernel does for a rule that its table or chain does not take."""
    for match in spec.matches:
        if match.module in ("tcp", "udp", "sctp", "icmp") and spec.proto != match.module:
            raise refused(line.command, line.chain, "EINVAL")
        if match.module == "rpfilter" and line.table not in ("raw", "mangle"):
            raise refused(line.command, line.chain, "EINVAL")
        for each in match.asked:
            if each.word == "--match-set" and each.values[0] not in chains.sets:
                raise usage(f"Set {each.values[0]} doesn't exist.\n")
    jump = spec.jump
    if jump is None:
        return
    target = TARGETS.get(jump.name)
    if target is None:
        if jump.name == line.chain and jump.name in BUILT_IN[line.table]:
            raise refused(line.command, line.chain, "EOPNOTSUPP")
        if jump.name not in chains.made:
            raise refused(line.command, line.chain, "ENOENT")
        return
    built_in = line.chain in BUILT_IN[line.table]
    if target.tables and line.table not in target.tables:
        raise refused(line.command, line.chain, "EINVAL")
    if target.chains and built_in and line.chain not in target.chains:
        raise refused(line.command, line.chain, "EINVAL")
    if jump.name == "CT" and not jump.asked:
        raise Unknown("iptables", "-j CT", "-j CT --notrack")
    resets = any(each.values == ("tcp-reset",) for each in jump.asked)
    if (resets or jump.name == "TCPMSS") and spec.proto != "tcp":
        raise refused(line.command, line.chain, "EINVAL")


def _found(chains: Chains, line: CommandLine) -> list[int]:
    """Return the places of the rules that are described."""
    if line.number is not None:
        if line.number > len(chains.rules(line.chain)):
            there = (
                chains.rules(line.chain) or line.chain in chains.made
            )  # nft makes a chain with its first rule
            raise not_found("Index of deletion too big." if there else NO_CHAIN)
        return [line.number - 1]
    out = []
    rules = [rule.spec for rule in chains.rules(line.chain)]
    for spec in _specs(line):
        if spec.saved not in rules:
            raise not_found(BAD_RULE)
        out.append(rules.index(spec.saved))
    return out


def _delete(chains: Chains, line: CommandLine, verbose: bool) -> str:
    places = _found(chains, line)
    old = chains.rules(line.chain)
    for place in places:
        chains.forget(old[place], sum(1 for each in old[:place] if each == old[place]))
    chains.edit(line.chain, lambda rules: [rule for n, rule in enumerate(rules) if n not in places])
    return "".join(map(said, line.specs())) if verbose and line.number is None else ""


def _check(chains: Chains, line: CommandLine, verbose: bool) -> str:
    _found(chains, line)
    return "".join(map(said, line.specs())) if verbose else ""


def _flush(chains: Chains, line: CommandLine, verbose: bool) -> str:
    if line.chain and line.chain not in chains.names:
        raise not_found(NO_CHAIN)
    every = [line.chain] if line.chain else chains.names
    for chain in every:
        if chains.rules(chain):
            for rule in chains.rules(chain):
                chains.forget(rule, None)
            chains.edit(chain, lambda _: [])
    return "".join(f"Flushing chain `{chain}'\n" for chain in every) if verbose else ""


def _named(name: str) -> None:
    """Fail for what cannot be a chain's name (``assert_valid_chain_name``)."""
    if name.startswith(("-", "!")):
        raise usage(f"chain name not allowed to start with `{name[0]}'")
    if len(name) > 28:
        raise usage(f"chain name `{name}' too long (must be under 29 chars)")
    if name in TARGETS:
        raise usage("chain name may not clash with target name")
    if any(char.isspace() for char in name) or not name:
        raise usage(f"Invalid chain name `{name}'")


def _make(chains: Chains, line: CommandLine, verbose: bool) -> str:
    _named(line.chain)
    if line.chain in chains.names:
        raise not_found("Chain already exists.")
    chains.add(UserChain(chains.table, line.chain))
    return ""


def _unmake(chains: Chains, line: CommandLine, verbose: bool) -> str:
    if line.chain and line.chain not in chains.names:
        raise not_found(NO_CHAIN)
    every = [line.chain] if line.chain else chains.made
    for chain in every:
        if chain in BUILT_IN[chains.table] and not chains.rules(chain):
            raise Unknown("iptables", f"-X {chain}", "chains that somebody has made")
    while every:
        free = [chain for chain in every if not chains.references(chain) and not chains.rules(chain)]
        if not free:
            reason = f"CHAIN_DEL failed (Device or resource busy): chain {every[0]}"
            raise Failure(f"{VERSION}:  {reason}", 4)
        chains.unmake(free[0])
        every.remove(free[0])
    return ""


def _rename(chains: Chains, line: CommandLine, verbose: bool) -> str:
    _named(line.second)
    if line.chain not in chains.made:
        raise not_found(NO_CHAIN)
    if line.second in chains.names:
        raise not_found("File exists.")
    if chains.references(line.chain) or chains.rules(line.chain):
        raise Unknown("iptables", f"-E {line.chain}", "empty chains to which no rule jumps")
    chains.unmake(line.chain)
    chains.add(UserChain(chains.table, line.second))
    return ""


def _policy(chains: Chains, line: CommandLine, verbose: bool) -> str:
    if line.chain not in BUILT_IN[chains.table]:
        raise not_found("Bad built-in chain name.")
    if line.second not in ("ACCEPT", "DROP"):
        raise not_found("Bad policy name. Run `dmesg' for more information.")
    if chains.table == "nat" and line.second == "DROP":
        raise usage(NOT_FOR_FILTERING)
    chains.add(ChainPolicy(chains.table, line.chain, line.second))
    chains.start_counting(line.chain)
    return ""


def _zero(chains: Chains, line: CommandLine, verbose: bool) -> str:
    zero(chains, line.chain, line.number)
    return ""


def zero(chains: Chains, chain: str, number: int | None) -> None:
    """Begin to count at 0 again."""
    if chain and chain not in chains.names:
        raise not_found(NO_CHAIN)
    for name in [chain] if chain else chains.names:
        seen: dict[IptablesRule, int] = {}
        for place, rule in enumerate(chains.rules(name), 1):
            same = seen[rule] = seen.get(rule, -1) + 1
            if number in (None, place):
                chains.forget(rule, same)
        if number is None:
            chains.start_counting(name, anew=False)
