"""What a recording of many packets costs to become a walk: processor time and memory by the number of its frames.

Recordings of the model: a ping from pod to pod over VXLAN, many times over, each with a number of its own.
"""

from __future__ import annotations

import tracemalloc
from time import process_time

from benchmarks.fragments import APART_NS
from packetwalk import Cluster, wire
from packetwalk.capture.frames import Frame
from packetwalk.capture.recording import Probe, Recording
from packetwalk.capture.stitch import stitch
from packetwalk.lab.grounds.modelled import record
from packetwalk.trace.packet import Packet

COUNTS = (1250, 5000, 20_000)
MIB = 2**20
PING = Packet()
ECHOES = (0, 8)  # types of ICMP


def recording(frames: int, packet: Packet = PING) -> Recording:
    """Return a recording of about so many frames: pings, one after the other."""
    network = Cluster().use("flannel", "vxlan")
    probe = Probe("ping", "a", network.address("b"), 0, packet)
    places = [network.fabric.netns(each.name) for each in (*network.nodes, *network.pods)]
    made = record(probe, network.send("a", "b", probe.packet), places)
    one = made.sent[0].frames
    every = tuple(_numbered(frame, number) for number in range(frames // len(one)) for frame in one)
    return made._replace(sent=(made.sent[0]._replace(frames=every),))


def _numbered(frame: Frame, number: int) -> Frame:
    """Return a frame of the ``number``-th ping: its echo, or its error, has a number of its own."""
    stack = tuple(
        header._replace(seq=header.seq + number)
        if isinstance(header, wire.Icmp) and header.type in ECHOES
        else header._replace(id=header.id + number)
        if isinstance(header, wire.Ipv4)
        else header
        for header in frame.stack
    )
    return frame._replace(data=wire.encode(stack), time_ns=frame.time_ns + number * APART_NS)


def main() -> None:
    """Measure and print."""
    print("a recording of pings becomes a walk")
    first = 0.0
    for count in COUNTS:
        made = recording(count)
        frames = len(made.sent[0].frames)
        start = process_time()
        stitch(made, made.sent[0])
        seconds = process_time() - start
        first = first or seconds / frames
        tracemalloc.start()
        stitch(made, made.sent[0])
        most = tracemalloc.get_traced_memory()[1] / MIB
        tracemalloc.stop()
        print(f"  {frames:>6} frames {seconds:>8.2f} s {most:>6.0f} MiB   a frame's share {seconds / frames / first:.2f}")


if __name__ == "__main__":
    main()
