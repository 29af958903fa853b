"""The commands that write a table, and those that list it, in a real namespace: what was written is read."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from packetwalk.cni import plugins
from packetwalk.lab.kernel import record, writing
from packetwalk.lab.kernel.deeds import Doing
from packetwalk.plan.cluster import Cluster
from packetwalk.tables import (
    AddrEntry,
    ChainPolicy,
    Entry,
    FdbEntry,
    IpRule,
    IpSet,
    IptablesRule,
    LinkEntry,
    NeighEntry,
    NftChain,
    NftRule,
    NftSet,
    NftTable,
    RouteEntry,
    SysctlEntry,
    every_table,
    table_of,
)
from packetwalk.walks.network import Network

MAC, OTHER = "02:00:00:00:00:01", "02:00:00:00:00:02"
BRIDGE = LinkEntry("br0", "bridge", 1500, MAC)
THERE: list[Entry] = [BRIDGE, AddrEntry("br0", "192.0.2.1", 24)]
EXAMPLES: dict[str, list[Entry]] = {
    "link": [
        LinkEntry("br1", "bridge", 1400, OTHER),
        LinkEntry("v0", "vxlan", 1450, OTHER, vni=7, local="192.0.2.1", link="br0", port=4789),
    ],
    "addr": [AddrEntry("br0", "198.51.100.1", 24), AddrEntry("br0", "198.51.100.9", 32)],
    "route": [
        RouteEntry("203.0.113.0/24", "br0", "192.0.2.9", mtu=1400),
        RouteEntry("203.0.113.9", "br0", scope="link"),
        RouteEntry("default", "br0", "10.0.0.1", onlink=True, metric=5, table="100"),
        RouteEntry("10.0.0.0/8", type="blackhole", protocol="80"),
    ],
    "rule": [IpRule(99, "100", (0x10, 0xF0), inverted=True), IpRule(100, "100")],
    "neigh": [NeighEntry("192.0.2.7", "br0", OTHER, "PERMANENT")],
    "fdb": [
        FdbEntry(OTHER, "v1", "192.0.2.8", flags=("self",), state="permanent"),
    ],
    "iptables": [
        IptablesRule("filter", "FORWARD", "-s 10.0.0.0/8 -j made-here"),
        IptablesRule(
            "filter", "made-here", '-p udp -m udp --dport 53 -m comment --comment "to names" -j DROP'
        ),
        IptablesRule("filter", "FORWARD", "-d 10.9.0.0/16 -j ACCEPT", inserted=True),
        ChainPolicy("filter", "FORWARD", "DROP"),
    ],
    "nft": [
        NftTable("ip made", "by hand"),
        NftSet("ip made", "few", "ipv4_addr", ("10.0.0.1", "10.0.0.9", "192.0.2.1"), "a few"),
        NftSet("ip made", "most", "ipv4_addr", (), "", "dynamic,timeout", 65535, "3h"),
        NftSet(
            "ip made",
            "where",
            "ipv4_addr . inet_proto . inet_service : verdict",
            ('10.0.0.1 . tcp . 80 comment "web" : accept', "10.0.0.1 . udp . 80 : drop"),
        ),
        NftChain("ip made", "other", "", "for some"),
        NftRule("ip made", "other", 'meta mark set meta mark | 0x00004000 comment "to be masqueraded"'),
        NftChain("ip made", "first", "type filter hook forward priority filter; policy accept;"),
        NftRule("ip made", "first", "ip daddr . meta l4proto . th dport vmap @where"),
        NftRule("ip made", "first", "ip saddr @few counter packets 0 bytes 0 jump other"),
    ],
    "ipset": [IpSet("made-here", ("10.0.0.0/8", "192.0.2.0/24"))],
    "sysctl": [SysctlEntry("net.ipv4.ip_forward", "1")],
    "wg": [],  # its keys are real ones in the lab: ``test_wireguard.py``
}
"""Lines of each table that a plan writes."""
BEFORE: dict[str, list[Entry]] = {
    "fdb": [LinkEntry("v1", "vxlan", 1450, MAC, vni=8, local="192.0.2.1", link="br0", port=4790)]
}
TABLES = {table.name: table for table in every_table()}


@pytest.fixture
def namespace() -> Iterator[Doing]:
    made = Doing("here")
    yield made
    made.close()


def test_each_table_that_a_plan_writes_has_an_example() -> None:
    written = {
        table_of(operation.entry).name
        for plugin in plugins().values()
        for mode in plugin.modes
        for rules in plugin.rules
        for operation in Network(Cluster(), plugin.name, mode.name, rules=rules).plan("kind-worker")
        if operation.argv()
    }
    assert written <= EXAMPLES.keys()


def in_any_order(entry: Entry) -> str:
    """Return a line; of a set its words sorted, for its members come as they lie in the kernel's hash."""
    return " ".join(sorted(str(entry).split(" "))) if isinstance(entry, IpSet) else str(entry)


@pytest.mark.kernel("ipset", "bridge")
@pytest.mark.parametrize("name", [name for name, entries in EXAMPLES.items() if entries])
def test_what_is_written_is_read(name: str, namespace: Doing) -> None:
    table, entries = TABLES[name], EXAMPLES[name]
    writing.write(namespace, [argv for entry in [*THERE, *BEFORE.get(name, ())] for argv in entry.argv()])
    writing.write(namespace, [argv for entry in entries for argv in entry.argv()])
    read = table.read(record.tables(namespace))
    printed = {in_any_order(entry) for entry in read}
    assert [str(entry) for entry in entries if in_any_order(entry) not in printed] == []
    ours, theirs = (
        [in_any_order(entry) for entry in table.in_order(held) if not isinstance(entry, ChainPolicy)]
        for held in (table.hold(entries), read)
    )
    assert [line for line in theirs if line in ours] == ours
