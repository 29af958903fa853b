"""One packet from a real socket, and the servers that answer it."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from collections.abc import Iterable
from functools import partial

from packetwalk import wire
from packetwalk.lab.kernel.namespaces import Namespace
from packetwalk.lab.kernel.patience import FACTOR
from packetwalk.tables import SocketEntry
from packetwalk.trace.packet import Packet

Goal = tuple[str, int]  # address and port
IP_MTU_DISCOVER, DONT, DO = 10, 0, 2
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
            self._open.append(namespace.inside(partial(_listen, kind, entry.port)))
        for server in self._open:
            threading.Thread(target=_serve, args=(server, namespace.name), daemon=True).start()

    def close(self) -> None:
        """Stop listening."""
        for server in self._open:
            with contextlib.suppress(OSError):
                server.shutdown(socket.SHUT_RDWR)
            server.close()


def _listen(kind: int, port: int) -> socket.socket:
    server = socket.socket(socket.AF_INET, kind)
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    server.bind(("0.0.0.0", port))
    if kind == socket.SOCK_STREAM:
        server.listen(4)
    return server


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


def _options(client: socket.socket, packet: Packet) -> None:
    client.setsockopt(socket.IPPROTO_IP, IP_MTU_DISCOVER, DO if packet.df else DONT)
    client.setsockopt(socket.IPPROTO_IP, socket.IP_TTL, packet.ttl)
    client.setsockopt(socket.IPPROTO_IP, socket.IP_TOS, packet.tos)
    client.settimeout(PATIENCE)


def _payload(size: int) -> bytes:
    return bytes(k & 255 for k in range(size))


def _ping(goal: Goal, packet: Packet, opened: contextlib.ExitStack) -> socket.socket:
    client = opened.enter_context(socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP))
    _options(client, packet)
    echo = wire.Icmp(8, 0, packet.sport, 1)  # a connection of its own, as a port makes one
    client.sendto(wire.encode((echo, wire.Data(_payload(packet.size)))), (goal[0], 0))
    return client


def _datagram(goal: Goal, packet: Packet, opened: contextlib.ExitStack) -> socket.socket:
    client = opened.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
    _options(client, packet)
    client.bind(("0.0.0.0", packet.sport))
    client.connect(goal)
    client.send(_payload(packet.size))
    return client


def _connect(goal: Goal, packet: Packet, opened: contextlib.ExitStack) -> socket.socket:
    """Connect and write the data; where nobody answers, the socket is closed before it asks again."""
    client = opened.enter_context(socket.socket(socket.AF_INET, socket.SOCK_STREAM))
    client.setsockopt(socket.IPPROTO_IP, socket.IP_TTL, packet.ttl)
    client.setsockopt(socket.IPPROTO_IP, socket.IP_TOS, packet.tos)
    client.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.settimeout(SYN)
    client.bind(("0.0.0.0", packet.sport))
    try:
        client.connect(goal)
        if packet.size:
            client.sendall(_payload(packet.size))
    except (TimeoutError, ConnectionRefusedError):
        opened.close()
    return client
