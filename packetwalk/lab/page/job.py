"""A job for the guest in the page: a cluster, or the part of it that a packet sees, and the packets to send in it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from packetwalk.capture.recording import COMMANDS, Probe
from packetwalk.lab.kernel import keys, laying
from packetwalk.lab.kernel.inventory import operations
from packetwalk.lab.kernel.laying import WIRE
from packetwalk.lab.page.paper import GuestOrder, Paper
from packetwalk.lab.proving import sending
from packetwalk.lab.proving.holding_back import HoldingBack
from packetwalk.plan.operation import Operation
from packetwalk.tables import LinkEntry, SocketEntry, WireguardPeer
from packetwalk.tables.sysctl import DEVICE, MACHINE
from packetwalk.trace.packet import Packet
from packetwalk.walks import warming
from packetwalk.walks.network import Network
from packetwalk.walks.paths import KnownPaths
from packetwalk.walks.scenario import scenario

QUIET, WARM_UP = 120, 150  # ms without a frame that end a collection; ms that a tap needs before it misses nothing
PATIENCE, SYN = 1200, 600  # ms for an answer, for a handshake: after a second, TCP asks again
GIVEN_UP = 3.5  # seconds in which a neighbour is given up, where somebody may have changed the cluster
NODE_TOOLS = ("iptables", "bridge", "nft")
NEVER = "socket.txt"  # no `ss` in the guest, and nothing compares it
WRITTEN_BY = {"iptables": "iptables-save", "nft": "nft", "wg": "wg"}
"""Programs that write a table, and what lists it: slow to start, and not asked where nobody wrote."""
BATCH = ("ip", "bridge")  # programs that list several things at once, and wait for what


class Ask(NamedTuple):
    """A packet of a scenario."""

    scenario: str
    packet: Packet


class ExpectedFrames(NamedTuple):
    """Where in an answer something stands: a packet's error and frames."""

    probe: Probe
    said: int
    frames: int


class Printed(NamedTuple):
    """Where what a namespace's tools print stands: several files at once, or one."""

    netns: str
    files: tuple[str, ...]
    at: int


class Job(NamedTuple):
    """Orders, and where in their answer everything stands."""

    network: Network
    orders: tuple[GuestOrder, ...]
    sent: tuple[ExpectedFrames, ...]
    printed: tuple[Printed, ...]
    lost: int

    @property
    def namespaces(self) -> tuple[str, ...]:
        """Return the namespaces whose tables it asks for."""
        return tuple(dict.fromkeys(each.netns for each in self.printed))

    def encoded(self) -> bytes:
        """Return it as the agent reads it."""
        return b"".join(order.encoded() for order in self.orders)


def job(network: Network, asks: Sequence[Ask], *, whole: bool = False) -> Job:
    """Return the job that builds a cluster and sends packets in it: all of it, or what the packets see."""
    orders: list[GuestOrder] = [GuestOrder("clear")]
    packets = list(_packets(network, asks))
    wanted = None if whole else needed(network, packets)
    plan = _part(operations(network), wanted)
    first = _part(operations(network.before), wanted) if network.before else plan
    sites = _build(first, orders)
    taps = [name for name in sites if name != WIRE]
    orders += [GuestOrder("tap", name) for name in taps]
    orders.append(GuestOrder("sleep", words=(str(WARM_UP),)))
    sent = []
    for turn, asked in packets:
        if turn:
            _rewrite(plan, sites)
        sent.append(_send(asked, orders))
    return _told(network, orders, sent, plan, {name: sites[name] for name in taps})


def again(network: Network, ask: Ask, first: Job) -> Job:
    """Return the job that sends a packet into the cluster that a first job made, as it is now; nobody knows what comes."""
    orders: list[GuestOrder] = []
    sites = {name: Paper(name, orders) for name in first.namespaces}
    *_, (_, asked) = _packets(network, [ask])
    patient = asked._replace(order=asked.order._replace(limit=max(asked.order.limit, GIVEN_UP)))
    sent = [_send(patient, orders)]
    return _told(network, orders, sent, _part(operations(network), set(sites)), sites)


