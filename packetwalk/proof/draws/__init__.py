"""Random clusters: a mode, commands that change its tables, packets; drawn from the tables found by scan.

Chance is handed in (``packetwalk.tables.drawing.Pick``): the same answers make the same case.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from typing import NamedTuple

from packetwalk.cni import plugins
from packetwalk.datapath.netns import Netns
from packetwalk.plan.cluster import INTERNET, ROUTER, Cluster
from packetwalk.plan.rules import IPTABLES
from packetwalk.tables import every_table
from packetwalk.tables.drawing import Around, Pick
from packetwalk.tables.table import Table
from packetwalk.trace.packet import Packet
from packetwalk.walks.ends import End
from packetwalk.walks.network import Network

NODES, PODS = 2, 2
UNDERLAYS = ("flat", "routed")
SIZES = (56, 8, 1, 1372, 1400, 1422, 1430, 1450, 1472, 1473, 3000)
WRITTEN = (0, 0, 1, 1300, 1398, 1448, 2896)
"""Bytes on a TCP connection: what is cut anew is the same whether an error or an acknowledgement comes first."""
COMMANDS, PACKETS = 6, 3
NEAR = 60  # per cent of commands that are about where packets pass, and of those that name their ends
AGAIN = 25  # per cent of commands for a namespace that has had one
SAME_SOCKET = 20  # per cent of packets that the socket of the one before sends, if it may
FIRST_PORT = 41000
NOBODY = ("10.244.1.200", "10.99.0.7", "172.18.0.77")


class Command(NamedTuple):
    """A command in a namespace."""

    netns: str
    argv: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.netns}# {' '.join(self.argv)}"


class RandomTrial(NamedTuple):
    """A packet from an end to another, in the words of ``packetwalk walk --src --dst``.

    ``again`` says that the socket of the one before sends it.
    """

    src: str
    dst: str
    packet: Packet
    again: bool = False

    def __str__(self) -> str:
        words = [self.packet.label, *(["--ttl", str(self.packet.ttl)] if self.packet.ttl != 64 else [])]
        return f"{' '.join(words)} from {self.src} to {self.dst}{' again' if self.again else ''}"


class RandomCase(NamedTuple):
    """A cluster, what is changed in it, and what is sent then."""

    plugin: str
    mode: str
    underlay: str
    commands: tuple[Command, ...]
    trials: tuple[RandomTrial, ...]
    rules: str = IPTABLES

    def network(self) -> Network:
        """Return the model's cluster before anything is changed."""
        return network(self.plugin, self.mode, self.underlay, self.rules)

    def __str__(self) -> str:
        form = "" if self.rules == IPTABLES else f", {self.rules}"
        head = f"packetwalk {self.plugin} {self.mode}, {self.underlay} underlay{form}"
        return "\n".join([head, *(f"  {each}" for each in (*self.commands, *self.trials))])


def network(plugin: str, mode: str, underlay: str, rules: str = IPTABLES) -> Network:
    """Return the cluster in which commands are drawn, with tables that nobody has looked up anything in."""
    return _network(plugin, mode, underlay, rules).edited({})


@cache
def _network(plugin: str, mode: str, underlay: str, rules: str) -> Network:
    return Network(Cluster(NODES, PODS, underlay=underlay), plugin, mode, rules=rules)


def draw(pick: Pick, modes: Sequence[tuple[str, str]]) -> RandomCase:
    """Return a case in one of some (plugin, mode), with rules of any form that the plugin knows."""
    plugin, mode = pick.one_of(modes)
    underlay = pick.one_of(UNDERLAYS)
    rules = pick.one_of(plugins()[plugin].rules)
    made = _network(plugin, mode, underlay, rules)
    trials = tuple(_trials(pick, made))
    return RandomCase(plugin, mode, underlay, tuple(_commands(pick, made, trials)), trials, rules)


def every_mode() -> list[tuple[str, str]]:
    """Return (plugin, mode) of all modes."""
    return [(name, mode.name) for name, found in plugins().items() for mode in found.modes]


