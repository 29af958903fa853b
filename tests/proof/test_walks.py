"""Every recorded experiment, sent in the model: the same frames at the same places in the same order.

First the lines of ``projection`` are compared, then each frame byte by byte.
"""

from __future__ import annotations

import difflib
from dataclasses import replace
from functools import cache
from typing import NamedTuple

import pytest

from packetwalk import wire
from packetwalk.capture.projection import DecodedFrame, Reader
from packetwalk.tables import ConntrackEntry
from packetwalk.trace.step import Trace
from tests.proof import differences, setups
from tests.proof.cluster import RecordedNetwork
from tests.proof.frames import renamed, with_masked
from tests.proof.recording import Experiment, experiments

EXPERIMENTS = {experiment.id: experiment for experiment in experiments()}
FAKED = {"ext": "internet", "rt": "router"}
PROBES = range(33434, 33450)


class Replay(NamedTuple):
    """An experiment as recorded and as the model has it; ``left_out`` counts what filters took."""

    network: RecordedNetwork
    traces: tuple[Trace, ...]
    recorded: list[DecodedFrame]
    model: list[DecodedFrame]
    left_out: dict[str, int]
    connections: dict[str, list[ConntrackEntry]]


@cache
def replay(name: str) -> Replay:
    """Send an experiment's packets in the model."""
    experiment = EXPERIMENTS[name]
    network = setups.network(experiment)
    recorded, left_out = _recorded(experiment, network), {}
    for difference, keep in differences.RECORDED_ONLY.items():
        kept = keep(recorded, differences.ReplayContext(experiment, network))
        left_out[difference] = len(recorded) - len(kept)
        recorded = kept
    traces, model, connections = [], [], {}
    for command in differences.commands(experiment):
        packet = replace(command.packet, cold=experiment.cold)
        run = network.send(command.src, command.dst, packet)
        traces += run.traces
        for netns, table in run.conntracks.items():
            tracked = {id(c): c.entry() for c, _ in table._by_tuple.values()}
            connections.setdefault(netns, []).extend(tracked.values())
        steps = [
            step
            for trace in run.traces
            for step in trace.frames()
            if not differences.answers(experiment, trace.name)
        ]
        model += [
            DecodedFrame(s.netns, s.dev or "", "in" if s.event == "ingress" else "out", s.after, b"")
            for s in sorted(steps, key=lambda step: step.seq)
        ]
    left_out["loopback"] = sum(frame.dev == "lo" for frame in model)
    model = [frame for frame in model if frame.dev != "lo"]
    if name in differences.KNOWN["arp-retries"]["experiments"]:
        model = differences.arp_retries(model, differences.ReplayContext(experiment, network))
    return Replay(network, tuple(traces), recorded, model, left_out, connections)


def _recorded(experiment: Experiment, network: RecordedNetwork) -> list[DecodedFrame]:
    out, macs = [], dict(network.macs)
    for frame in experiment.frames():
        message = frame.stack[1]
        if (
            isinstance(message, wire.Arp)
            and message.op == 2
            and message.sha not in macs
            and message.spa.startswith("10.244.")
        ):  # a pod whose tables were not kept
            macs[message.sha] = network.answered(message.spa)
    network.macs.update(macs)
    for frame in experiment.frames():
        faked = FAKED.get(frame.netns, frame.netns), frame.dev
        netns, dev = network.devices.get((frame.netns, frame.dev), faked)
        out.append(DecodedFrame(netns, dev, frame.direction, renamed(frame.stack, macs), frame.data))
    return out


def lines(name: str, frames: list[DecodedFrame]) -> list[str]:
    """Return frames as text, MACs by their owners."""
    network = replay(name).network
    places = {netns for netns, _ in network.devices.values()} | {*FAKED.values()}
    owners = {
        link.address: f"{netns}/{link.ifname}"
        for netns in places
        for link in network.fabric.netns(netns).links.values()
        if link.kind != "lo"
    }
    sent = EXPERIMENTS[name].commands()
    known = {
        *PROBES,
        80,
        8472,
        *(c.packet.sport for c in sent),
        8080,
        *(int(c.dst.partition(":")[2] or 0) for c in sent),
    }
    one_ping = name not in differences.KNOWN["two-pings"]["experiments"]
    reader = Reader(owners, known, ids=one_ping)
    return [reader.line(frame) for frame in frames]


def arranged(order: str, frames: list[str]) -> list[str]:
    """Bring lines into the order that can be compared."""
    if order == "in each namespace":
        return sorted(frames, key=lambda line: line.split(" ")[0])
    return sorted(frames) if order == "none" else frames


def order_of(name: str) -> str:
    """Return how far the order of an experiment's frames can be compared."""
    return next(
        (d["order"] for d in differences.KNOWN.values() if "order" in d and name in d["experiments"]),
        "global",
    )


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_frames(name: str) -> None:
    found = replay(name)
    recorded, model = lines(name, found.recorded), lines(name, found.model)
    order = order_of(name)
    there, here = arranged(order, recorded), arranged(order, model)
    if there != here:
        diff = difflib.unified_diff(there, here, "recorded", "model", "", "", 1, "")
        pytest.fail("\n".join(diff), pytrace=False)
    if order != "global":
        assert recorded != model, "the order agrees: take this experiment out of the list"


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_bytes(name: str) -> None:
    """The model's frame with the recorded one's masked fields is the recorded frame."""
    found, order = replay(name), order_of(name)
    pairs = [
        sorted(
            zip(arranged("global", lines(name, frames)), range(len(frames)), strict=True), key=_rank(order)
        )
        for frames in (found.recorded, found.model)
    ]
    macs = {mine: theirs for theirs, mine in found.network.macs.items()}
    partial = 0
    for (text, there), (_, here) in zip(*pairs, strict=True):
        recorded, model = found.recorded[there], found.model[here]
        data = wire.encode(renamed(with_masked(model.stack, recorded.stack), macs))
        if data == recorded.data:
            continue
        partial += 1
        both = f"{text}\nrecorded {recorded.data.hex()}\nmodel    {data.hex()}"
        assert differences.partial_checksum(recorded), both
        assert data == wire.encode(wire.decode(recorded.data)), text
    assert (partial > 0) == (name in differences.KNOWN["partial-checksum"]["experiments"])


def _rank(order: str):
    if order == "in each namespace":
        return lambda pair: (pair[0].split(" ")[0], pair[1])
    return (lambda pair: pair) if order == "none" else (lambda pair: pair[1])


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_outer_source_ports(name: str) -> None:
    """Which one is masked; both draw it from net.ipv4.ip_local_port_range."""
    for frame in (*replay(name).recorded, *replay(name).model):
        for udp, inner in zip(frame.stack, frame.stack[1:], strict=False):
            if isinstance(inner, wire.Vxlan):
                assert 32768 <= udp.sport <= 60999


@pytest.mark.parametrize("difference", [*differences.RECORDED_ONLY, "loopback"])
def test_known_differences_are_there(difference: str) -> None:
    """Each experiment that a difference lists has it, and no other has."""
    found = [name for name in EXPERIMENTS if replay(name).left_out[difference]]
    assert sorted(found) == sorted(differences.KNOWN[difference]["experiments"])


def test_every_known_difference_is_used() -> None:
    names = {name for d in differences.KNOWN.values() for name in d.get("experiments", ())}
    assert names <= set(EXPERIMENTS)
    assert all(d["reason"] for d in differences.KNOWN.values())
    assert all(differences.MASKS.values())
