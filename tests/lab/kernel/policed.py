"""Real packets in a cluster under policies, beside what the model says of them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from packetwalk.capture.recording import Recording
from packetwalk.datapath.run import Run
from packetwalk.lab.kernel import record
from packetwalk.lab.kernel.inventory import named, operations
from packetwalk.lab.kernel.live import Live
from packetwalk.lab.proving.sending import calm, send, unread
from packetwalk.proof import compare
from packetwalk.trace.packet import Packet
from packetwalk.walks import warming
from packetwalk.walks.network import Network
from packetwalk.walks.paths import KnownPaths

FIRST_PORT = 41000


class Fared(NamedTuple):
    """What came of packets: ``ends`` are the model's, by source and destination; ``runs`` are all, the warming ones too."""

    model: Network
    recording: Recording
    runs: list[Run]
    ends: dict[tuple[str, str], str]

    def differences(self) -> list[tuple[str, str]]:
        """Return what differs, and how: tables, every frame at every device, what the sender heard."""
        return list(compare.compare(self.recording, self.model))


def fare(model: Network, asked: Iterable[tuple[str, str]]) -> Fared:
    """Build a cluster in the kernel, send a packet for each pair: TCP to what has a port or is a Service, else a ping."""
    live, paths, runs, sent, ends = Live(), KnownPaths(), [], [], {}
    services = {each.name for each in model.cluster.services}
    try:
        live.build(operations(model))
        calm(live.inside.values())
        with record.Recorder(live.inside, named(model)) as recorder:
            for number, (src, dst) in enumerate(asked):
                proto, size = ("tcp", 0) if ":" in dst or dst in services else ("icmp", 56)
                packet = Packet(proto, size, sport=FIRST_PORT + 2 * number)
                run, before = warming.send(model, src, dst, packet, paths)
                ends[src, dst] = run.traces[0].disposition
                runs += [before, run] if before else [run]
                sent.append(send(recorder, f"packet-{number}", packet, run, before, hurried=True))
            seen = record.recording(
                recorder,
                sent,
                without=unread(operations(model)),
                plugin=model.plugin.name,
                mode=model.mode.name,
                emulated=live.played(),
            )
    finally:
        live.close()
    return Fared(model, seen, runs, ends)
