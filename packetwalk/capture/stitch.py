"""A recording as traces: what was observed at each tap, and the table lines that explain what lies between.

A step is ``observed`` when a frame shows it and ``looked_up`` when a recorded table does.  What neither
shows (rules that let a packet pass, for one) is not in the trace.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from packetwalk import wire
from packetwalk.capture import identity
from packetwalk.capture.frames import Frame
from packetwalk.capture.identity import Stack
from packetwalk.capture.links import TUNNELS, Link, Linker, Seen, read
from packetwalk.capture.lookup import Tables
from packetwalk.capture.order import Cables, order
from packetwalk.capture.recording import Recording, Sent
from packetwalk.tables import Entry, LinkEntry
from packetwalk.trace import Flow, Step, Trace
from packetwalk.wire import Arp, Ethernet, Icmp, Ipv4, Tcp, Vxlan

SOURCE = "capture"
BROADCAST = "ff:ff:ff:ff:ff:ff"
IGMP = 2
TUNNELLED = (Vxlan,)  # what a device takes, not a program
PROTOS = {1: "icmp", 6: "tcp", 17: "udp"}


class Journey:
    """A trace while it is being made."""

    def __init__(self, name: str, packet: Stack, cause: tuple[int, int] | None) -> None:
        self.name, self.packet, self.cause = name, packet, cause
        self.steps: list[Step] = []
        self.end = "left"

    def trace(self) -> Trace:
        """Return it as it is now."""
        return Trace(SOURCE, self.name, flow_of(self.packet), self.end, self.cause, tuple(self.steps))


class At(NamedTuple):
    """Where a packet is: its journey, and its headers there."""

    journey: int
    stack: Stack


def stitch(recording: Recording, sent: Sent) -> tuple[Trace, ...]:
    """Return the traces of one packet and of all it caused; ValueError when no order of frames fits."""
    return Stitch(recording, sent).traces()


def flow_of(packet: Stack) -> Flow:
    """Return what a packet is."""
    if not packet:
        return Flow("", "", "encrypted")
    if isinstance(packet[0], Arp):
        return Flow(packet[0].spa, packet[0].tpa, "arp")
    src, sport, dst, dport = identity.ends(packet)
    return Flow(src, dst, PROTOS.get(packet[0].protocol, str(packet[0].protocol)), sport, dport)


class Stitch:
    """The work of ``stitch``: frame by frame, in the order of causes."""

    def __init__(self, recording: Recording, sent: Sent) -> None:
        ordered = order(recording, [frame for frame in sent.frames if _told(frame)])
        self.tables = {place.netns: Tables(place) for place in recording.places}
        self.cables = Cables(recording)
        self.seen: list[Seen] = read(ordered.frames)
        self.linker = linker = Linker(self.seen, ordered, self.tables)
        self.links, self.after = linker.links, linker.after
        self.journeys: list[Journey] = []
        self.at: dict[int, At] = {}  # where each frame's packet is
        self.held: dict[tuple, list[Stack]] = {}
        self.ended: list[tuple[int, str]] = []  # journeys that were delivered, and where
        self.count = 0
        for k in range(len(self.seen)):
            self._frame(k)
            if not self.after.get(k):
                self._end(k)

    def traces(self) -> tuple[Trace, ...]:
        """Return the traces, the request first."""
        return tuple(journey.trace() for journey in self.journeys)

    # --- one step ----------------------------------------------------------------------------

    def _step(
        self,
        where: int,
        netns: str,
        dev: str | None,
        event: str,
        after: Stack,
        note: tuple,
        entry: Entry | None = None,
        *,
        hook: str | None = None,
        looked_up: bool = False,
    ) -> None:
        journey, tables = self.journeys[where], self.tables[netns]
        before = journey.steps[-1].after if journey.steps else ()
        link = tables.links.get(dev or "")
        journey.steps.append(
            Step(
                self.count,
                tables.place.node,
                netns,
                dev,
                event,
                hook,
                before,
                after,
                entry,
                note,
                link.mtu if link else None,
                "looked_up" if looked_up else "observed",
            )
        )
        self.count += 1

    def _begin(self, name: str, packet: Stack, cause: tuple[int, int] | None) -> int:
        self.journeys.append(Journey(name, packet, cause))
        return len(self.journeys) - 1

    def _last(self, where: int) -> tuple[int, int]:
        return where, len(self.journeys[where].steps) - 1

    def _now(self, where: int) -> Stack:
        return self.journeys[where].steps[-1].after

    # --- one frame ---------------------------------------------------------------------------

    def _frame(self, k: int) -> None:
        link, seen = self.links[k], self.seen[k]
        where = self._origin(k) if link.before is None else self._follow(k, link)
        frame = seen.frame
        if seen.coming:
            self._step(
                where, frame.netns, frame.dev, "ingress", seen.stack, self._came(k, link), self._link(k)
            )
        else:
            self._step(where, frame.netns, frame.dev, "egress", seen.stack, self._goes(k), self._link(k))
        self.at[k] = At(where, seen.stack)

    def _link(self, k: int) -> Entry | None:
        frame = self.seen[k].frame
        return self.tables[frame.netns].links.get(frame.dev)

    def _came(self, k: int, link: Link) -> tuple:
        frame = self.seen[k].frame
        kind = self.tables[frame.netns].kind(frame.dev)
        if link.how == "cable" and link.before is not None:
            other = self.seen[link.before].frame
            pair = self.cables.pair((other.netns, other.dev), (frame.netns, frame.dev))
            return "crossing" if pair else "from-card", f"{other.dev} in {other.netns}"
        if kind == "bridge":
            return ("up",)
        return ("bring-up", frame.dev) if link.before is None else ("unwrapped", frame.dev)

    def _goes(self, k: int) -> tuple:
        frame = self.seen[k].frame
        kind = self.tables[frame.netns].kind(frame.dev)
        if kind == "bridge":
            return ("to-bridge",)
        if self.cables.has_end((frame.netns, frame.dev)):
            for follower in self.after.get(k, ()):
                other = self.seen[follower].frame
                if self.cables.pair((frame.netns, frame.dev), (other.netns, other.dev)):
                    return "to-peer", frame.dev, other.dev, other.netns
            return ("to-wire",)
        return "to-tunnel", frame.dev

    # --- a packet that nobody saw before -----------------------------------------------------

    def _origin(self, k: int) -> int:
        seen = self.seen[k]
        netns, packet = seen.frame.netns, seen.packet
        whole = self.linker.whole(k)
        name, cause = self._name(k, whole or packet)
        where = self._begin(name, whole or packet, cause)
        if seen.coming:
            return where
        ip = (whole or self._bare(seen.stack)) if not isinstance(seen.stack[0], Arp) else seen.stack
        if packet and isinstance(packet[0], Arp):
            self._step(
                where, netns, seen.frame.dev, "originate", seen.stack, _asks(packet[0], seen.frame.dev)
            )
            return where
        self._step(where, netns, None, "originate", ip, _made(whole or packet, name))
        if not isinstance(seen.stack[0], Ethernet) or self._by_route(netns, seen):
            self._route(where, netns, seen.frame.dev, ip)
        if whole:
            mtu = self.tables[netns].links[seen.frame.dev].mtu
            note = "fragment", wire.size(whole), mtu, len(self.linker.parts(k))
            self._step(where, netns, seen.frame.dev, "fragment", self._bare(seen.stack), note)
        self._address(where, netns, seen)
        return where

    def _by_route(self, netns: str, seen: Seen) -> bool:
        """Whether the way of a new packet is one that a route names; a program may send frames by any device."""
        ip = next(header for header in seen.stack if isinstance(header, Ipv4))
        route = self.tables[netns].route(ip.dst, seen.frame.dev)
        return route is not None and route.dev == seen.frame.dev

    def _name(self, k: int, packet: Stack) -> tuple[str, tuple[int, int] | None]:
        """Return what a new packet is, and the step that made it."""
        seen = self.seen[k]
        if not packet:
            return "request", None
        if isinstance(packet[0], Arp):
            return "arp", self._arp_cause(k, packet[0])
        parts = self.linker.parts(k)
        if parts and parts[0] != k and parts[0] in self.at:
            first = self.at[parts[0]].journey
            made = [n for n, step in enumerate(self.journeys[first].steps) if step.event == "fragment"]
            return "fragment", (first, max(0, made[-1] - 1) if made else 0)
        for where, netns in reversed(self.ended):
            if netns == seen.frame.netns and identity.answers(packet, self._goal(where)):
                return self._reply(packet), self._last(where)
        if isinstance(packet[1], Icmp) and packet[1].type in identity.ERRORS:
            quoted = identity.content_of(packet)[8:]
            for where in range(len(self.journeys) - 1, -1, -1):
                last = identity.inner(self._now(where))
                if last and isinstance(last[0], Ipv4) and wire.encode(last)[2:6] == quoted[2:6]:
                    return "error", self._last(where)
            return "error", None
        return "request", None

    def _reply(self, packet: Stack) -> str:
        tcp = next((header for header in packet if isinstance(header, Tcp)), None)
        if tcp is None:
            return "reply"
        open_already = any(journey.name == "ack" for journey in self.journeys)
        if set(tcp.flags) & set("RF"):
            return "close" if open_already else "reset"
        if open_already:
            return "data"
        return "reply" if "S" in tcp.flags else "ack"

    def _goal(self, where: int) -> Stack:
        """Return the packet of a journey as it arrived."""
        arrived = [s.after for s in self.journeys[where].steps if s.event in ("deliver", "reassemble")]
        return identity.inner(arrived[-1]) if arrived else ()

    def _arp_cause(self, k: int, arp: Arp) -> tuple[int, int] | None:
        frame = self.seen[k].frame
        if arp.op == 2:
            asked = [
                w for w, n in self.ended if n == frame.netns and self.journeys[w].name in ("arp", "copy")
            ]
            return self._last(asked[-1]) if asked else None
        for later in range(k + 1, len(self.seen)):
            other, link = self.seen[later], self.links[later]
            waits = other.packet and isinstance(other.packet[0], Ipv4)
            if (
                waits
                and other.frame.netns == frame.netns
                and other.frame.dev == frame.dev
                and not other.coming
            ):
                return self._last(self.at[link.before].journey) if link.before in self.at else None
        return None

    # --- the same packet, further on ---------------------------------------------------------

    def _follow(self, k: int, link: Link) -> int:
        assert link.before is not None
        seen, then = self.seen[k], self.seen[link.before]
        where = self.at[link.before].journey
        if link.how == "cable":
            shared = [n for n in self.after[link.before] if n < k]
            return self._copy(where, seen) if shared else where
        if link.how == "copy":
            return self._copy(where, seen)
        netns, tables = seen.frame.netns, self.tables[seen.frame.netns]
        if link.how in ("cut", "recut") and any(n < k for n in self.after[link.before]):
            return self._fragment(k, link.before)
        if link.how == "recut":
            self._gather(where, k, link.before)
        if link.how == "whole":
            whole = self.linker.whole(link.before) or seen.packet
            note = ("reassembled", wire.size(whole))
            self._step(where, netns, then.frame.dev, "reassemble", self._within(then, whole), note)
        bridge = self._bridged(then, seen)
        if bridge:
            self._rewrite(where, netns, bridge, then, seen, "PREROUTING", keep=True)
            note, entry = self._switched(bridge, then, seen, k)
            self._step(
                where, netns, bridge, "fdb", self._now(where), note, entry, looked_up=entry is not None
            )
            return where
        cut = link.how in ("cut", "recut")
        goal = self.linker.whole(k) if cut else seen.stack
        inside, now = identity.wrapped(self._now(where)), identity.wrapped(goal)
        if seen.coming or (then.coming and inside and not now):
            self._unwrap(where, then, seen, hidden=link.how == "hidden")
        elif (then.coming and now and not inside) or (
            tables.kind(then.frame.dev) != "bridge" and not then.coming
        ):
            self._wrap(where, then, k, cut=cut, hidden=link.how == "hidden")
        else:
            self._forward(where, then, seen, cut=cut, k=k)
        return where

    def _gather(self, where: int, k: int, last: int) -> None:
        """Say that fragments were put together, although no tap saw the whole packet."""
        frame = self.seen[last].frame
        whole = self.linker.whole(last)
        if whole:
            stack = self._within(self.seen[last], whole)
            self._step(where, frame.netns, frame.dev, "reassemble", stack, ("reassembled", wire.size(whole)))

    @staticmethod
    def _within(seen: Seen, packet: Stack) -> Stack:
        """Return a packet behind the Ethernet header of a frame, if that has one."""
        return (seen.stack[0], *packet) if isinstance(seen.stack[0], Ethernet) else packet

    def _copy(self, where: int, seen: Seen) -> int:
        copy = self._begin("copy", seen.packet, self._last_at(where, "fdb", "egress"))
        return copy

    def _last_at(self, where: int, *events: str) -> tuple[int, int]:
        steps = self.journeys[where].steps
        fits = [n for n, step in enumerate(steps) if step.event in events]
        return where, fits[-1] if fits else len(steps) - 1

    def _fragment(self, k: int, before: int) -> int:
        """Begin the journey of a second or later fragment."""
        seen = self.seen[k]
        first = self.at[min(self.after[before])].journey
        made = [n for n, step in enumerate(self.journeys[first].steps) if step.event == "fragment"]
        where = self._begin("fragment", seen.packet, (first, max(0, made[-1] - 1) if made else 0))
        self._step(where, seen.frame.netns, seen.frame.dev, "fragment", self._bare(seen.stack), self._cut(k))
        self._address(where, seen.frame.netns, seen)
        return where

    def _cut(self, k: int) -> tuple:
        frame = self.seen[k].frame
        parts = self.linker.parts(k)
        whole = sum(len(identity.content_of(self.seen[n].packet)) for n in parts) + 20
        return "fragment", whole, self.tables[frame.netns].links[frame.dev].mtu, len(parts)

    # --- what lies between two taps of a namespace -------------------------------------------

    def _bridged(self, then: Seen, seen: Seen) -> str | None:
        """Return the bridge that took the frame from one tap to the other, or None."""
        tables = self.tables[seen.frame.netns]
        one, other = (
            each.frame.dev if tables.kind(each.frame.dev) == "bridge" else tables.master(each.frame.dev)
            for each in (then, seen)
        )
        same = one is not None and one == other
        return one if same and (then.coming or tables.kind(then.frame.dev) == "bridge") else None

    def _switched(self, bridge: str, then: Seen, seen: Seen, k: int) -> tuple[tuple, Entry | None]:
        """Return note and entry of a bridge's decision."""
        tables, mac = self.tables[seen.frame.netns], seen.stack[0].dst
        entry = tables.owner(mac, bridge)
        ports = [self.seen[n].frame.dev for n in self.after[self.links[k].before or 0]]
        if mac == BROADCAST or len(ports) > 1:
            return ("bridge-flood", mac, ", ".join(ports)), None
        if tables.kind(seen.frame.dev) == "bridge":
            return ("bridge-up", mac), entry
        return ("bridge-port", mac, seen.frame.dev), entry

    def _rewrite(
        self, where: int, netns: str, dev: str | None, then: Seen, seen: Seen, hook: str, *, keep: bool
    ) -> None:
        """Say that an address was rewritten, if it was; ``keep`` is for a frame that is not routed here."""
        now = identity.inner(self._now(where))
        goal = seen.packet
        if not now or not goal or not isinstance(now[0], Ipv4) or not isinstance(goal[0], Ipv4):
            return
        src, sport, dst, dport = identity.ends(now)
        new_src, new_sport, new_dst, new_dport = identity.ends(goal)
        tables, after = self.tables[netns], self._now(where)
        back = any(j.name in ("request", "reply") and identity.answers(goal, j.packet) for j in self.journeys)
        if hook == "PREROUTING" and (dst, dport) != (new_dst, new_dport):
            after = _with(after, dst=new_dst, dport=new_dport)
            rule: Entry | None = tables.translation(flow_of(goal).proto, new_dst, new_dport)
            note = ("dnat", "table nat, PREROUTING", f"{new_dst}:{new_dport}" if new_dport else new_dst)
            if rule is None:
                rule, note = tables.connection(dst, new_dst), ("nat-known", dst, new_dst)
            self._step(where, netns, dev, "nat", after, note, rule, hook=hook, looked_up=rule is not None)
        if (hook == "POSTROUTING" or keep or back) and (src, sport) != (new_src, new_sport):
            after = _with(self._now(where), src=new_src, sport=new_sport)
            rule = tables.masquerade(src, new_dst)
            note = ("snat", "table nat, POSTROUTING", new_src)
            if rule is None or new_src not in tables.local:
                rule, note = tables.connection(src, new_src), ("nat-known", src, new_src)
            self._step(where, netns, dev, "nat", after, note, rule, hook=hook, looked_up=rule is not None)

    def _forward(self, where: int, then: Seen, seen: Seen, *, cut: bool, k: int) -> None:
        netns, dev = seen.frame.netns, seen.frame.dev
        self._rewrite(where, netns, then.frame.dev, then, seen, "PREROUTING", keep=False)
        if then.coming:
            self._route(where, netns, dev, self._now(where))
            now, goal = identity.inner(self._now(where)), seen.packet
            if now and goal and isinstance(now[0], Ipv4) and now[0].ttl != goal[0].ttl:
                after = _with(self._now(where), ttl=goal[0].ttl)
                entry = self.tables[netns].forwarding_on
                self._step(where, netns, None, "forward", after, ("forward", now[0].ttl, goal[0].ttl), entry)
        self._rewrite(where, netns, dev, then, seen, "POSTROUTING", keep=False)
        if cut:
            self._step(where, netns, dev, "fragment", _keep(self._now(where), seen.stack), self._cut(k))
        self._address(where, netns, seen)

    def _route(self, where: int, netns: str, dev: str, stack: Stack) -> None:
        ips = [header for header in stack if isinstance(header, Ipv4)]
        if not ips:
            return
        dst = ips[0].dst if identity.wrapped(stack) else ips[-1].dst
        route = self.tables[netns].route(dst, dev)
        if route is None:
            return
        if route.gateway:
            note: tuple = ("gateway", dst, route.dst, route.gateway, route.dev)
        elif route.dst == dst:
            note = ("host-route", dst, route.dev)
        else:
            note = ("onlink", dst, route.dst, route.dev)
        if route.type == "local":
            note = ("local", dst)
        elif len(ips) > 1 or not identity.inner(stack):
            note = ("outer-route", dst)
        self._step(where, netns, None, "route", stack, note, route, looked_up=True)

    def _address(self, where: int, netns: str, seen: Seen) -> None:
        """Say which neighbour the frame is addressed to."""
        if seen.frame.bare or not isinstance(seen.stack[0], Ethernet):
            return
        tables, mac = self.tables[netns], seen.stack[0].dst
        outer = next((header for header in seen.stack if isinstance(header, Ipv4)), None)
        if outer is None:
            return
        route = tables.route(outer.dst, seen.frame.dev)
        hop = (route.gateway if route else None) or outer.dst
        entry = tables.neighbour(hop, seen.frame.dev)
        known = entry if entry and entry.lladdr == mac else None
        note: tuple = ("neigh", hop, mac)
        if known and known.state == "PERMANENT":
            note = ("neigh-permanent", hop, mac, "a program")
        self._step(
            where, netns, seen.frame.dev, "neigh", seen.stack, note, known, looked_up=known is not None
        )

    def _wrap(self, where: int, then: Seen, k: int, *, cut: bool, hidden: bool) -> None:
        """Say what a tunnel did with the packet that was handed to it."""
        seen, netns, dev = self.seen[k], then.frame.netns, then.frame.dev
        tables = self.tables[netns]
        link = tables.links[dev]
        if link.kind == "vxlan" and isinstance(then.stack[0], Ethernet):
            entry = tables.owner(then.stack[0].dst, dev)
            if entry:
                note: tuple = ("vtep", entry.mac, entry.dst)
                self._step(where, netns, dev, "fdb", then.stack, note, entry, looked_up=True)
        part = self._bare(seen.stack)
        outside = self.linker.whole(k) if cut else part
        more = wire.size(outside) - wire.size(then.stack)
        note = ("wrapped-unread" if hidden else "wrapped-by", _wrapper(link), more)
        self._step(where, netns, dev, "encap", outside, note, link)
        self._route(where, netns, seen.frame.dev, outside)
        if cut:
            self._step(where, netns, seen.frame.dev, "fragment", part, self._cut(k))
        self._address(where, netns, seen)

    def _unwrap(self, where: int, then: Seen, seen: Seen, *, hidden: bool) -> None:
        netns, dev = seen.frame.netns, seen.frame.dev
        outer = next((header for header in then.stack if isinstance(header, Ipv4)), None)
        if outer is not None:
            self._route(where, netns, then.frame.dev, self._now(where))
        less = wire.size(then.stack) - wire.size(seen.stack)
        link = self.tables[netns].links[dev]
        note = ("unwrapped-unread" if hidden else "unwrapped-by", _wrapper(link), less)
        self._step(where, netns, dev, "decap", seen.stack, note, link)

    # --- the end -----------------------------------------------------------------------------

    def _end(self, k: int) -> None:
        """Say what became of a packet that no tap saw again."""
        seen, where = self.seen[k], self.at[k].journey
        netns, dev = seen.frame.netns, seen.frame.dev
        tables, journey, packet = self.tables[netns], self.journeys[where], seen.packet
        if packet and isinstance(packet[0], Arp):
            return self._end_arp(where, seen)
        if not seen.coming:
            known = (netns, dev)
            if self.cables.has_end(known) and not self._recorded_end(k):
                return None  # it leaves what was recorded
            note = ("lost-behind", dev)
            return self._stop(where, netns, dev, note, "dropped")
        if self.linker.held(k):
            self._step(where, netns, dev, "reassemble", seen.stack, ("held",))
            journey.end = "delivered"
            return None
        local = bool(packet) and isinstance(packet[0], Ipv4) and packet[0].dst in tables.local
        if not local or any(isinstance(header, TUNNELLED) for header in packet[1:]):
            return self._vanished(k)
        if isinstance(packet[0], Ipv4) and packet[0].fragment:
            return self._hold(where, seen)
        self._route(where, netns, dev, seen.stack)
        self._step(where, netns, dev, "deliver", seen.stack, _arrived(packet))
        journey.end = "delivered"
        self.ended.append((where, netns))
        return None

    def _recorded_end(self, k: int) -> bool:
        """Whether the frame can only have gone to devices whose taps were recorded."""
        frame = self.seen[k].frame
        here = frame.netns, frame.dev
        return any(self.cables.pair(here, end) for end in self.cables.kinds if end[0] in self.tables)

    def _stop(self, where: int, netns: str, dev: str | None, note: tuple, end: str, entry=None) -> None:
        journey = self.journeys[where]
        before = self._now(where)
        self._step(where, netns, dev, "drop", (), note, entry, looked_up=entry is not None)
        journey.steps[-1] = journey.steps[-1]._replace(before=before)
        journey.end = end

    def _vanished(self, k: int) -> None:
        seen, where = self.seen[k], self.at[k].journey
        netns, dev = seen.frame.netns, seen.frame.dev
        tables, stack = self.tables[netns], seen.stack
        own = tables.links[dev].address
        if isinstance(stack[0], Ethernet) and stack[0].dst not in (own, BROADCAST):
            return self._stop(where, netns, dev, ("other-mac", stack[0].dst, own), "dropped")
        outer = next((header for header in stack if isinstance(header, Ipv4)), None)
        if outer is not None and outer.dst not in tables.local:
            route = tables.route(outer.dst)
            if route is None:
                return self._stop(where, netns, None, ("no-route", outer.dst), "no_route")
            if route.type == "blackhole":
                note = ("blackhole", outer.dst, route.dst)
                return self._stop(where, netns, None, note, "no_route", route)
            self._route(where, netns, route.dev, stack)
            if outer.ttl <= 1:
                return self._stop(where, netns, None, ("ttl",), "ttl_expired")
            mtu = tables.links[route.dev].mtu if route.dev in tables.links else 0
            size = wire.size(stack[1:] if isinstance(stack[0], Ethernet) else stack)
            if size > mtu > 0 and outer.df:
                return self._stop(where, netns, route.dev, ("too-big", size, mtu), "too_big")
            hop = tables.neighbour(route.gateway or outer.dst, route.dev)
            if hop is not None and hop.lladdr is None:
                note = ("neigh-failed", hop.dst, route.dev)
                return self._stop(where, netns, route.dev, note, "neighbor_unreachable", hop)
        elif outer is not None:
            self._route(where, netns, dev, stack)
        return self._stop(where, netns, dev, ("vanished", netns), "dropped")

    def _end_arp(self, where: int, seen: Seen) -> None:
        netns, dev, arp = seen.frame.netns, seen.frame.dev, seen.packet[0]
        journey, tables = self.journeys[where], self.tables[netns]
        if not seen.coming:
            return
        if arp.op == 2:
            entry = tables.neighbour(arp.spa, dev)
            known = entry if entry and entry.lladdr == arp.sha else None
            self._step(where, netns, dev, "deliver", seen.stack, ("arp-learnt", arp.spa, arp.sha), known)
        elif arp.tpa in tables.local or self._answered(netns, arp):
            self._step(where, netns, dev, "deliver", seen.stack, ("arp-reply", arp.tpa, dev))
        else:
            return self._stop(where, netns, dev, ("not-mine", arp.tpa), "dropped")
        journey.end = "delivered"
        self.ended.append((where, netns))

    def _answered(self, netns: str, arp: Arp) -> bool:
        """Whether this namespace answered a question, for itself or as a proxy."""
        return any(
            each.frame.netns == netns
            and not each.coming
            and each.packet
            and isinstance(each.packet[0], Arp)
            and each.packet[0].op == 2
            and each.packet[0].spa == arp.tpa
            for each in self.seen
        )

    def _hold(self, where: int, seen: Seen) -> None:
        """Keep a fragment; deliver the packet when it is whole."""
        netns, dev, head = seen.frame.netns, seen.frame.dev, seen.packet[0]
        parts = self.held.setdefault((netns, head.id, head.src, head.dst), [])
        parts.append(seen.packet)
        whole = identity.gathered(parts)
        self._route(where, netns, dev, seen.stack)
        self.journeys[where].end = "delivered"
        if not whole:
            self._step(where, netns, dev, "reassemble", seen.stack, ("held",))
            return
        stack = (*(seen.stack[:1] if isinstance(seen.stack[0], Ethernet) else ()), *whole)
        self._step(where, netns, dev, "reassemble", stack, ("reassembled", wire.size(whole)))
        self._step(where, netns, dev, "deliver", stack, _arrived(whole))
        self.ended.append((where, netns))

    @staticmethod
    def _bare(stack: Stack) -> Stack:
        """Return a packet without the Ethernet header it wears outside."""
        return stack[1:] if isinstance(stack[0], Ethernet) else stack


