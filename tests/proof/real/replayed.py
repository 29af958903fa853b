"""An experiment sent in the model: its frames beside the recorded ones, in one language."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from typing import NamedTuple

from packetwalk.capture.projection import DecodedFrame, Reader
from packetwalk.cni.weave.faults import remade
from packetwalk.datapath import client
from packetwalk.datapath.run import Run
from packetwalk.plan.underlay import SERVER_PORT
from packetwalk.trace.packet import Packet
from packetwalk.walks.network import Edit, Network
from packetwalk.wire import Tcp
from tests.proof.frames import renamed
from tests.proof.real import packets
from tests.proof.real.by_hand import edits
from tests.proof.real.experiment import OUTSIDE, RealExperiment, Sent, outcomes
from tests.proof.real.recording import RealCluster, RealRecording

NOTHING: Mapping[str, Edit] = {}


class Replayed(NamedTuple):
    """Frames of both sides, what filters took out of each, and the walks."""

    network: Network
    runs: list[Run]
    recorded: list[DecodedFrame]
    model: list[DecodedFrame]
    left_out: dict[str, int]


@cache
def recorded_cluster(name: str) -> RealRecording:
    """Read a recording once."""
    return RealRecording(name)


def network(experiment: RealExperiment, altered: Mapping[str, Edit] = NOTHING) -> Network:
    """Return the cluster in which an experiment was done, with what its author added; ``altered`` is done before."""
    cluster = recorded_cluster(experiment.recording)
    made = cluster.network
    if (
        cluster.setup.plugin == "weave" and experiment.name[0] == "6"
    ):  # on the switch all of port 6783 between n1 and n3 is dropped
        cut = frozenset({frozenset((1, 3))})
        made = Network(RealCluster(cluster.setup), "weave", "sleeve", change=remade(cut=lambda _: cut))
    changes: dict[str, list[Edit]] = {netns: [edit] for netns, edit in altered.items()}
    for netns, edit in edits(experiment, made):
        changes.setdefault(netns, []).append(edit)
    return made.edited(changes)


@cache
def replayed(recording: str, name: str) -> Replayed:
    """Send an experiment's packets in the model."""
    experiment = RealExperiment(recording, name)
    return walked(experiment, network(experiment))


def walked(experiment: RealExperiment, made: Network) -> Replayed:
    """Send an experiment's packets in a network."""
    left_out = {}
    theirs = _recorded(experiment)
    runs, ours = [], []
    for sent in experiment.sent:
        run = _send(made, sent, replace(sent.packet, cold=experiment.cold))
        runs.append(run)
        steps = [step for trace in run.traces for step in trace.frames()]
        ours += [
            DecodedFrame(s.netns, s.dev or "", "in" if s.event == "ingress" else "out", s.after, b"")
            for s in sorted(steps, key=lambda step: step.seq)
        ]
    ours = [frame for frame in ours if frame.dev != "lo"]
    for difference, keep in packets.FILTERS.items():
        kept = [keep(experiment, frames) for frames in (theirs, ours)]
        left_out[difference] = len(theirs) + len(ours) - sum(map(len, kept))
        theirs, ours = kept
    return Replayed(made, runs, theirs, ours, left_out)


def _send(made: Network, sent: Sent, packet: Packet) -> Run:
    if sent.source is None:
        return made.send(sent.src, sent.dst, packet)
    return client.send(made.fabric, sent.src, sent.dst, SERVER_PORT, packet, source=sent.source)


def mac_names(experiment: RealExperiment) -> dict[str, str]:
    """Return {recorded MAC: the model's}."""
    return _names(experiment.recording)[0]


@cache
def _names(recording: str) -> tuple[dict[str, str], dict[tuple[str, str], str]]:
    """Return MACs and devices of the model by the recorded ones, those of router and outside too."""
    cluster = recorded_cluster(recording)
    macs, devices = dict(cluster.macs), dict(cluster.names)
    for netns, ends in outcomes(recording)["outside"].items():
        mine = cluster.network.fabric.netns(netns).links
        for (device, mac), model in zip(sorted(ends.items()), sorted(set(mine) - {"lo"}), strict=True):
            macs[mac] = mine[model].address
            devices[next(n for n, m in OUTSIDE.items() if m == netns), device] = model
    return macs, devices


def _recorded(experiment: RealExperiment) -> list[DecodedFrame]:
    macs, devices = _names(experiment.recording)
    out = []
    for frame in experiment.frames:
        device = devices.get((frame.netns, frame.dev), frame.dev)
        netns = OUTSIDE.get(frame.netns, frame.netns)
        for stack in packets.unpacked(frame.stack):
            out.append(DecodedFrame(netns, device, frame.direction, renamed(stack, macs), frame.data))
    return out


def lines(experiment: RealExperiment, frames: list[DecodedFrame]) -> list[str]:
    """Return frames as text, MACs by their owners."""
    made = recorded_cluster(experiment.recording).network
    places = [node.name for node in made.nodes] + [pod.name for pod in made.pods] + [*OUTSIDE.values()]
    owners = {
        link.address: f"{netns}/{link.ifname}"
        for netns in places
        for link in made.fabric.netns(netns).links.values()
        if link.kind != "lo"
    }
    known = {80, 53, 5353, 6783, 8080, 9090, 30080, *range(33434, 33450)}
    known |= {sent.packet.sport for sent in experiment.sent}
    reader, out = Reader(owners, known), []
    for frame in frames:
        tcp = next((header for header in frame.stack if isinstance(header, Tcp)), None)
        if tcp and tcp.flags == "S" and tcp.seq != reader.first.get("A"):
            reader.first.clear()  # the next connection
        out.append(reader.line(frame))
    return out
