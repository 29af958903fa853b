"""A plan as what is done in namespaces, in order, by the commands the plan itself prints: whoever the namespaces are.

Nothing here starts a process: ``packetwalk.lab.kernel.build`` does it in the running kernel, ``packetwalk.lab.page``
writes it down for a kernel in a reader's page.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any

from packetwalk.lab.kernel import devices, keys, writing
from packetwalk.lab.kernel.defaults import AS_NEW, QUIET, SECOND_FAMILY
from packetwalk.lab.kernel.site import DATAPATH, LET_THROUGH, QUIETEN, TAKE_IN, Site
from packetwalk.plan.operation import Operation
from packetwalk.tables import Absent, LinkEntry, in_order_of_making, table_of

WIRE = "wire"
USUAL_MTU = 1500
LAST = {"ip6tables", "iptables", "nft", "sh"}
"""Programs whose commands come when all else is there and has met; a list that a rule keeps (``sh``) after its rule."""


def names(plan: Iterable[Operation]) -> list[str]:
    """Return the names of the namespaces of a plan, that of the wire first."""
    return [WIRE, *dict.fromkeys(operation.netns for operation in plan)]


def lay(sites: Mapping[str, Site], plan: Iterable[Operation], played: Collection[str], met: Callable[[], None]) -> None:
    """Build a plan in its namespaces; ``played`` are the kinds of devices that programs play.

    ``met`` is called when all devices are there, before what could keep programs from meeting.
    """
    by_netns: dict[str, list[Operation]] = defaultdict(list)
    for operation in plan:
        by_netns[operation.netns].append(operation)
    for site in sites.values():
        site.sysctl(AS_NEW | QUIET)
    for name, operations in by_netns.items():
        if any(not isinstance(each.entry, Absent) and table_of(each.entry).second for each in operations):
            sites[name].sysctl(SECOND_FAMILY)
    _wire(sites, [operation for operations in by_netns.values() for operation in operations])
    for name, operations in by_netns.items():
        _links(sites, name, operations, played)
    for name, operations in by_netns.items():
        _rest(sites, name, operations, played)
    met()
    for name, operations in by_netns.items():
        last(sites[name], operations)
    for name, operations in by_netns.items():
        sites[name].do(TAKE_IN, [op.entry.ifname for op in operations if isinstance(op.entry, LinkEntry)])


def as_made(plan: Iterable[Operation]) -> list[Operation]:
    """Return a plan with NICs as they were when the tunnels were made: only later has the network shrunk.

    The kernel makes no VXLAN device that is too large for its NIC (``vxlan_config_apply``).
    """
    return [operation._replace(entry=_wide(operation.entry)) for operation in plan]


def shrink(sites: Mapping[str, Site], plan: Iterable[Operation]) -> None:
    """Give NICs the MTU that the plan wants of them, after all else."""
    for netns, entry, *_ in plan:
        if isinstance(entry, LinkEntry) and entry != _wide(entry):
            sites[netns].run(["ip", "link", "set", entry.ifname, "mtu", str(entry.mtu)])


def _wide(entry: Any) -> Any:
    nic = isinstance(entry, LinkEntry) and entry.kind == "eth"
    return entry._replace(mtu=max(entry.mtu, USUAL_MTU)) if nic else entry


def last(here: Site, operations: Iterable[Operation]) -> None:
    """Write what lets packets pass, and does not."""
    commands = [argv for op in operations if not isinstance(op.entry, LinkEntry) for argv in op.argv()]
    writing.write(here, [argv for argv in commands if argv[0] in LAST])


def datapaths(links: Iterable[LinkEntry]) -> set[str]:
    """Return the names of Open vSwitch's datapaths among devices."""
    return {link.ifname for link in links if link.kind == "openvswitch"}


def _wire(sites: Mapping[str, Site], plan: Iterable[Operation]) -> None:
    """Plug every NIC into a bridge of the namespace ``wire``, one for each segment."""
    nics = [(op.netns, op.entry) for op in plan if isinstance(op.entry, LinkEntry) and op.entry.kind == "eth"]
    segments = {nic.segment: f"br{k}" for k, nic in enumerate({c.segment: c for _, c in nics}.values())}
    lines = []
    for bridge in segments.values():
        lines += [f"link add {bridge} type bridge", f"link set {bridge} up"]
    narrow: list[list[str]] = []
    for number, (netns, nic) in enumerate(nics):
        port = f"p{number}"
        narrow += _narrowed(port, nic)
        nic_end = f"address {nic.address} mtu {nic.mtu} netns {sites[netns].path}"
        lines += [
            f"link add {port} mtu {nic.mtu} type veth peer name {nic.ifname} {nic_end}",
            f"link set {port} master {segments[nic.segment]} up",
        ]
    writing.write(sites[WIRE], [["ip", *line.split(" ")] for line in lines])
    if not narrow:  # else it is iptables that loses what is too long
        sites[WIRE].do(LET_THROUGH)
    for argv in narrow:
        sites[WIRE].run(argv)


def _links(sites: Mapping[str, Site], name: str, operations: list[Operation], played: Collection[str]) -> None:
    """Make the devices of a namespace, bridges before their ports."""
    here, commands = sites[name], []
    links = in_order_of_making(op.entry for op in operations if isinstance(op.entry, LinkEntry))
    switched = datapaths(links)
    for link in (each for each in links if not {each.ifname, each.master} & switched):
        maker = devices.maker(link.kind, link.kind in played)
        commands += _named(sites, maker.first(link, here))
    writing.write(here, [argv for argv in commands if argv[0] != keys.TOOL])
    keys.configure(here, [link for link in links if link.kind not in played])
    if switched:
        writing.write(here, here.do(DATAPATH, links))


def _named(sites: Mapping[str, Site], commands: list[list[str]]) -> list[list[str]]:
    """Replace namespace names after the word ``netns`` by paths."""
    return [
        [sites[word].path if k and argv[k - 1] == "netns" else word for k, word in enumerate(argv)]
        for argv in commands
    ]


def _rest(sites: Mapping[str, Site], name: str, operations: list[Operation], played: Collection[str]) -> None:
    """Write all other tables, but what could keep programs from meeting."""
    here, commands = sites[name], []
    links = [op.entry for op in operations if isinstance(op.entry, LinkEntry)]
    switched = datapaths(links)
    for operation in operations:
        entry = operation.entry
        if not isinstance(entry, LinkEntry):
            commands += entry.argv()
        elif entry.master not in switched:
            commands += devices.maker(entry.kind, entry.kind in played).then(entry)
    left = {keys.TOOL} if "wireguard" in played else set()
    writing.write(here, [argv for argv in commands if argv[0] not in left | LAST])
    here.do(QUIETEN, [link.ifname for link in links])


def _narrowed(port: str, nic: LinkEntry) -> list[list[str]]:
    """Return what lets a segment lose what is too long for it, and tell nobody: not by the port's MTU.

    A veth does not take what its other end would not, and says so to who sends (ENOBUFS); a switch does not.
    """
    if nic.carries is None or nic.carries >= nic.mtu:
        return []
    rule = f"-m length --length {nic.carries + 1}:65535 -j DROP".split(" ")
    ways = ("in", "out")
    return [["iptables", "-A", "FORWARD", "-m", "physdev", f"--physdev-{way}", port, *rule] for way in ways]