def _wrapper(link: LinkEntry) -> str:
    """Return what wraps and unwraps at a device: the device itself, or a program that reads it."""
    return link.ifname if link.kind in TUNNELS else f"A program that reads {link.ifname}"


def _keep(now: Stack, part: Stack) -> Stack:
    """Return a fragment behind the Ethernet header the packet still wears."""
    return (*now[:1], *part[1:]) if isinstance(now[0], Ethernet) and isinstance(part[0], Ethernet) else part


def _with(stack: Stack, **changes: Any) -> Stack:
    """Return a stack whose innermost packet has other addresses, ports or TTL."""
    last = max(k for k, header in enumerate(stack) if isinstance(header, Ipv4))
    out = list(stack)
    for k in range(last, len(out)):
        fields = {name: value for name, value in changes.items() if name in getattr(out[k], "_fields", ())}
        if k == last or fields.keys() <= {"sport", "dport"}:
            out[k] = out[k]._replace(**fields) if fields else out[k]
    return tuple(out)


def _made(packet: Stack, name: str) -> tuple:
    """Return the note of a packet that its namespace made."""
    if not packet:
        return ("seen-first",)
    head = packet[1] if len(packet) > 1 else None
    size = wire.size(packet[2:])
    if isinstance(head, Icmp):
        if head.type == 8:
            return "ping", size
        return ("echo-reply",) if head.type == 0 else ("seen-first",)
    if isinstance(head, Tcp):
        if "S" in head.flags:
            return ("syn-ack", head.sport) if "A" in head.flags else ("syn",)
        return ("ack",) if name == "ack" else ("seen-first",)
    return ("udp", size) if name == "request" else ("datagram-reply",)


