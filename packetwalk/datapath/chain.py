"""The walk through the chains of a netfilter table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from operator import itemgetter
from typing import NamedTuple

from packetwalk.datapath.matches import UNTRACKED, View
from packetwalk.datapath.memo import Memo
from packetwalk.datapath.rule import GOES_ON, TRANSLATES, Rule
from packetwalk.tables import ChainPolicy, IptablesRule, NftChain, NftRule
from packetwalk.trace.step import Decide, Decision

TOLD = ("indev", "outdev", "mark", "ctstate")  # what every verdict tells of, read or not
REFUSES = {"DROP", "REJECT"}
FINAL = {"ACCEPT", *REFUSES, *TRANSLATES}


class Met(NamedTuple):
    """A rule that fits a packet, or a policy: with the path of chains to it, and the packet's mark there."""

    target: str
    entry: IptablesRule | ChainPolicy | NftRule | NftChain
    chain: str
    mark: int
    argument: str | None = None

    @property
    def path(self) -> str:
        """Where the rule stands: the table, then the chains that led to it."""
        return f"table {self.entry.chain_table}, {self.chain}"


class Verdict(NamedTuple):
    """What a table says of a packet: ``target``, and ``mark`` is the packet's now.

    ``met`` is what decided; ``argument`` is the address of a NAT target; ``decision`` tells of the verdict,
    ``allowed`` of the rules of network policies that let the packet pass on its way to it; ``untracked``
    says that a rule asked for that, ``plain`` that the packet goes on and the decision is all there is to tell.
    ``counts`` are the rules that fitted, ``policed`` is the policy where it was what was left.
    """

    target: str
    mark: int
    met: Met
    decision: Decision
    allowed: tuple[Decision, ...]
    untracked: bool
    plain: bool
    counts: tuple[Rule, ...] = ()
    policed: ChainPolicy | NftChain | None = None


class BaseChain:
    """The chain by which a hook enters a table (nftables' word), with all chains that it leads to.

    Rules never change, so a verdict is remembered: ``verdicts`` has it by what the rules read of a packet
    (its ``key``, of a tuple with the fields of ``View``) and by nothing else, since packets that differ
    elsewhere (in the port a client drew, say) fare alike.
    """

    def __init__(
        self,
        table: str,
        hook: str,
        chains: Mapping[str, Sequence[Rule]],
        policy: ChainPolicy | NftChain,
        decide: Decide,
    ) -> None:
        """``chains`` are those of the table; ``decide`` makes what a step says in this namespace."""
        self.table, self._hook, self._chains = table, hook, chains
        self._policy, self._tell = policy, decide
        read = {*TOLD, *self._reads(policy.chain, set())}
        self.reads = tuple(field for field in View._fields if field in read)
        self.looks_aside = "aside" in read
        self.key = itemgetter(*map(View._fields.index, self.reads))
        self.verdicts: Memo[tuple, Verdict] = Memo(self._decide)

    def _reads(self, chain: str, met: set[str]) -> Iterator[str]:
        """Yield the fields of a view that the rules of a chain read, and those of the chains it leads to."""
        met.add(chain)
        for rule in self._chains.get(chain, ()):
            for match in rule.matches:
                yield from match.reads
            if rule.target not in met:
                yield from self._reads(rule.target, met)

    def _decide(self, read: tuple) -> Verdict:
        """Ask the rules; they see nothing but what they said that they read.

        When only the chain's policy is left, the entry is the RETURN rule met last, because that
        rule sent the packet there, or in mangle the rule that marked it; without one it is the policy
        itself.
        """
        view = View(**dict(zip(self.reads, read, strict=True)))
        dev, allowed, counts = view.outdev or view.indev, list[Met](), list[Rule]()
        start = self._policy.chain
        met, returned, view = self._run(start, view, start, allowed, counts)
        policed = self._policy if met is None else None
        if met is None:
            policy = self._policy
            met = returned or Met(policy.target, policy, start, view.mark)
            met = met._replace(target=policy.target, mark=view.mark)
        untracked = view.ctstate == UNTRACKED
        return Verdict(
            met.target,
            met.mark,
            met,
            self._tell("hook", dev, met.entry, _note(met), self._hook),
            tuple(self._tell("policy", dev, m.entry, ("allowed", m.path), self._hook) for m in allowed),
            untracked,
            not allowed and not untracked and met.target not in REFUSES | TRANSLATES,
            tuple(counts),
            policed,
        )

    def _run(
        self, chain: str, view: View, path: str, allowed: list[Met], counts: list[Rule]
    ) -> tuple[Met | None, Met | None, View]:
        """Walk one chain: (what decided or None, the last RETURN met or None, the view now)."""
        returned = None
        for rule in self._chains.get(chain, ()):
            if not rule.fits(view):
                continue
            counts.append(rule)
            met = Met(rule.target, rule.entry, path, view.mark, rule.argument)
            if rule.target == "RETURN":
                return None, met, view
            if rule.target == "MARK":
                view = view._replace(mark=_marked(view.mark, rule.argument))
                if self.table == "mangle":
                    returned = met
                if rule.entry.policy:
                    allowed.append(met)
            elif rule.target in ("NOTRACK", "CT"):  # not for a packet that is known already (on lo)
                view = view._replace(ctstate=view.ctstate or UNTRACKED)
            elif rule.target in GOES_ON:
                continue
            elif rule.target in FINAL:
                return met, None, view
            else:
                found, inner, view = self._run(rule.target, view, f"{path} > {rule.target}", allowed, counts)
                if found or rule.goes:
                    return found, inner or returned, view
                returned = inner or returned
        return None, returned, view


def _note(met: Met) -> tuple:
    """Return the sentence's key: a rule decided, a RETURN did, or only the policy was left."""
    if isinstance(met.entry, (NftRule, NftChain)):
        return _nft_note(met.entry, met)
    if isinstance(met.entry, ChainPolicy):
        key = "policy"
    elif "-j MARK" in met.entry.spec:
        return "marked", met.path, f"{met.mark:#x}", met.target
    elif met.entry.policy and met.target == "DROP":
        key = "denied"
    else:
        key = "returned" if met.entry.spec.endswith("RETURN") else "verdict"
    return key, met.path, met.target


def _nft_note(entry: NftRule | NftChain, met: Met) -> tuple:
    """Return the same for nftables, in its words."""
    if isinstance(entry, NftChain):
        key = "policy"
    elif entry.policy and met.target == "DROP":
        key = "denied"
    else:
        key = "returned" if entry.words.endswith("return") else "verdict"
    return key, met.path, met.target.lower()


def _marked(mark: int, argument: str | None) -> int:
    """Apply ``--set-xmark VALUE/MASK``: clear the bits of the mask, then flip those of the value."""
    value, _, cleared = (argument or "").removeprefix("--set-xmark ").partition("/")
    return mark & ~int(cleared or "0xffffffff", 16) ^ int(value, 16)
