"""What a network has counted while packets of commands passed: frames of devices, packets of rules and policies."""

from __future__ import annotations

from packetwalk import wire
from packetwalk.datapath.run import Run
from packetwalk.tables import IptablesRule, NftRule

Count = tuple[int, int]
"""How many, and their bytes."""
NONE: Count = (0, 0)


class Counters:
    """Counters of all namespaces; a policy counts from the moment on at which it was set by hand."""

    def __init__(self) -> None:
        self._frames: dict[tuple[str, str, str], Count] = {}
        self._rules: dict[tuple[str, IptablesRule | NftRule, int], Count] = {}
        self._policies: dict[tuple[str, str, str], Count] = {}

    def copy(self) -> Counters:
        """Return counters that go their own way from now on."""
        made = Counters()
        made._frames, made._rules = dict(self._frames), dict(self._rules)
        made._policies = dict(self._policies)
        return made

    def add(self, run: Run) -> None:
        """Count what a run did."""
        for trace in run.traces:
            for step in trace.steps:
                if step.event in ("ingress", "egress") and step.dev:
                    key = step.netns, step.dev, step.event
                    self._frames[key] = _more(self._frames.get(key, NONE), wire.size(step.after))
        for netns, verdict, size in run.verdicts:
            for rule in verdict.counts:
                entry = netns, _bare(rule.entry), rule.same
                self._rules[entry] = _more(self._rules.get(entry, NONE), size)
            if verdict.policed is not None:
                chain = netns, verdict.policed.chain_table, verdict.policed.chain
                if chain in self._policies:
                    self._policies[chain] = _more(self._policies[chain], size)

    def frames(self, netns: str, dev: str) -> tuple[Count, Count]:
        """Return what a device has received, then what it has sent."""
        return self._frames.get((netns, dev, "ingress"), NONE), self._frames.get((netns, dev, "egress"), NONE)

    def rule(self, netns: str, rule: IptablesRule | NftRule, same: int) -> Count:
        """Return what a rule has counted; ``same`` equal ones stand before it."""
        return self._rules.get((netns, _bare(rule), same), NONE)

    def forget(self, netns: str, rule: IptablesRule, same: int | None = None) -> None:
        """Let a rule begin at 0; without ``same`` all that are equal."""
        bare = _bare(rule)
        gone = [key for key in self._rules if key[:2] == (netns, bare) and same in (None, key[2])]
        for key in gone:
            del self._rules[key]

    def policy(self, netns: str, table: str, chain: str) -> Count:
        """Return what a chain's policy has counted."""
        return self._policies.get((netns, table, chain), NONE)

    def start(self, netns: str, table: str, chain: str, *, anew: bool) -> None:
        """Let a policy begin at 0; unless ``anew``, only one that counts already."""
        if anew or (netns, table, chain) in self._policies:
            self._policies[netns, table, chain] = NONE


def _bare(rule: IptablesRule | NftRule) -> IptablesRule | NftRule:
    """Return a rule as it stands in its chain, however it came there."""
    return rule._replace(inserted=False) if isinstance(rule, IptablesRule) else rule


def _more(count: Count, size: int) -> Count:
    return count[0] + 1, count[1] + size
