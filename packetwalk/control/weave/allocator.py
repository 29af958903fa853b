"""IPAM of one weaver: it gives away addresses of its part of the ring, and asks peers for more.

Mirrors weave ipam/allocator.go; whom it asks is drawn there, more likely one with much space: here the one with the
most.  What it has written to its disk outlives it: the ring, and who has which address.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from packetwalk.cni.weave import ring
from packetwalk.control.weave import timers
from packetwalk.control.weave.consensus import Known, Paxos
from packetwalk.control.weave.tokens import AddressSpace, Range, RingConflict, SharedRing

if TYPE_CHECKING:
    from packetwalk.control.weave.weaver import Weaver

Given = Callable[[int], None]


class IpamNews(NamedTuple):
    """What one allocator tells another: its ring, or what it knows of the vote before there is one."""

    ring: SharedRing
    votes: Known
    text: str


class IpamAllocator:
    """The allocator of ``weaver``; ``quorum`` peers must agree on the first ring."""

    def __init__(self, weaver: Weaver, quorum: int) -> None:
        self.weaver, self.quorum = weaver, quorum
        whole = weaver.network
        self.whole: Range = (int(whole.network_address), int(whole.broadcast_address) + 1)
        self.forget()

    def forget(self) -> None:
        """Delete all data (launch.sh does, once the peer has been removed)."""
        self.ring, self.space = SharedRing(self.whole[1]), AddressSpace(self.whole)
        self.asked: dict[str, Given] = {}
        self.paxos: Paxos | None = None
        self.voting = False

    def start(self) -> None:
        """Begin again with what is on the disk."""
        self.voting = False
        self.paxos = None if self.ring.tokens else Paxos(self.weaver.name, self.quorum)
        how = "with persisted data" if self.ring.tokens else "via deferred consensus"
        self.weaver.log(f"[allocator] Initialising {how}")
        self.weaver.later(timers.TICK, self._tick)

    def _tick(self) -> None:
        """Try again what waits."""
        if self.voting:
            self._propose()
        else:
            self._try()
        self.weaver.later(timers.TICK, self._tick)

    # --- addresses --------------------------------------------------------------------------------

    def allocate(self, name: str, given: Given) -> None:
        """Give a name an address, now or when there is one."""
        if name in self.space.given:
            given(self.space.given[name])
            return
        self.asked[name] = given
        self._try()

    def release(self, name: str) -> None:
        """Take a name's address back."""
        self.asked.pop(name, None)
        if self.space.given.pop(name, None) is not None:
            self._report("an address is free again")

    def fill(self) -> int:
        """Say of every address that is left that it is in use; return how many those are."""
        free = self.space.free(self.own())
        self.space.full += free
        self._report("all addresses are in use")
        return sum(end - start for start, end in free)

    def own(self) -> list[Range]:
        """Return the ranges of this peer."""
        return self.ring.owned(self.weaver.node)

    def _try(self) -> None:
        for name, given in list(self.asked.items()):
            if not self.ring.tokens:
                self._vote()
                return
            address = self.space.next(self.own())
            if address is None:
                self._ask()
                return
            del self.asked[name]
            self.space.given[name] = address
            self._report("an address is given away")
            given(address)

    def _report(self, why: str) -> None:
        """Count what is free, for others to know whom to ask; keep the lines in step."""
        self.ring = self.ring.reported(self.weaver.node, self.space.count)
        self.weaver.keep(why)

    # --- the vote ---------------------------------------------------------------------------------

    def _vote(self) -> None:
        """Begin the vote on who shares the range, for somebody wants an address."""
        if self.voting:
            return
        self.voting = True
        self.weaver.log(f"awaiting consensus (quorum: {self.quorum}, known: {self._known()})")
        self._propose()

    def _known(self) -> int:
        return len(self.paxos.known) or 1 if self.paxos else 1

    def _propose(self) -> None:
        if self.paxos is None:
            return
        self.paxos.propose()
        self.weaver.broadcast()
        self._count()

    def _think(self) -> None:
        """Answer to the claims of others, those that came in the same moment together."""
        if self.paxos is None:
            return
        if self.paxos.think():
            self.weaver.broadcast()
        self._count()

    def _count(self) -> None:
        """If a quorum agrees, there is a ring."""
        agreed = self.paxos.agreed() if self.paxos else ()
        if not agreed:
            return
        names = [self.weaver.node_of(name) for name in sorted(agreed)]
        parts = ring.tokens(ring.divided(self.weaver.network, agreed))
        first = [(int(each.start), each.size, self.weaver.node_of(each.peer)) for each in parts]
        new = SharedRing(self.whole[1]).begun(first, names)
        self._became(new, f"{' and '.join(names)} agreed to share the range")
        self.weaver.broadcast()

    def _became(self, new: SharedRing, why: str) -> None:
        """Keep a new ring, and go on with what waits."""
        if not self.ring.tokens:
            self.weaver.log("ready: there is a ring")
        self.ring = new
        self.voting, self.paxos = False, None
        self._report(why)
        self._try()

    # --- what is told -----------------------------------------------------------------------------

    def news(self) -> IpamNews:
        """Return what there is to tell, as it is now."""
        votes = dict(self.paxos.known) if self.paxos else {}
        if self.ring.tokens:
            text = f"ring: {self.ring}"
        else:
            said = [f"{self.weaver.node_of(name)} {self._named(str(each))}" for name, each in votes.items()]
            text = f"vote: {'; '.join(said)}" if said else "no ring"
        return IpamNews(self.ring, votes, text)

    def _named(self, text: str) -> str:
        for name in self.paxos.known if self.paxos else ():
            text = text.replace(name, self.weaver.node_of(name))
        return text

    def hear(self, sender: str | None, news: IpamNews) -> str:
        """Take in what a peer tells; return why the connection must end, if it must.

        ``sender`` is who said it first, None if it came as everyday gossip.
        """
        if news.ring.tokens:
            return self._merge(news.ring)
        if self.ring.tokens:
            if sender:
                self.weaver.unicast(sender, self.news().text, _told(self.news()))
        elif news.votes and self.paxos is not None and self.paxos.update(news.votes):
            self.weaver.later(1, self._think)
        return ""

    def _merge(self, theirs: SharedRing) -> str:
        try:
            new = self.ring.merged(theirs, self.weaver.node, self.weaver.name_of, self.space.in_use)
        except RingConflict as conflict:
            return str(conflict)
        if new != self.ring:
            self._became(new, "a peer told of its ring")
        return ""

    # --- gifts --------------------------------------------------------------------------------------

    def _ask(self) -> None:
        """Ask the peer with the most space, of those that can be reached and have some left."""
        space: dict[str, int] = {}
        for token, (start, end) in self.ring.parts():
            if token.peer != self.weaver.node and token.free:
                space[token.peer] = space.get(token.peer, 0) + end - start
        for donor in sorted(space, key=lambda each: (-space[each], self.weaver.name_of(each))):
            if self.weaver.unicast(donor, "asks for a part of the range", self._wanted):
                self.weaver.log(f"asks {donor} for a part of the range")
                return
        self.weaver.log("nobody can be asked for a part of the range")

    def _wanted(self, donor: Weaver) -> str:
        """The request has come to the donor."""
        donor.later(timers.GIVE, partial(donor.allocator.give, self.weaver.node))
        return ""

    def give(self, peer: str) -> None:
        """Give a peer half of what is left at most, and tell it of the ring in any case."""
        if not self.ring.tokens:
            return
        gift = self.space.gift(self.own())
        if gift is not None:
            self.ring = self.ring.granted(gift, peer)
            self._report(f"a part of the range is given to {peer}")
            self.weaver.broadcast()  # a third peer knew of a gift within 1.1 s (recorded)
        else:
            self.weaver.log(f"no space to give to {peer}")
        self.weaver.unicast(peer, self.news().text, _told(self.news()))

    def take_over(self, peer: str) -> int:
        """Take the ranges of a peer (``weave rmpeer``); return how many addresses those are."""
        before = sum(map(self.space.count, self.own()))
        self.ring = self.ring.transferred(peer, self.weaver.node)
        self._report(f"the ranges of {peer} are taken over")
        self.weaver.broadcast()
        self._try()
        return sum(map(self.space.count, self.own())) - before


def _told(news: IpamNews) -> Callable[[Weaver], str]:
    """Return what a message with a ring does where it arrives."""
    return lambda weaver: weaver.allocator.hear(None, news)
