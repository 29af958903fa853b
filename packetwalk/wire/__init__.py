"""Packets as tuples of headers, byte for byte: build them, measure them, encode, decode and describe them.

    packet = (Ethernet(dst, src), Ipv4(src, dst, 1), Icmp(8, 0, 1, 1), Data(bytes(56)))
    size(packet), encode(packet), describe(packet)

To cut a datagram into fragments take its bytes, which already hold the checksum of the whole:
`encode((ip, udp, data))[ip.size:]`, and give each fragment its part as Data; to put them together, join the parts
and `decode(encode((whole, Data(parts))), first="ip")`.
"""

from importlib import import_module
from pkgutil import iter_modules

from packetwalk.wire import pcap
from packetwalk.wire.arp import Arp
from packetwalk.wire.data import Data
from packetwalk.wire.encrypted import Encrypted
from packetwalk.wire.esp import Esp, EspPayload
from packetwalk.wire.eth import Ethernet
from packetwalk.wire.header import CARRIED, HEADERS, Field, Header, Layout, Value
from packetwalk.wire.icmp import Icmp
from packetwalk.wire.internet import IcmpHeader, Internet
from packetwalk.wire.ipv4 import Ipv4
from packetwalk.wire.sleeve import Sleeve, SleeveBox, SleeveFrame, SleeveNonce
from packetwalk.wire.stack import Kept, Stack, decode, describe, encode, size
from packetwalk.wire.tcp import Tcp
from packetwalk.wire.udp import Udp
from packetwalk.wire.vlan import Vlan
from packetwalk.wire.vxlan import Vxlan
from packetwalk.wire.wireguard import Wireguard, WireguardPayload

for found in iter_modules(__path__):
    if found.ispkg:  # more headers, that a wheel may leave out: each notes where it is announced
        import_module(f"{__name__}.{found.name}")

LAYOUTS = {proto: HEADERS[proto].LAYOUT.bits for proto in sorted(HEADERS)}
"""Protocol to [[field, bit offset, bit length], ...], for the hex view; length 0 means: to the end of the header."""

UDP_PORTS = {number: proto for (above, number), proto in CARRIED.items() if above == "udp"}
"""Destination port to the protocol that decode expects there."""

__all__ = [
    "HEADERS",
    "LAYOUTS",
    "UDP_PORTS",
    "Arp",
    "Data",
    "Encrypted",
    "Esp",
    "EspPayload",
    "Ethernet",
    "Field",
    "Header",
    "Icmp",
    "IcmpHeader",
    "Internet",
    "Ipv4",
    "Kept",
    "Layout",
    "Sleeve",
    "SleeveBox",
    "SleeveFrame",
    "SleeveNonce",
    "Stack",
    "Tcp",
    "Udp",
    "Value",
    "Vlan",
    "Vxlan",
    "Wireguard",
    "WireguardPayload",
    "decode",
    "describe",
    "encode",
    "pcap",
    "size",
]