def places(made: Network) -> list[str]:
    """Return the namespaces in which commands are drawn: nodes, pods, the router."""
    return [*(node.name for node in made.nodes), *(pod.name for pod in made.pods), ROUTER]


def _commands(pick: Pick, made: Network, trials: Sequence[RandomTrial]) -> Iterator[Command]:
    """Draw commands; most are about where the packets pass, and about their ends."""
    tables = [
        table for table in every_table() for _ in range(table.chances) if type(table).draw is not Table.draw
    ]
    ends = [made.end(text) for each in trials for text in (each.src, each.dst)]
    near = [name for name in places(made) if any(name in (end.netns, _node(made, end)) for end in ends)]
    protocols = tuple(dict.fromkeys(each.packet.proto for each in trials))
    before: dict[str, tuple[tuple[str, ...], ...]] = {}
    then: list[Table] = []
    netns = ""
    for _ in range(pick.whole(0, COMMANDS)):
        if then and pick.chance(NEAR):
            table = then[0]
        else:
            again = before and pick.chance(AGAIN)
            netns = pick.one_of([*before] if again else near if pick.chance(NEAR) else places(made))
            table = pick.one_of(tables)
        there = around(made, made.fabric.netns(netns), table)
        there = there._replace(before=before.get(netns, ()), protocols=protocols)
        if pick.chance(NEAR):
            there = there._replace(addresses=tuple(dict.fromkeys(end.address for end in ends)))
        argv = table.draw(pick, there)
        if argv:
            then = [each for each in tables if each.name == table.then]
            before[netns] = (*before.get(netns, ()), tuple(argv))
            yield Command(netns, tuple(argv))


def _node(made: Network, end: End) -> str:
    """Return the node of a pod at an end, or nothing."""
    return next((pod.node for pod in made.pods if pod.name == end.netns), "")


@cache
def around(made: Network, ns: Netns, table: Table) -> Around:
    """Return what a command in a namespace can name."""
    pods = [made.end(pod.name).address for pod in made.pods]
    services = [service.address for service in made.cluster.services]
    nodes = [node.address for node in made.nodes]
    addresses = [*pods, *nodes, *services, *(node.gateway for node in made.nodes), *NOBODY]
    written = [entry for entry in ns.entries(table) if ns.origin.get(entry, ("kernel", ""))[0] != "kernel"]
    lines = [argv for entry in written for argv in entry.argv()]
    macs = [link.address for each in places(made) for link in made.fabric.netns(each).links.values()]
    return Around(
        tuple((link.ifname, link.kind, link.master or "") for link in ns.links.values()),
        tuple(dict.fromkeys(addr.local for addr in ns.addrs)),
        tuple(dict.fromkeys(addresses)),
        tuple(dict.fromkeys(f"{address.rpartition('.')[0]}.0/24" for address in addresses)),
        tuple(dict.fromkeys(mac for mac in macs if mac and mac != "00:00:00:00:00:00")),
        tuple(lines),
    )


def _trials(pick: Pick, made: Network) -> Iterator[RandomTrial]:
    ends = [*(pod.name for pod in made.pods), *(node.name for node in made.nodes)]
    goals = [*ends, *(service.name for service in made.cluster.services), INTERNET, *NOBODY]
    last: RandomTrial | None = None
    for number in range(pick.whole(1, PACKETS)):
        again = last is not None and last.packet.proto != "tcp" and pick.chance(SAME_SOCKET)
        proto = last.packet.proto if last and again else pick.one_of(("icmp", "udp", "tcp"))
        port = last.packet.sport if last and again else FIRST_PORT + 2 * number
        size = pick.one_of(WRITTEN if proto == "tcp" else SIZES)
        ttl = pick.one_of((*(64,) * 9, 1, 2, 3))
        df = proto != "tcp" and pick.chance(30)
        tos = pick.one_of((0, 0, 0, 0, 0xB8, 0x01, 0x02, 0x03))
        packet = Packet(proto, size, df, ttl, sport=port, tos=tos)
        same = last is not None and (again or pick.chance(30))
        src, dst = (last.src, last.dst) if last and same else (pick.one_of(ends), pick.one_of(goals))
        last = RandomTrial(src, dst, packet, again)
        yield last
