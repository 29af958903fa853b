"""What a set holds is what the kernel says of it (``-m set``)."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from itertools import product

import pytest

from packetwalk.datapath.matches import View
from packetwalk.datapath.sets import holds
from packetwalk.lab.kernel import record, writing
from packetwalk.lab.kernel.deeds import Doing
from packetwalk.tables import IpSet
from packetwalk.tables.ipset import SETS
from packetwalk.tables.iptables import hit

KEPT = (
    IpSet("hosts", ("10.0.0.1", "10.9.9.9"), "hash:ip"),
    IpSet("web", ("10.0.0.1,tcp:80", "10.1.0.0,udp:80"), "hash:ip,port"),
    IpSet("nets", ("10.0.0.0/8", "10.1.0.0/16 nomatch", "10.1.2.0/24", "10.1.2.3 nomatch"), options="comment"),
    IpSet("turned", ("10.0.0.0/8 nomatch", "10.1.0.0/16")),
    IpSet("none", (), "hash:ip"),
    IpSet("both", ("nets", "turned"), "list:set", "size 1024"),
    IpSet("all", ("none", "hosts", "web"), "list:set", "size 8 comment"),
)
ADDRESSES = ("10.0.0.1", "10.1.0.0", "10.1.2.1", "10.1.2.3", "10.9.9.9", "192.0.2.1")
PORTS = (("tcp", 80), ("udp", 80), ("tcp", 443))
IN_NETS = {"10.0.0.1", "10.1.2.1", "10.9.9.9"}
SAID = {  # of an address alone
    "hosts": {"10.0.0.1", "10.9.9.9"},
    "nets": IN_NETS,
    "turned": {"10.1.0.0", "10.1.2.1", "10.1.2.3"},
    "none": set(),
    "both": IN_NETS | {"10.1.0.0", "10.1.2.3"},
    "all": {"10.0.0.1", "10.9.9.9"},
    "web": set(),
}


def model(name: str, address: str, ends: str = "dst", proto: str = "tcp", port: int = 80) -> bool:
    """Ask the model as a rule does."""
    asked = holds(name, tuple(ends.split(",")), {each.name: each for each in KEPT})
    return asked.test(View(protocol=proto, dst=address, dport=port))


@pytest.fixture(scope="module")
def kernel() -> Iterator[Doing]:
    made = Doing("here")
    writing.write(made, [argv for each in KEPT for argv in each.argv()])
    yield made
    made.close()


@pytest.mark.parametrize("name", SAID)
def test_a_set_holds_addresses(name: str) -> None:
    assert {address for address in ADDRESSES if model(name, address)} == SAID[name]


def test_a_set_of_addresses_with_ports_asks_both() -> None:
    found = {(a, *p) for a, p in product(ADDRESSES, PORTS) if model("web", a, "dst,dst", *p)}
    assert found == {("10.0.0.1", "tcp", 80), ("10.1.0.0", "udp", 80)}
    assert model("all", "10.1.0.0", "dst,dst", "udp")
    assert not model("not-there", "10.0.0.1")


def test_a_type_that_is_not_known_is_named() -> None:
    with pytest.raises(ValueError, match="set odd: type bitmap:port is not known"):
        holds("odd", ("dst",), {"odd": IpSet("odd", (), "bitmap:port")})


@pytest.mark.kernel("ipset")
def test_the_kernel_counts_the_same(kernel: Doing) -> None:
    """A rule for each set and address, a datagram to each address: which rules have counted."""
    asked = {
        f"-d {address}/32 -m set --match-set {each.name} {ends}": model(each.name, address, ends, "udp")
        for each, address, ends in product(KEPT, ADDRESSES, ("dst", "dst,dst"))
    }
    lines = "".join(f"-A OUTPUT {spec}\n" for spec in asked)
    kernel.run(["iptables-restore"], f"*filter\n{lines}COMMIT\n")
    for words in ("link set lo up", "addr add 192.0.2.9/32 dev lo", "route add default dev lo"):
        kernel.run(["ip", *words.split()])
    kernel.inside(sent)
    hits = [hit(line) for line in kernel.run(["iptables-save", "-c"]).splitlines() if "--match-set" in line]
    assert {each.rule.removeprefix("-A OUTPUT "): bool(each.packets) for each in hits} == asked
    assert {True, False} == set(asked.values())


def sent() -> None:
    """Send a datagram to each address."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as made:
        for address in ADDRESSES:
            made.sendto(b"x", (address, 80))


@pytest.mark.kernel("ipset")
def test_sets_are_read_as_they_were_written(kernel: Doing) -> None:
    ours, theirs = (
        [each._replace(members=tuple(sorted(each.members))) for each in sets]
        for sets in (SETS.told(KEPT), SETS.read(record.tables(kernel)))
    )
    assert theirs == ours
