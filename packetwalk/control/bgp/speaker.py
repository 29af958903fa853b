"""BIRD on one node: its sessions, the best path to each prefix, and the routes that it keeps in the kernel."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from ipaddress import IPv4Network
from typing import ClassVar, NamedTuple

from packetwalk.control.bgp import timers
from packetwalk.control.bgp.messages import PREFERENCE, SHUTDOWN, Path
from packetwalk.control.bgp.session import BgpPeer, Key, Session
from packetwalk.control.timeline import COMPUTED, RECORDED, Lane, Line
from packetwalk.control.world import World
from packetwalk.tables import RouteEntry

PROGRAM = "BIRD"
TUNNELS = ("tunl0", "vxlan.calico", "wireguard.cali")
METRIC = 1024  # of routes: the export filter makes a local preference of it, the kernel filter a metric again


class SpeakerNode(NamedTuple):
    """What BIRD is told of its node: ``routes`` are what it writes of a prefix, by the node whose it is."""

    node: str
    address: str
    blocks: tuple[str, ...]
    routes: Mapping[tuple[str, str], RouteEntry]


class Speaker:
    """A BIRD; ``fleet`` are all of the cluster, by node, this one among them."""

    recorded: ClassVar[bool] = True  # whether recordings have one like it

    def __init__(self, world: World, machine: SpeakerNode, fleet: Mapping[str, Speaker]) -> None:
        self.world, self.machine, self._fleet = world, machine, fleet
        self.node, self.address = machine.node, machine.address
        self.lane = Lane(self.node, PROGRAM)
        self.alive, self.recovering, self.reflects, self.programs = False, False, False, True
        self.sessions: dict[str, Session] = {}
        self._peers: dict[str, BgpPeer] = {}
        self._services: tuple[str, ...] = ()
        self._locks: set[str] = set()
        self._tellers: dict[str, set[Session]] = {}  # who has told of a prefix, perhaps not of late
        self._learnt: dict[str, Path] = {}  # routes of others in the kernel (learn)
        self._written: dict[str, RouteEntry] = {}
        self._refused: set[str] = set()  # prefixes of which the kernel has another's route
        self._life = 0
        self._born = world.now  # its looks at the kernel are counted from its start

    # --- what is done to it ---------------------------------------------------------------------

    def configure(
        self,
        peers: Mapping[str, BgpPeer],
        *,
        reflects: bool = False,
        programs: bool = True,
        services: tuple[str, ...] = (),
    ) -> None:
        """Take in the configuration that confd writes; sessions that it no longer has are left.

        ``services`` are ranges, and addresses within them, that are told to everybody and that the kernel filter rejects (bird_aggr.cfg,
        bird_ipam.cfg: "Don't program static routes into kernel").
        """
        self._peers, self.reflects, self.programs = dict(peers), reflects, programs
        before, self._services = self._services, services
        if not self.alive:
            return
        for node, session in list(self.sessions.items()):
            if peers.get(node) != session.peer:
                del self.sessions[node]
                session.remove()
                self._unlock(node)
                self._drop(session.paths, "the session was taken out of its configuration")
        self._begin()
        for prefix in self._known():
            self.changed(prefix, "BIRD was configured anew")
        for session in self.sessions.values() if services != before else ():
            session.tell()

    def start(self, *, restarting: bool = True) -> None:
        """Start, with ``-R`` as calico/node does unless told not to: nothing is written before all peers have come."""
        self.alive, self.recovering, self._born = True, restarting, self.world.now
        self._life += 1
        self._look_at_kernel()
        self.world.state(self.lane, "started with -R" if restarting else "started")
        self._locks = set(self._peers) if restarting else set()
        self._begin()
        if not restarting:
            self._keep_all("BIRD has started")
            return
        life = self._life
        self.world.after(timers.RECOVERY, lambda: self._recovered() if self._life == life else None)
        if not self._locks:
            self._recovered()

    def _look_at_kernel(self) -> None:
        """Take in the routes that are there: its own of an earlier life, and those of others that have no metric."""
        self._written, self._refused = {}, set()
        for entry, by in self.world.tables[self.node].items():
            if not isinstance(entry, RouteEntry):
                continue
            if by == PROGRAM:
                self._written[entry.dst] = entry
            elif is_learnt(entry):
                hop = entry.gateway or self.address
                self._learnt[entry.dst] = Path(entry.dst, self.node, hop, PREFERENCE)

    def stop(self) -> None:
        """End by SIGTERM: every peer is told. What is in the kernel stays (``persist``)."""
        for session in self._all_gone():
            session.remove(SHUTDOWN)
        self.world.state(self.lane, "ended")

    def kill(self) -> None:
        """End by SIGKILL: nobody is told more than that the connection is closed."""
        for session in self._all_gone():
            session.vanish()
        self.world.state(self.lane, "killed")

    def _all_gone(self) -> list[Session]:
        gone = list(self.sessions.values()) if self.alive else []
        self.alive, self.recovering, self.sessions = False, False, {}
        self._learnt.clear()
        self._tellers.clear()
        self._life += 1
        return gone

    def own(self, block: str) -> None:
        """confd has heard that the node has a block: it is told, and what no pod has goes nowhere."""
        self.machine = self.machine._replace(blocks=(*self.machine.blocks, block))
        self._told(block)

    def disown(self, block: str) -> None:
        """The node has a block no longer."""
        self.machine = self.machine._replace(
            blocks=tuple(each for each in self.machine.blocks if each != block)
        )
        self._told(block)

    def _told(self, block: str) -> None:
        self._keep(block, "confd has heard whose block it is")
        for session in self.sessions.values():
            session.tell()

    def learn(self, prefix: str, next_hop: str | None, *, there: bool, metric: int = 0) -> None:
        """The kernel has another's route, or no longer: everybody is told; None is a next hop here."""
        gone = self._learnt.pop(prefix, None)
        if there:
            self._learnt[prefix] = Path(prefix, self.node, next_hop or self.address, PREFERENCE - metric)
        for session in self.sessions.values():
            session.tell()
            if gone is not None and not there:
                session.withdraw(gone)

    def look(self) -> None:
        """Look at the kernel's routes when the time for it comes, and write what is missing."""
        left = timers.SCAN - (self.world.now - self._born) % timers.SCAN
        life = self._life
        self.world.after(left, lambda: self._scan() if self._life == life else None)

    def _scan(self) -> None:
        for prefix, entry in list(self._written.items()):
            if entry not in self.world.tables[self.node]:
                del self._written[prefix]
                self.changed(prefix, "BIRD looks every 2 s what is missing")
        for prefix in sorted(self._refused):
            self.changed(prefix, "BIRD looks every 2 s what is missing")

    # --- what sessions ask and tell ---------------------------------------------------------------

    def lane_of(self, node: str) -> Lane:
        """Return where the BIRD of another node speaks."""
        return self._fleet[node].lane

    def address_of(self, node: str) -> str:
        """Return the address of another node."""
        return self._fleet[node].address

    def end_of(self, node: str) -> Session | None:
        """Return the other node's end of the session with this one, if it has one now."""
        return self._fleet[node].sessions.get(self.node)

    def evidence(self, node: str, path: Path | None) -> str:
        """Say whether recordings have what is said to a node, of a path if it is about one."""
        known = self.recorded and self._fleet[node].recorded
        return RECORDED if known and not (path and self.serves(path.prefix)) else COMPUTED

    def serves(self, prefix: str) -> bool:
        """Say whether a prefix is of Services' addresses that BIRD is told of."""
        return any(IPv4Network(prefix).subnet_of(IPv4Network(each)) for each in self._services)

    def runs(self, node: str) -> bool:
        """Say whether the BIRD of a node runs."""
        return self._fleet[node].alive

    def has(self, session: Session) -> bool:
        """Say whether a session is one of now."""
        return self.sessions.get(session.peer.node) is session

    def met(self, session: Session) -> None:
        """A session is established; who recovers tells a peer nothing yet that did not just start itself."""
        if self.recovering and session.restarting:
            self.unlock(session)
        elif self.recovering:
            session.waiting = True
        if not session.waiting:
            session.feed()

    def unlock(self, session: Session) -> None:
        """A peer has told all it knows."""
        self._unlock(session.peer.node)

    def _unlock(self, node: str) -> None:
        self._locks.discard(node)
        if self.recovering and not self._locks:
            self._recovered()

    def exports(self, session: Session) -> dict[Key, Path]:
        """Return what a peer is to know: the own blocks, others' routes in the kernel; of a reflector what it learnt.

        What would come to the peer by itself is not told.
        """
        preference = PREFERENCE - METRIC
        told = (*self.machine.blocks, *self._services)
        own = [Path(each, self.node, self.address, preference) for each in told]
        theirs = self.address_of(session.peer.node)
        out = {each.key: each for each in (*own, *self._learnt.values()) if each.next_hop != theirs}
        if self.reflects:
            for other in self.sessions.values():
                if other is not session:
                    for key, path in other.paths.items():
                        out.setdefault(key, path._replace(reflected=True))
        return out

    def told_by(self, session: Session, prefix: str) -> None:
        """Note that a peer has told of a prefix."""
        self._tellers.setdefault(prefix, set()).add(session)

    def forget(self, session: Session, keys: list[Key], why: str) -> None:
        """Drop what a peer told."""
        gone = {key: session.paths.pop(key) for key in keys if key in session.paths}
        session.stale -= gone.keys()
        if self.has(session):
            self._drop(gone, why)

    def _drop(self, keys: Iterable[Key], why: str) -> None:
        for prefix in dict.fromkeys(prefix for prefix, _ in keys):
            self.changed(prefix, why)

    def changed(self, prefix: str, why: str) -> None:
        """Something new is known of a prefix: keep the kernel's route, and the peers, in step."""
        self._keep(prefix, why)
        for session in self.sessions.values() if self.reflects else ():
            session.tell()

    # --- the kernel's routes ----------------------------------------------------------------------------

    def _begin(self) -> None:
        for node, peer in self._peers.items():
            if node not in self.sessions:
                session = self.sessions[node] = Session(self, peer)
                session.up()

    def _recovered(self) -> None:
        if not self.recovering:
            return
        self.recovering, self._locks = False, set()
        self.world.state(self.lane, "recovery is over")
        self._keep_all("BIRD has waited for its peers")
        for session in list(self.sessions.values()):
            if session.waiting:
                session.feed()

    def _keep_all(self, why: str) -> None:
        for prefix in self._known():
            self._keep(prefix, why)

    def _known(self) -> list[str]:
        learnt = (prefix for session in self.sessions.values() for prefix, _ in session.paths)
        return list(dict.fromkeys([*self.machine.blocks, *learnt, *self._written]))

    def _best(self, prefix: str) -> Path | None:
        tellers = self._tellers.get(prefix, ())
        every = (each.paths.values() for each in self.sessions.values() if each in tellers)
        paths = [path for told in every for path in told if path.prefix == prefix]
        return min(paths, key=lambda path: (-path.preference, path.reflected), default=None)

    def _route(self, prefix: str) -> RouteEntry | None:
        if not self.programs or self.serves(prefix):
            return None
        if prefix in self.machine.blocks:
            return RouteEntry(prefix, type="blackhole", protocol="bird")
        path = self._best(prefix)
        if path is None:
            return None
        planned = self.machine.routes.get((path.origin, prefix))
        route = planned or RouteEntry(prefix, "eth0", path.next_hop, protocol="bird")
        return route._replace(metric=PREFERENCE - path.preference)

    def _keep(self, prefix: str, why: str) -> None:
        if self.recovering or not self.alive:
            return
        wanted, there = self._route(prefix), self._written.get(prefix)
        if wanted == there:
            return
        if there is not None:
            del self._written[prefix]
            self.world.take(self.node, PROGRAM, there, why)
        if wanted is not None and rival(self.world.tables[self.node], wanted):
            if prefix not in self._refused:
                self.world.state(self.lane, f"Netlink: File exists ({prefix})")
            self._refused.add(prefix)
        elif wanted is not None:
            self._refused.discard(prefix)
            self._written[prefix] = wanted
            self.world.write(self.node, PROGRAM, wanted, why)


def rival(lines: Iterable[Line], wanted: RouteEntry) -> RouteEntry | None:
    """Return another route of the same prefix and metric: the kernel has room for one of them."""
    dst, metric, table = wanted.dst, wanted.metric, wanted.table
    for each in lines:
        if not isinstance(each, RouteEntry) or each.dst != dst or each == wanted:
            continue
        if each.metric == metric and each.table == table:
            return each
    return None


def is_learnt(entry: RouteEntry) -> bool:
    """Say whether BIRD takes another's route in and tells of it: one of the main table, without a metric, by no tunnel."""
    return entry.table == "main" and not entry.metric and entry.dev not in TUNNELS
