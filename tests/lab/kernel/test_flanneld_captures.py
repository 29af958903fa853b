"""The running kernel, set up by the plan, against captures of the real flanneld: frame by frame.

Both are real: the one set up with the commands a plan prints, the other by flanneld v0.20.2 itself.
The model has no part in this comparison but the names of devices and MACs, which it gives both.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import pytest

from packetwalk.capture.projection import DecodedFrame, Reader
from packetwalk.capture.recording import Probe
from packetwalk.lab.kernel.inventory import Named
from packetwalk.lab.kernel.live import Live
from packetwalk.lab.kernel.probing import warming
from packetwalk.lab.kernel.record import Recorder
from packetwalk.plan.cluster import INTERNET, ROUTER
from packetwalk.plan.operation import Operation
from packetwalk.proof.compare.frames import belonging
from packetwalk.tables import SocketEntry
from tests.proof import differences
from tests.proof.cluster import RecordedNetwork
from tests.proof.recording import Experiment, RecordedCommand
from tests.proof.test_walks import EXPERIMENTS, replay

FOLDERS = ("vxlan", "host-gw", "vxlan-directrouting")
PACKETS = ("ping-warm", "ping-max-df", "ping-toolarge-df", "tcp-10-bytes", "node-to-remote-pod")
CHOSEN = [
    name
    for name, experiment in EXPERIMENTS.items()
    if experiment.folder in FOLDERS and name.endswith(PACKETS) and not experiment.cold
]


def plan(network: RecordedNetwork) -> list[Operation]:
    """Return what is done in every namespace of a recorded cluster; each port has one server."""
    names = [*(node.name for node in network.nodes), *(pod.name for pod in network.pods), ROUTER, INTERNET]
    every = [operation for name in names for operation in network._netns_plan(name).operations]
    servers = {(op.netns, op.entry.protocol, op.entry.port): op for op in every if _serves(op)}
    return [op for op in every if not _serves(op)] + list(servers.values())


def _serves(operation: Operation) -> bool:
    return isinstance(operation.entry, SocketEntry)


def sent(network: RecordedNetwork, command: RecordedCommand) -> Iterator[DecodedFrame]:
    """Send a packet in the running kernel, after one that warms the neighbours."""
    run = network.send(command.src, command.dst, command.packet)
    flow = run.traces[0].flow
    probe = Probe("", run.client, flow.dst, flow.dport or 0, command.packet)
    live = Live()
    try:
        live.build(plan(network))
        named = {name: Named(name, "node", name) for name in live.inside}
        with Recorder(live.inside, named) as recorder:
            yield from belonging(recorder.send(probe, warming(probe)).frames)
    finally:
        live.close()


def lines(frames: list[DecodedFrame], experiment: Experiment, ports: set[int]) -> dict[tuple, list[str]]:
    """Return what is compared of the frames of each device and direction; of TCP the handshake."""
    context = differences.ReplayContext(experiment, replay(experiment.id).network)
    reader = Reader({}, {80, 8080, 8472, *ports}, ids=False)
    out: dict[tuple, list[str]] = {}
    for frame in differences.after_the_handshake(frames, context):
        line = reader.line(frame).split(" ", 3)[-1]
        out.setdefault((frame.netns, frame.dev, frame.direction), []).append(line)
    return out


@cache
def recorded(name: str) -> list[DecodedFrame]:
    """Return the frames of an experiment as flanneld's machines saw them, in the model's names."""
    return list(belonging(replay(name).recorded))


def test_every_mode_is_compared() -> None:
    assert {EXPERIMENTS[name].folder for name in CHOSEN} == set(FOLDERS)
    assert len(CHOSEN) >= 15


@pytest.mark.kernel("ipset")
@pytest.mark.parametrize("name", CHOSEN)
def test_this_kernel_does_what_flanneld_made_another_do(name: str) -> None:
    experiment = EXPERIMENTS[name]
    command = differences.commands(experiment)[0]
    network = replay(name).network
    ports = {command.packet.sport, int(command.dst.partition(":")[2] or 0)}
    mine = lines(list(sent(network, command)), experiment, ports)
    theirs = lines(recorded(name), experiment, ports)
    assert mine == theirs
