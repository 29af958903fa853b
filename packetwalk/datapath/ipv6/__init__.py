"""IPv6: what the data path does otherwise than for IPv4.

Sources are of Linux 6.18 (net/ipv6): no address is broadcast, no sender is asked whether it is believed, routers cut
nothing, and who tells of an error does it by ICMPv6's own numbers.
"""

from __future__ import annotations

from functools import cached_property
from types import ModuleType
from typing import TYPE_CHECKING

from packetwalk import wire
from packetwalk.datapath.family import Error, Family
from packetwalk.datapath.ipv6 import source_address
from packetwalk.datapath.run import spread
from packetwalk.tables import RouteEntry
from packetwalk.tables.ipv6 import ADDRESSES6, IP6TABLES, PATHS6, ROUTES6, Path6Entry
from packetwalk.trace.step import Flow
from packetwalk.wire.address import ipv6_to_int, is_group
from packetwalk.wire.ipv6 import Icmpv6, Ipv6

if TYPE_CHECKING:
    from packetwalk.datapath.netns import Netns

NUMBERS = {
    (3, 0): (1, 0),
    (3, 1): (1, 3),
    (3, 2): (1, 3),
    (3, 3): (1, 4),
    (3, 4): (2, 0),
    (3, 9): (1, 1),
    (3, 10): (1, 1),
    (3, 13): (1, 1),
    (11, 0): (3, 0),
    (11, 1): (3, 1),
}
"""The type and code that say in ICMPv6 (RFC 4443) what these say in ICMP, as RFC 7915 translates them."""
FLOW = 0xFFFFF


class Inet6(Family):
    """IPv6."""

    aged, expired, too_big, written = "forward6", "ttl6", "too-big6", "neigh-permanent6"
    ethertype, header, icmp = 0x86DD, 40, 58
    to_int = staticmethod(ipv6_to_int)
    bits, loopback, anywhere = 128, "::1", "::"
    most_mtu = 65535 + 40  # IP6_MAX_MTU: the length in a header is that of what follows it
    least_mtu, quoted = 1280, 1280 - 40 - 8
    echo_request, echo_reply = 128, 129
    forward, ttl = "net.ipv6.conf.all.forwarding", "net.ipv6.conf.all.hop_limit"
    bridged = "net.bridge.bridge-nf-call-ip6tables"
    conf, echo_ignore = "net.ipv6.conf", "net.ipv6.icmp.echo_ignore_"
    addresses, routes, filters, paths, path = ADDRESSES6, ROUTES6, IP6TABLES, PATHS6, Path6Entry
    errors = {  # noqa: RUF012  (never changed)
        (1, 0): "no route to destination",
        (1, 1): "administratively prohibited",
        (1, 3): "address unreachable",
        (1, 4): "port unreachable",
        (2, 0): "packet too big",
        (3, 0): "hop limit exceeded",
        (3, 1): "fragment reassembly time exceeded",
    }

    @cached_property
    def neighbours(self) -> ModuleType:
        """What asks for neighbours."""
        from packetwalk.datapath.ipv6 import discovery

        return discovery

    def packet(
        self, src: str, dst: str, protocol: int, limit: int, ident: int = 0, *, df: bool = False, tos: int = 0
    ) -> wire.Internet:
        """Return the header of a packet, without a flow label; no router cuts it, and it has no number."""
        return Ipv6(src, dst, protocol, limit, tos=tos)

    def labelled(self, header: wire.Internet, flow: Flow) -> wire.Internet:
        """Return the header with the label that a socket's packets bear (``ip6_make_flowlabel``), a hash of the flow."""
        assert isinstance(header, Ipv6)
        return header._replace(flow=spread(str(flow), 1, FLOW))

    def echo(self, kind: int, ident: int, seq: int) -> wire.Header:
        """Return an echo, asked or answered."""
        return Icmpv6(kind, 0, ident, seq)

    def error(self, error: Error, mtu: int = 0) -> wire.Header:
        """Return the message that tells of an error."""
        return Icmpv6(*NUMBERS[error], mtu=mtu)

    def error_class(self, about: wire.Internet) -> int:
        """Return the traffic class of an error: none."""
        return 0

    def source(self, ns: Netns, route: RouteEntry | None, dst: str) -> str:
        """Return the source address that the kernel chooses (``ip6_route_get_saddr``)."""
        if route and route.prefsrc:
            return route.prefsrc
        return source_address.chosen(ns.addrs, dst, route.dev if route else "") or self.anywhere

    def masquerade(self, ns: Netns, dev: str, hop: str, dst: str) -> str | None:
        """Return the address that masquerading puts in the place of a sender's (``nf_nat_masquerade_ipv6``)."""
        return source_address.chosen(ns.addrs, dst, dev)

    def martian(self, ns: Netns, asked: tuple[str, str, str]) -> tuple | None:
        """Return why a packet is discarded: from a group, or from or to the loopback on a wire (``ip6_rcv_core``)."""
        src, dst, dev = asked
        if is_group(src) or (self.loopback in (src, dst) and dev != "lo"):
            return "martian-source", src, dev
        return None

    def disbelieved(self, ns: Netns, asked: tuple[str, str, int, str, str | None]) -> None:
        """Return nothing: there is no rp_filter for IPv6."""


INET6 = Inet6()
