"""Networks that no plugin makes: namespaces and devices by a few commands, recorded as a lab records."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from typing import Unpack

from packetwalk.capture.frames import Frame
from packetwalk.capture.recording import VERSION, Place, Probe, Recording, Sent
from packetwalk.lab.kernel.inventory import Named
from packetwalk.lab.kernel.namespaces import Namespace
from packetwalk.lab.kernel.probing import Warm
from packetwalk.lab.kernel.record import Recorder, kernel, recording, tables
from packetwalk.lab.kernel.sniff import Sniffer
from packetwalk.lab.kernel.traffic import Servers
from packetwalk.tables import SocketEntry
from packetwalk.trace.packet import Packet, PacketOptions

LIMIT = 0.6  # seconds for an answer


class HandMade:
    """Namespaces that a test makes, called ``node-1`` or ``router-x``; ``pod-1`` is on the node of the same number."""

    def __init__(self, inside: Mapping[str, Namespace]) -> None:
        self.inside = inside

    def run(self, *lines: str) -> None:
        """Run commands, ``NETNS: COMMAND``; ``@NETNS`` in one stands for where that namespace is found."""
        for line in lines:
            netns, _, command = line.partition(": ")
            words = [
                self.inside[word[1:]].path if word[1:] in self.inside and word[0] == "@" else word
                for word in command.split()
            ]
            self.inside[netns].run(words)

    def cable(self, one: str, other: str) -> None:
        """Put a veth pair between two ends, ``NETNS DEV ADDRESS/LENGTH`` (the address may be left out)."""
        (here, dev, *address), (there, far, *far_address) = one.split(), other.split()
        self.run(f"{here}: ip link add {dev} type veth peer name {far} netns @{there}")
        for netns, name, given in ((here, dev, address), (there, far, far_address)):
            self.run(f"{netns}: ip link set {name} up")
            self.run(*[f"{netns}: ip addr add {each} dev {name}" for each in given])

    def record(self, src: str, dst: str, dport: int = 0, **packet: Unpack[PacketOptions]) -> Recording:
        """Send a packet and return the recording of it; the neighbours on its way are known before."""
        named = {name: _named(name) for name in self.inside}
        probe = Probe("packet", src, dst, dport, Packet.of(packet))
        with Recorder(self.inside, named) as recorder:
            warm = Warm(dst, Packet(probe.packet.proto, sport=probe.packet.sport - 1))
            return recording(recorder, [recorder.send(probe, warm, 99, LIMIT)])

    def watch(self, src: str, program: Callable[[], None], *names: str) -> Recording:
        """Run a program in a namespace and return the recording of what followed, as some namespaces saw it."""
        inside = {name: self.inside[name] for name in names}
        frames: list[Frame] = []
        with closing(Sniffer(inside)) as sniffer, ThreadPoolExecutor(1) as beside:
            done = beside.submit(self.inside[src].inside, program)
            while not done.done():
                frames += sniffer.collect()
            frames += sniffer.collect()
            done.result()
            assert not sniffer.lost
        places = (Place(name, *_named(name), files=tables(each)) for name, each in inside.items())
        about = {"version": VERSION, "ground": "netns", "kernel": kernel()}
        return Recording(about, tuple(places), (Sent(*Probe("packet", src, "", 0), frames=tuple(frames)),))


def _named(netns: str) -> Named:
    return Named(netns.replace("pod-", "node-"), netns.split("-")[0], netns)


@contextmanager
def handmade(*names: str, listens: Mapping[str, int] | None = None) -> Iterator[HandMade]:
    """Make namespaces with a loopback that is up; all that ``node`` and ``router`` have in their name forward."""
    inside = {name: Namespace(name) for name in names}
    made = HandMade(inside)
    servers: list[Servers] = []
    try:
        for name in names:
            made.run(f"{name}: ip link set lo up")
            inside[name].sysctl({"net.ipv6.conf.default.disable_ipv6": "1"})
            if not name.startswith("pod"):
                inside[name].sysctl({"net.ipv4.ip_forward": "1", "net.ipv4.conf.all.rp_filter": "0"})
        for name, port in (listens or {}).items():
            servers.append(Servers(inside[name], [SocketEntry(proto, port, "") for proto in ("tcp", "udp")]))
        yield made
    finally:
        for server in servers:
            server.close()
        for each in inside.values():
            each.close()