def _asks(arp: Arp, dev: str) -> tuple:
    return ("arp-request", arp.tpa) if arp.op == 1 else ("arp-reply", arp.spa, dev)


def _arrived(packet: Stack) -> tuple:
    """Return the note of a packet that has arrived."""
    ip, head = packet[0], packet[1] if len(packet) > 1 else None
    if isinstance(head, Icmp):
        if head.type == 8:
            return ("delivered-echo",)
        if head.type == 0:
            return "delivered-reply", wire.size(packet[1:]), ip.src, ip.ttl
        return ("delivered-error", f"ICMP type {head.type}, code {head.code}")
    if isinstance(head, Tcp):
        if "S" in head.flags:
            return ("delivered-syn-ack",) if "A" in head.flags else ("delivered-syn", head.dport)
        return ("delivered-rst",) if "R" in head.flags else ("delivered-ack",)
    return (
        ("delivered-data", head.dport)
        if head is not None and hasattr(head, "dport")
        else ("delivered-unknown",)
    )


def _told(frame: Frame) -> bool:
    """Whether a frame is of the kind that is told of: ARP and IPv4, but for IGMP, which nobody asked for."""
    first = next((h for h in frame.stack if isinstance(h, (Ipv4, Arp))), None)
    return first is not None and not (isinstance(first, Ipv4) and first.protocol == IGMP)
