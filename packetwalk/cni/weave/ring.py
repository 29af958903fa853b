"""Weave Net's address ring: how one range is divided among the peers.

Mirrors ``Ring.ClaimForPeers`` and ``subdivide`` of weave ipam/ring/ring.go and ``Space.Donate`` of
ipam/space/space.go.  The peers that heard of each other in time share the range, by their names: it is
halved, the first half of the peers (rounded down) gets the first half, and so on until each has one CIDR.
For three peers that is a half, a quarter and a quarter.  Who comes later asks a peer (drawn, more likely one
with much space; here the one with the most), which gives away its biggest CIDR of at most half its free
addresses, from its end.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from ipaddress import IPv4Address, IPv4Network
from typing import NamedTuple

Networks = tuple[IPv4Network, ...]


class Token(NamedTuple):
    """A part of the ring as weaver keeps it: where it starts, how many addresses it has, and whose it is."""

    start: IPv4Address
    size: int
    peer: str


def divided(whole: IPv4Network, peers: Sequence[str], late: Sequence[str] = ()) -> dict[str, Networks]:
    """Return the CIDRs of each peer by name: of those that agreed on the ring, and of those that came later."""
    names = sorted(peers)
    out: dict[str, Networks] = dict(_subdivided(whole, names))
    for peer in late:
        donor = max(names, key=lambda name: sum(part.num_addresses for part in out[name]))
        *others, biggest = sorted(out[donor], key=lambda part: -part.prefixlen)
        left, right = biggest.subnets()
        kept, given = right.subnets()  # the bridge has an address of it, so less than a half is free
        out[donor], out[peer] = (*others, left, kept), (given,)
    return {peer: tuple(sorted(parts)) for peer, parts in out.items()}


def _subdivided(part: IPv4Network, peers: Sequence[str]) -> Iterator[tuple[str, Networks]]:
    if len(peers) == 1:
        yield peers[0], (part,)
        return
    left, right = part.subnets()
    half = len(peers) // 2
    yield from _subdivided(left, peers[:half])
    yield from _subdivided(right, peers[half:])


def tokens(parts: dict[str, Networks]) -> list[Token]:
    """Return the ring in order: neighbouring CIDRs of one peer are one part."""
    out: list[Token] = []
    owned = sorted((network, peer) for peer, networks in parts.items() for network in networks)
    for network, peer in owned:
        if out and out[-1].peer == peer:
            out[-1] = out[-1]._replace(size=out[-1].size + network.num_addresses)
        else:
            out.append(Token(network.network_address, network.num_addresses, peer))
    return out


def address(whole: IPv4Network, part: IPv4Network, number: int) -> IPv4Address:
    """Return the ``number``-th address (from 0) that a peer gives away.

    Only the very first and the very last address of the whole range are nobody's: an address that ends
    in ``.0`` or ``.255`` is as good as any other in a /12.
    """
    skipped = 1 if part.network_address == whole.network_address else 0
    return part[skipped + number]
