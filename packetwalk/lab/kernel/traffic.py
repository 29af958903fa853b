"""One packet from a real socket, and the servers that answer it."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from collections.abc import Iterable
from functools import partial
from pathlib import Path

from packetwalk import wire
from packetwalk.lab.kernel.namespaces import Namespace
from packetwalk.lab.kernel.patience import FACTOR
from packetwalk.tables import SocketEntry
from packetwalk.trace.packet import Packet

Goal = tuple[str, int]  # address and port
IP_MTU_DISCOVER, IPV6_MTU_DISCOVER, DONT, DO = 10, 23, 0, 2
IPV6_ADDRESSES = Path("/proc/thread-self/net/if_inet6")
SCOPE, EVERYWHERE = 3, "00"  # a field of its lines, and what it is of an address that is neither a link's nor lo's
ANY = {socket.AF_INET: "0.0.0.0", socket.AF_INET6: "::"}
ECHO, ECHO6 = 8, 128  # types of echo requests
PATIENCE = 0.4 * FACTOR  # seconds a client waits for an answer
SYN = min(PATIENCE, 0.6)  # seconds for a handshake: after one, TCP asks again


class Servers:
    """The listening sockets of a namespace: UDP answers with its like, TCP speaks a little HTTP.

    As the server of the pods on kind (agnhost netexec): ``/clientip`` says whom it sees as the caller,
    all else its own name.
    """

    def __init__(self, namespace: Namespace, entries: Iterable[SocketEntry]) -> None:
        self._open: list[socket.socket] = []
        for entry in entries:
            if entry.process.startswith("kernel"):
                continue
            kind = socket.SOCK_STREAM if entry.protocol == "tcp" else socket.SOCK_DGRAM
            self._open += namespace.inside(partial(_listen, kind, entry.port))
        for server in self._open:
            threading.Thread(target=_serve, args=(server, namespace.name), daemon=True).start()

    def close(self) -> None:
        """Stop listening."""
        for server in self._open:
            with contextlib.suppress(OSError):
                server.shutdown(socket.SHUT_RDWR)
            server.close()


def _has_ipv6() -> bool:
    """Say whether the calling thread's namespace has an address of IPv6 that was given to it, not made by itself."""
    lines = IPV6_ADDRESSES.read_text().splitlines() if IPV6_ADDRESSES.exists() else []
    return any(line.split()[SCOPE] == EVERYWHERE for line in lines)


def _listen(kind: int, port: int) -> list[socket.socket]:
    """Return a socket of each family that the namespace of the calling thread has addresses of."""
    second = [socket.AF_INET6] if _has_ipv6() else []
    servers = []
    for family in (socket.AF_INET, *second):
        server = socket.socket(family, kind)
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            server.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        server.bind((ANY[family], port))
        if kind == socket.SOCK_STREAM:
            server.listen(4)
        servers.append(server)
    return servers


def _serve(server: socket.socket, name: str) -> None:
    with contextlib.suppress(OSError):
        while True:
            if server.type == socket.SOCK_STREAM:
                threading.Thread(target=_talk, args=(*server.accept(), name), daemon=True).start()
            else:
                data, address = server.recvfrom(70000)
                if address is None:  # shut down
                    return
                with contextlib.suppress(OSError):  # a rule or a route may refuse the answer
                    server.sendto(data, address)


def _talk(client: socket.socket, address: tuple[str, int], name: str) -> None:
    """Answer one HTTP request that is a GET, and no other; a caller who asks nothing is read to the end."""
    with client, contextlib.suppress(OSError):
        method, _, rest = client.recv(4096).partition(b" ")
        while method and not method.isalpha() and client.recv(65536):  # no method of HTTP
            pass
        if method == b"GET":
            said = f"{address[0]}:{address[1]}" if rest.startswith(b"/clientip ") else name
            head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(said)}\r\nConnection: close\r\n\r\n"
            client.sendall((head + said).encode())


def send(
    namespace: Namespace,
    dst: str,
    dport: int,
    packet: Packet,
    *,
    hold: contextlib.ExitStack | None = None,
    answered: bool = False,
) -> str:
    """Send one packet from inside a namespace; return ``sent``, or the error the program got.

    Its socket is closed at once, or together with ``hold``: what closes a connection is a packet too.
    Where it is ``answered``, wait for the answer for a while.
    """
    work = {"icmp": _ping, "udp": _datagram, "tcp": _connect}[packet.proto]

    def run() -> str:
        with contextlib.ExitStack() as opened:
            try:
                client = work((dst, dport), packet, opened)
            except OSError as error:
                return error.strerror or str(error)
            with contextlib.suppress(OSError):
                if answered and packet.proto != "tcp":
                    client.recv(70000)
            if hold is not None:
                hold.push(opened.pop_all())
        return "sent"

    return namespace.inside(run)


def _family(goal: Goal) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in goal[0] else socket.AF_INET


def _options(client: socket.socket, packet: Packet) -> None:
    if client.type != socket.SOCK_STREAM:
        level, option = (
            (socket.IPPROTO_IPV6, IPV6_MTU_DISCOVER)
            if client.family == socket.AF_INET6
            else (socket.IPPROTO_IP, IP_MTU_DISCOVER)
        )
        client.setsockopt(level, option, DO if packet.df else DONT)
        client.settimeout(PATIENCE)
    if client.family == socket.AF_INET6:
        client.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_UNICAST_HOPS, packet.ttl)
        client.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_TCLASS, packet.tos)
    else:
        client.setsockopt(socket.IPPROTO_IP, socket.IP_TTL, packet.ttl)
        client.setsockopt(socket.IPPROTO_IP, socket.IP_TOS, packet.tos)


def _payload(size: int) -> bytes:
    return bytes(k & 255 for k in range(size))


def _ping(goal: Goal, packet: Packet, opened: contextlib.ExitStack) -> socket.socket:
    six = _family(goal) == socket.AF_INET6
    number = socket.IPPROTO_ICMPV6 if six else socket.IPPROTO_ICMP
    client = opened.enter_context(socket.socket(_family(goal), socket.SOCK_RAW, number))
    _options(client, packet)
    echo = wire.Icmp(ECHO6 if six else ECHO, 0, packet.sport, 1)  # a connection of its own, as a port makes one
    # of ICMPv6 the kernel writes the checksum, which covers the addresses
    client.sendto(wire.encode((echo, wire.Data(_payload(packet.size)))), (goal[0], 0))
    return client


def _datagram(goal: Goal, packet: Packet, opened: contextlib.ExitStack) -> socket.socket:
    client = opened.enter_context(socket.socket(_family(goal), socket.SOCK_DGRAM))
    _options(client, packet)
    client.bind((ANY[_family(goal)], packet.sport))
    client.connect(goal)
    client.send(_payload(packet.size))
    return client


def _connect(goal: Goal, packet: Packet, opened: contextlib.ExitStack) -> socket.socket:
    """Connect and write the data; where nobody answers, the socket is closed before it asks again."""
    client = opened.enter_context(socket.socket(_family(goal), socket.SOCK_STREAM))
    _options(client, packet)
    client.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.settimeout(SYN)
    client.bind((ANY[_family(goal)], packet.sport))
    try:
        client.connect(goal)
        if packet.size:
            client.sendall(_payload(packet.size))
    except (TimeoutError, ConnectionRefusedError):
        opened.close()
    return client
