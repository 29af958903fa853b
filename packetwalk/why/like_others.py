"""Changes after which a machine has what others of its kind have, one line or all that was flushed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby

from packetwalk.tables import IptablesRule, UserChain
from packetwalk.tables.link import LINKS
from packetwalk.why.change import Mend
from packetwalk.why.commands import added, all_added, taken
from packetwalk.why.loading import Loaded
from packetwalk.why.siblings import Deviation


def like_others(loaded: Loaded, found: Iterable[Deviation], *, all_have: bool) -> Iterator[Mend]:
    """Yield what all others have and is missing, or only some; in the first case also without what nobody else has.

    Rules about the cable of one pod are no other machine's: what is theirs is not missing here, nor this one's too much.
    """
    for each in found:
        if isinstance(each.entry, IptablesRule | UserChain) and _names_a_cable(loaded, str(each.entry)):
            continue
        if each.missing and (each.there == each.others) == all_have:
            yield Mend(each.netns, added(each), reason(each))
        elif not each.missing and all_have:
            gone = taken(each.entry, loaded.fabric.netns(each.netns))
            if gone:
                yield Mend(each.netns, gone, "nobody else of its kind has it")


def _names_a_cable(loaded: Loaded, rule: str) -> bool:
    return any(name in rule for name in loaded.pod_cables)


def groups(found: Iterable[Deviation]) -> Iterator[Mend]:
    """Yield all that is missing in a table at once: it was flushed; then all that is missing at all."""
    missing = [each for each in found if each.missing and each.there == each.others]
    by_table = groupby(sorted(missing, key=lambda each: each.table.rank), key=lambda each: each.table.name)
    for several in [*(list(group) for _, group in by_table), missing]:
        if len(several) > 1:
            yield Mend(several[0].netns, all_added(several), "each other of its kind has these lines")


def up_again(loaded: Loaded, netns: str, found: Iterable[Deviation]) -> Iterator[Mend]:
    """Yield a device up with what went when it went down: its routes, neighbours and forwarding entries."""
    missing = [each for each in found if each.missing]
    for link in loaded.fabric.netns(netns).entries(LINKS):
        lost = [
            each
            for each in missing
            if link.ifname in (getattr(each.entry, "dev", ""), getattr(each.entry, "ifname", ""))
        ]
        if not link.up and lost:
            up = "ip", "link", "set", link.ifname, "up"
            yield Mend(netns, (up, *all_added(lost)), "it is down, and what stood on it has gone")


def reason(deviation: Deviation) -> str:
    of = "each" if deviation.there == deviation.others else f"{deviation.there} of {deviation.others}"
    return f"{of} of the others of its kind have it" if of != "each" else "each other of its kind has it"
