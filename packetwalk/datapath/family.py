"""What the data path does otherwise for another family of addresses; here IPv4's, in ``ipv6`` the other's.

Routing, hooks, connections, bridges and tunnels are the same for both: they ask the namespace, which is seen as one
family sees it (``Netns.inet``, ``Netns.inet6``), for its ``family``.
"""

from __future__ import annotations

from functools import cached_property
from types import ModuleType
from typing import TYPE_CHECKING, Any

from packetwalk import wire
from packetwalk.datapath import ecn, source_validation
from packetwalk.tables import PathEntry, RouteEntry
from packetwalk.tables.address import ADDRESSES
from packetwalk.tables.iptables import IPTABLES
from packetwalk.tables.path import PATHS
from packetwalk.tables.route import ROUTES
from packetwalk.tables.sysctl import FORWARD
from packetwalk.tables.table import Table
from packetwalk.trace.step import Flow
from packetwalk.wire.address import ipv4_to_int

if TYPE_CHECKING:
    from packetwalk.datapath.netns import Netns

Error = tuple[int, int]
"""Type and code of an ICMP error, as IPv4 has them."""


class Family:
    """IPv4: its numbers, tables, headers, and what addresses are chosen and believed.

    ``header`` is the length of its header, ``least_mtu`` the least that a path is learnt to carry, ``most_mtu`` the most that one carries, ``quoted`` how much
    of a packet an error quotes, all in bytes; ``errors`` say in words what an error of a type and code means.
    """

    aged, expired, too_big, written = "forward", "ttl", "too-big", "neigh-permanent"
    """The keys of sentences that say of this family what they say otherwise of the other."""
    ethertype, header, icmp = 0x0800, 20, 1
    to_int = staticmethod(ipv4_to_int)
    bits, loopback, anywhere = 32, "127.0.0.1", "0.0.0.0"
    most_mtu = 65535  # IP_MAX_MTU
    least_mtu, quoted = 552, 576 - 20 - 8
    echo_request, echo_reply = 8, 0
    forward, ttl, bridged = FORWARD, "net.ipv4.ip_default_ttl", "net.bridge.bridge-nf-call-iptables"
    conf, echo_ignore = "net.ipv4.conf", "net.ipv4.icmp_echo_ignore_"
    addresses: Table[Any] = ADDRESSES
    routes: Table[Any] = ROUTES
    filters: Table[Any] = IPTABLES
    paths: Table[Any] = PATHS
    path: type[PathEntry] = PathEntry
    errors = {  # noqa: RUF012  (never changed)
        (3, 0): "network unreachable",
        (3, 1): "host unreachable",
        (3, 2): "protocol unreachable",
        (3, 3): "port unreachable",
        (3, 4): "fragmentation needed and DF set",
        (3, 9): "network prohibited",
        (3, 10): "host prohibited",
        (3, 13): "administratively prohibited",
        (5, 1): "there is a better next hop for this host on the same link",
        (11, 0): "time to live exceeded",
        (11, 1): "fragment reassembly time exceeded",
    }

    @cached_property
    def neighbours(self) -> ModuleType:
        """What asks for neighbours."""
        from packetwalk.datapath import arp

        return arp

    def packet(
        self, src: str, dst: str, protocol: int, limit: int, ident: int = 0, *, df: bool = False, tos: int = 0
    ) -> wire.Internet:
        """Return the header of a packet, which may pass so many routers: ``limit`` is its time to live."""
        return wire.Ipv4(src, dst, protocol, limit, ident, df, tos=tos)

    def labelled(self, header: wire.Internet, flow: Flow) -> wire.Internet:
        """Return the header of a packet that a socket sends, with its flow's label, if the family has any."""
        return header

    def echo(self, kind: int, ident: int, seq: int) -> wire.Header:
        """Return an echo, asked or answered."""
        return wire.Icmp(kind, 0, ident, seq)

    def error(self, error: Error, mtu: int = 0) -> wire.Header:
        """Return the message that tells of an error."""
        return wire.Icmp(*error, mtu=mtu)

    def error_class(self, about: wire.Internet) -> int:
        """Return the type of service of an error about a packet."""
        return ecn.of_error(about)

    def source(self, ns: Netns, route: RouteEntry | None, dst: str) -> str:
        """Return the source address that the kernel chooses for packets by a route (``fib_result_prefsrc``).

        The route's own, else one in the subnet of its next hop; 0.0.0.0 when there is none.
        """
        if route and route.prefsrc:
            return route.prefsrc
        return ns.address_of(route.dev if route else "", (route and route.gateway) or "") or self.anywhere

    def masquerade(self, ns: Netns, dev: str, hop: str, dst: str) -> str | None:
        """Return the address that masquerading puts in the place of a sender's (``nf_nat_masquerade_ipv4``)."""
        return ns.address_of(dev, hop or dst)

    def martian(self, ns: Netns, asked: tuple[str, str, str]) -> tuple | None:
        """Return why a packet from an address to another by a device is discarded, if it is."""
        return source_validation.martian(ns, *asked)

    def disbelieved(self, ns: Netns, asked: tuple[str, str, int, str, str | None]) -> source_validation.Refusal | None:
        """Return why a packet's sender is not believed, if it is not."""
        return source_validation.refused(ns, *asked)


INET = Family()