def _told(
    network: Network,
    orders: list[GuestOrder],
    sent: Sequence[ExpectedFrames],
    plan: Sequence[Operation],
    sites: Mapping[str, Paper],
) -> Job:
    """Order what is told after all was sent, and return the job."""
    orders.append(GuestOrder("lost"))
    lost = len(orders) - 1
    printed = [each for name, site in sites.items() for each in _tables(name, site, plan, orders)]
    return Job(network, tuple(orders), tuple(sent), tuple(printed), lost)


def needed(network: Network, packets: Iterable[tuple[bool, _Packet]]) -> set[str]:
    """Return the namespaces that packets see, and the pods of those nodes: a bridge has all its ports."""
    runs = [run for _, asked in packets for run in (asked.run, asked.before) if run]
    seen = {step.netns for run in runs for trace in run.traces for step in trace.steps}
    return seen | {pod.name for pod in network.pods if pod.node in seen}


class _Packet(NamedTuple):
    order: sending.Order
    run: warming.Run
    before: warming.Run | None


def _packets(network: Network, asks: Iterable[Ask]) -> Iterable[tuple[bool, _Packet]]:
    """Yield each packet, after the one that its scenario has before it, and whether the cluster changes first."""
    paths, holding = KnownPaths(), HoldingBack()
    for ask in asks:
        ends = scenario(ask.scenario, network.plugin)
        if ends.before:
            goal = ends.before.src, ends.before.dst
            run, warm = warming.send(network.before or network, *goal, ask.packet, paths)
            yield False, _Packet(sending.order(f"{ask.scenario}-before", ask.packet, run, warm), run, warm)
        run, before = warming.send(network, ends.src, ends.dst, ask.packet, paths)
        lost = any(trace.disposition == "no_route" for trace in run.traces)
        if lost and any(trace.name == "fragment" for trace in run.traces):
            continue  # each fragment would take one of five errors in a row
        pause = holding.until(before) if before and before.redirected else 0
        pause += holding.until(run) if run.redirected else 0
        turn = network.before is not None
        yield turn, _Packet(sending.order(ask.scenario, ask.packet, run, before, pause), run, before)


def _part(plan: Iterable[Operation], wanted: set[str] | None) -> list[Operation]:
    return [each for each in plan if wanted is None or each.netns in wanted]


def _build(plan: Sequence[Operation], orders: list[GuestOrder]) -> dict[str, Paper]:
    """Order the namespaces of a plan and all that is in them."""
    tools = {op.netns for op in plan for argv in op.entry.argv() if argv[0] in NODE_TOOLS}
    names = laying.names(plan)
    orders += [GuestOrder("take", name, ("node" if name in tools else "other",)) for name in names]
    sites = {name: Paper(name, orders) for name in names}
    laying.lay(sites, laying.as_made(plan), (), lambda: _meet(plan, sites))
    laying.shrink(sites, plan)
    for name in names:
        heard = [op.entry for op in plan if op.netns == name and isinstance(op.entry, SocketEntry)]
        served = tuple(f"{each.protocol}:{each.port}" for each in heard if not each.process.startswith("kernel"))
        orders += [GuestOrder("serve", name, served)] if served else []
    return sites


def _meet(plan: Iterable[Operation], sites: dict[str, Paper]) -> None:
    """Let the peers of WireGuard shake hands, as ``keys.meet`` does: who does not meet is made anew."""
    links = {op.entry.key for op in plan if isinstance(op.entry, LinkEntry) and op.entry.kind == "wireguard"}
    peers = [
        (op.netns, op.entry) for op in plan if isinstance(op.entry, WireguardPeer) and op.entry.key in links
    ]
    for seconds in ("1", "off"):
        for netns, peer in peers:
            key = keys.public(peer.key)
            sites[netns].run(["wg", "set", peer.dev, "peer", key, "persistent-keepalive", seconds])
        for netns, peer in peers if seconds == "1" else ():
            sites[netns].run(["sh", "-c", WAIT, "sh", peer.dev, keys.public(peer.key)], check=False)
    for netns, peer in peers:
        again = [word for argv in peer.argv() for word in (*argv, ";")]
        words = [keys.public(peer.key) if word == peer.key else word for word in again]
        sites[netns].run(["sh", "-c", REMAKE, "sh", peer.dev, keys.public(peer.key), *words[:-1]], check=False)


