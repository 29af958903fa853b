"""What a recording of fragments costs to become a walk: processor time by the number of its frames, and a frame's share.

Recordings of the model: large pings from pod to pod over VXLAN, on an underlay that carries 576 bytes.
"""

from __future__ import annotations

from time import process_time

from packetwalk import Cluster, wire
from packetwalk.capture.frames import Frame
from packetwalk.capture.recording import Probe, Recording
from packetwalk.capture.stitch import stitch
from packetwalk.lab.grounds.modelled import record
from packetwalk.plan.cluster import INTERNET, ROUTER
from packetwalk.trace.packet import LARGEST, Packet
from packetwalk.walks.network import Network

UNDERLAY = 576  # bytes
APART_NS = 10**9
SIZES = ((3000,), (12000,), (24000,), (49000,), tuple(LARGEST["icmp"] - number for number in range(9)))
"""Payloads of the pings in bytes: some 110, 440, 880, 1,760 and 21,000 frames."""


def recording(*sizes: int, plugin: str = "flannel", mode: str = "vxlan", mixed: bool = False) -> Recording:
    """Return one recording of some pings of different sizes, with their answers.

    Each comes after the other, or, ``mixed``, all are sent at once.
    """
    network = Cluster(mtu=UNDERLAY).use(plugin, mode)
    made = [_one(network, size) for size in sizes]
    frames = [
        _later(frame, number, 0 if mixed else APART_NS)
        for number, each in enumerate(made)
        for frame in each.sent[0].frames
    ]
    frames.sort(key=lambda frame: frame.time_ns)
    return made[0]._replace(sent=(made[0].sent[0]._replace(frames=tuple(frames)),))


def _one(network: Network, size: int) -> Recording:
    probe = Probe("ping", "a", network.address("b"), 0, Packet(size=size))
    names = [node.name for node in network.nodes] + [pod.name for pod in network.pods] + [ROUTER, INTERNET]
    places = [network.fabric.netns(name) for name in names]
    return record(probe, network.send("a", "b", probe.packet), places)


def _later(frame: Frame, number: int, apart: int) -> Frame:
    """Return a frame of the ``number``-th ping: a moment later, its fragments of other datagrams."""
    stack = tuple(
        header._replace(id=header.id + 100 * number)
        if isinstance(header, wire.Ipv4) and header.fragment
        else header
        for header in frame.stack
    )
    return frame._replace(data=wire.encode(stack), time_ns=frame.time_ns + number * (apart + 1))


def main() -> None:
    """Measure and print."""
    print("a recording of fragments becomes a walk")
    first = 0.0
    for sizes in SIZES:
        made = recording(*sizes)
        count = len(made.sent[0].frames)
        start = process_time()
        stitch(made, made.sent[0])
        seconds = process_time() - start
        first = first or seconds / count
        print(f"  {count:>6} frames {seconds:>8.2f} s   a frame's share {seconds / count / first:.2f}")


if __name__ == "__main__":
    main()
