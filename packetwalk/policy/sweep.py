"""All ports of all protocols at once: one pod or address of all that are alike, one stretch of ports of all that are."""

from __future__ import annotations

from collections.abc import Iterator

from packetwalk.policy.index import turned
from packetwalk.policy.points import Stretch, stretches
from packetwalk.policy.rules import EGRESS, INGRESS, NetworkRules, Ports, RuleEnd
from packetwalk.policy.sieve import Sieve
from packetwalk.policy.way import wraps


class Sweep:
    """Sieves of the same places, perhaps of several estates.

    ``classes`` are places of which no condition of any policy says anything different, at no port; ``sieves`` are of one
    place of each; ``kinds`` are stretches of ports at which every condition says the same.
    """

    def __init__(self, *sieves: Sieve) -> None:
        asked = sorted({mask for each in sieves for mask in conditions(each)})
        found: dict[int, list[int]] = {}
        for place, sign in enumerate(turned(asked, sieves[0].size)):
            found.setdefault(sign, []).append(place)
        self.classes = tuple(map(tuple, found.values()))
        self.sieves = tuple(each.some([places[0] for places in self.classes]) for each in sieves)
        self.single = tuple(len(places) == 1 for places in self.classes)
        kinds: dict[tuple[object, ...], list[Stretch]] = {}
        ports = [_ports(each) for each in self.sieves]
        for stretch in stretches(*(each.estate for each in sieves)):
            key = stretch.protocol, wraps(stretch.protocol, stretch.first)
            here = (_said(each, known, stretch) for each, known in zip(self.sieves, ports, strict=True))
            kinds.setdefault((*key, *here), []).append(stretch)
        self.kinds = tuple(map(tuple, kinds.values()))

    def at(self, kind: tuple[Stretch, ...]) -> tuple[Sieve, ...]:
        """Return the sieves at a kind of ports."""
        return tuple(each.at(kind[0].protocol, kind[0].first) for each in self.sieves)


def conditions(sieve: Sieve) -> Iterator[int]:
    """Yield every set of places that policies may ask, at whatever port."""
    yield from (sieve.finished, sieve.sixth, sieve.inside)
    names, services = set(), set()
    for policy in sieve.estate.policies:
        yield sieve.subject(policy)
        for end, source in _ends(policy):
            names |= {each.name for each in (*end.ports, *end.not_ports)}
            for peer in end.peers:
                if peer.service is None or source:
                    yield sieve.peer(peer, source)
                else:
                    services.add(peer)
    for protocol, port in {(each.protocol, each.port) for pod in sieve.pods for each in pod.ports}:
        here = sieve.at(protocol, port)
        yield from (here.having(Ports(0, 0, name), port) for name in names - {""})
    for peer in services:
        assert peer.service is not None
        for protocol, port in {each[1:] for each in sieve.estate.service_endpoints(peer.service)}:
            yield sieve.at(protocol, port).peer(peer, False)


def _ends(policy: NetworkRules) -> Iterator[tuple[RuleEnd, bool]]:
    """Yield each end of each rule, and whether it is the source."""
    for direction in (INGRESS, EGRESS):
        for rule in policy.rules(direction):
            yield from ((rule.source, True), (rule.destination, False))


def _ports(sieve: Sieve) -> tuple[list[Ports], list]:
    """Return the ports, and the peers that are Services, that a destination may be asked for."""
    ends = [end for policy in sieve.estate.policies for end, source in _ends(policy) if not source]
    services = {peer for end in ends for peer in end.peers if peer.service}
    return list({each for end in ends for each in (*end.ports, *end.not_ports)}), list(services)


def _said(sieve: Sieve, known: tuple[list[Ports], list], stretch: Stretch) -> tuple[int, ...]:
    """Return what all of them say at a port."""
    here, (ports, services) = sieve.at(stretch.protocol, stretch.first), known
    return (*(here.having(each, here.port) for each in ports), *(here.peer(each, False) for each in services))