WAIT = """n=0
while wg show "$1" latest-handshakes | grep -F "$2" | grep -q "[^0-9]0$" && [ $n -lt 30 ]; do
    n=$((n + 1)); sleep 0.1
done"""
REMAKE = """dev=$1 key=$2; shift 2
if wg show "$dev" latest-handshakes | grep -F "$key" | grep -q "[^0-9]0$"; then
    wg set "$dev" peer "$key" remove; "$@"; /usr/sbin/ip neigh flush all
fi"""


def _rewrite(plan: Iterable[Operation], sites: dict[str, Paper]) -> None:
    """Put the rules of a plan in the place of those that are there."""
    for name, site in sites.items():
        if name != WIRE:
            site.run(["nft", "flush", "ruleset"])
            laying.last(site, [op for op in plan if op.netns == name])


def _send(asked: _Packet, orders: list[GuestOrder]) -> ExpectedFrames:
    """Order a packet after the one that makes the neighbours known, and all frames that follow."""
    probe, warm, count, limit, closing, pause = asked.order

    def collect(many: int, keep: int) -> GuestOrder:
        return GuestOrder("collect", words=(f"{many} {limit * 1000:.0f} {QUIET} {keep}",))

    if warm:
        orders.append(_socket(probe.src, warm.dst, probe.dport, warm.packet, answered=warm.answered, held=False))
    orders.append(collect(warm.frames if warm else 0, 0))
    orders += [GuestOrder("sleep", words=(f"{pause * 1000:.0f}",))] if pause else []
    orders.append(_socket(probe.src, probe.dst, probe.dport, probe.packet, answered=False, held=True))
    orders += [collect(count, 1), GuestOrder("release")]
    expected = ExpectedFrames(probe, len(orders) - 3, len(orders) - 2)
    orders += [collect(closing, 0)] if closing else []
    return expected


def _socket(netns: str, dst: str, dport: int, packet: Packet, *, answered: bool, held: bool) -> GuestOrder:
    patience = SYN if packet.proto == "tcp" else PATIENCE
    words = (packet.proto, dst, dport, packet.sport, packet.size, int(packet.df), packet.ttl, packet.tos)
    return GuestOrder("send", netns, (" ".join(map(str, (*words, int(answered), int(held), patience))),))


def _tables(netns: str, site: Paper, plan: Sequence[Operation], orders: list[GuestOrder]) -> Iterable[Printed]:
    """Order what the tools print in a namespace, and yield where it will stand."""
    left_out = {*sending.unread(plan), NEVER}
    used = {WRITTEN_BY.get(argv[0], argv[0]) for op in plan if op.netns == netns for argv in op.entry.argv()}
    wanted = {
        name: argv
        for name, argv in COMMANDS.items()
        if name not in left_out and (argv[0] not in WRITTEN_BY.values() or argv[0] in used)
    }
    at_once: dict[tuple[str, ...], dict[str, str]] = {}
    for name, argv in wanted.items():
        if argv[0] in BATCH:
            options = tuple(word for word in argv[1:] if word.startswith("-"))
            words = [word for word in argv[1:] if word not in options]
            at_once.setdefault((argv[0], *options), {})[name] = f"{' '.join(words)}\n"
    for program, lines in at_once.items():
        site.run([*program, "-b", "-"], "".join(lines.values()), check=False)
        yield Printed(netns, tuple(lines), len(orders) - 1)
    for name, argv in wanted.items():
        if argv[0] in BATCH:
            continue
        if argv[0] == "sysctl":
            paths = [f"/proc/sys/{key.replace('.', '/')}" for key in (*argv[1:], *MACHINE)]
            paths += [f"/proc/sys/net/ipv4/conf/*/{each}" for each in DEVICE]
            orders.append(GuestOrder("files", netns, tuple(paths)))
        else:
            site.run(list(argv), check=False)
        yield Printed(netns, (name,), len(orders) - 1)
