"""The recorded experiments, sent in the model: the same frames at the same places, rules, connections, answers."""

from __future__ import annotations

import difflib
import re
from collections import Counter
from collections.abc import Callable
from functools import cache

import pytest

from packetwalk import wire
from packetwalk.tables.conntrack import connection
from tests.proof.differences import partial_checksum
from tests.proof.frames import renamed, with_masked
from tests.proof.real import packets
from tests.proof.real.experiment import RealExperiment, every
from tests.proof.real.packets import KNOWN, LATER
from tests.proof.real.recording import SETUPS, RealRecording
from tests.proof.real.replayed import Replayed, lines, mac_names, replayed
from tests.proof.test_outcomes import said, shape

EXPERIMENTS = {each.id: each for each in every() if each.id not in LATER}
each_experiment = pytest.mark.parametrize("name", EXPERIMENTS)
UNCOUNTED = re.compile(
    "KUBE-FIREWALL|KUBE-NODEPORTS|kubernetes (service|postrouting|health|load|externally|forwarding)|KUBE-POSTROUTING"
    "|KUBE-FORWARD|CNI-|arp calico-arp"
)
"""Rules that other traffic of a node meets too, or that the recorder left out."""
NOTED = (
    (re.compile(r"^\+?\d+ | \[\d+\]|counter (packets \d+ bytes \d+ ?)?"), ""),
    (re.compile(r'(?<= comment ")cali:[^;"]*; '), ""),
    (re.compile(r' (-m comment --)?comment "cali:[^"]*"'), ""),
    (re.compile(r"^(ip \S+) \S+: "), r"\1 "),
)
"""What recorders wrote beside a rule, Felix' hash of it, and the chain that nft does not write with a rule."""
OWN = re.compile(
    "nat -A POSTROUTING (-j WEAVE|.*flanneld masq)"
    "|(raw|mangle|nat|filter) -A ([A-Z]+ -j )?cali-(PREROUTING|INPUT|OUTPUT|POSTROUTING)(?! -i)"
    "|ip calico (?!.*(wl-dispatch|FORWARD|-pr[io]-|-forward|[io]ifname))"
)
"""Those that what routers, nodes and their programs say themselves may meet."""
NOT_FLUSHED = {"calico-3.33-bgp-mesh"}
"""Recordings whose tables of connections hold those of earlier experiments too."""
NOT_LISTED = {("flannel-vxlan-0.28.9-iptables/13-nodeport-cluster-from-node", 41021)}
"""A connection that ``conntrack -L`` passed over there, though its server named the port of its SNAT."""
SWITCHED = {("calico-3.33-vxlan-iptables/70-n3-nft-cross-ping", "n3")}
"""Where the recorder had switched one node to nftables."""
REFUSED, NO_PACKET = re.compile("ECONNREFUSED|unreachable|ENETUNREACH"), re.compile("Invalid argument")


def found(name: str) -> Replayed:
    return replayed(EXPERIMENTS[name].recording, EXPERIMENTS[name].name)


@cache
def both(name: str) -> tuple[list[str], list[str]]:
    """Lines of the recorded frames and of the walk's."""
    experiment, there = EXPERIMENTS[name], found(name)
    return lines(experiment, there.recorded), lines(experiment, there.model)


def at_each_device(frames: list[str]) -> list[str]:
    """Return frames device by device, those of one in their order."""
    return sorted(frames, key=lambda line: line.split()[:3])


ORDERS: tuple[tuple[str, Callable[[list[str]], list[str]]], ...] = (
    ("", list),
    ("several-at-once", at_each_device),
    ("overtaken", sorted),
)
"""How far the order of an experiment's frames agrees, the best first."""


@each_experiment
def test_frames(name: str) -> None:
    known = (known for known, _ in ORDERS if known and name in KNOWN[known]["experiments"])
    arranged = dict(ORDERS)[next(known, "")]
    there, here = map(arranged, both(name))
    if there != here:
        pytest.fail("\n".join(difflib.unified_diff(there, here, "recorded", "model", "", "", 1, "")), pytrace=False)


@each_experiment
def test_the_order_is_as_good_as_is_said(name: str) -> None:
    best = next((known for known, arranged in ORDERS if arranged(both(name)[0]) == arranged(both(name)[1])), None)
    assert best is not None
    assert [known for known, _ in ORDERS if known and name in KNOWN[known]["experiments"]] == [best][: bool(best)]


@each_experiment
def test_bytes(name: str) -> None:
    """The model's frame with the recorded one's masked fields is the recorded frame."""
    there, macs = found(name), {mine: theirs for theirs, mine in mac_names(EXPERIMENTS[name]).items()}
    ranked = [
        sorted(zip(text, frames, strict=True), key=lambda pair: pair[0])
        for text, frames in zip(both(name), (there.recorded, there.model), strict=True)
    ]
    packed = partial = 0
    for (text, theirs), (_, mine) in zip(*ranked, strict=True):
        data = wire.encode(renamed(with_masked(mine.stack, theirs.stack), macs))
        if packets.is_packed(theirs):
            packed += 1
        elif data != theirs.data:
            partial += 1
            assert partial_checksum(theirs), f"{text}\n{theirs.data.hex()}\n{data.hex()}"
            assert data == wire.encode(wire.decode(theirs.data)), text
    assert (packed > 0) == (name in KNOWN["packed-frames"]["experiments"])
    assert (partial > 0) == (name in KNOWN["partial-checksum"]["experiments"])


@pytest.mark.parametrize("difference", packets.FILTERS)
def test_known_differences_are_there(difference: str) -> None:
    """In so many experiments of a recording as the list says."""
    have = Counter(each.recording for name, each in EXPERIMENTS.items() if found(name).left_out[difference])
    listed = KNOWN[difference]["experiments"]
    assert have == (listed if isinstance(listed, dict) else Counter(each.partition("/")[0] for each in listed))


def test_every_difference_is_known_and_used() -> None:
    assert {*packets.FILTERS, "packed-frames", "partial-checksum", "several-at-once", "overtaken"} == set(KNOWN)
    assert all(each["reason"] for each in KNOWN.values())
    named = {name for each in KNOWN.values() if isinstance(each["experiments"], list) for name in each["experiments"]}
    assert named <= set(EXPERIMENTS)


@pytest.mark.parametrize("recording", SETUPS)
def test_no_experiment_is_left_out_in_silence(recording: str) -> None:
    done = {name for name in (*EXPERIMENTS, *LATER) if name.startswith(f"{recording}/")}
    assert done == {f"{recording}/{name}" for name in RealRecording(recording).experiments}


@each_experiment
def test_programs_are_told_the_same(name: str) -> None:
    """Who answers a ping, with which time to live; which hop traceroute names; whether a connection is made."""
    experiment, runs = EXPERIMENTS[name], iter(found(name).runs)
    for command, heard in zip(experiment.outcome["commands"], experiment.outcome["said"], strict=True):
        if command.split()[1] in ("ip", "nft") and " ping " not in command:  # a question about tables
            continue
        if " traceroute " in command:
            answers = [t.flow.src for run in runs for t in run.traces if t.name in ("error", "reply")]
            assert answers[: len(heard)] == [line.split()[1] for line in heard]
            continue
        run = next(runs)
        names = [t.name for t in run.traces if t.name != "redirect"][:3]
        if heard and NO_PACKET.search(heard[0]):
            assert names == ["request"]
        elif " ping " in command:
            assert said(run.traces) == heard
        elif REFUSED.search(heard[0]):
            assert names in (["request", "error"], ["request", "reply"])  # by ICMP, or with RST
        elif "timed out" in heard[0]:
            assert names in (
                ["request"],
                ["request", "error"],
            )  # one that comes late, or that UDP does not report
        else:
            assert names == ["request", "reply", "ack"][: 3 if "tcp" in command else 2]


def rule_alone(line: str) -> str:
    for noted, instead in NOTED:
        line = noted.sub(instead, line)
    return line.strip()


@each_experiment
def test_rules(name: str) -> None:
    """The rules that counted packets are the recorded ones."""
    experiment, runs = EXPERIMENTS[name], found(name).runs
    for node, noted in (experiment.outcome["rules"] or {}).items():
        recorded = {rule_alone(line) for line in noted}
        model = {
            rule_alone(f"{rule.entry.chain_table} {rule.entry}")
            for run in runs
            for netns, verdict, _ in run.verdicts
            if netns == node
            for rule in verdict.counts
        }
        if (name, node) in SWITCHED:
            continue
        recorded, model = ({rule for rule in side if not UNCOUNTED.search(rule)} for side in (recorded, model))
        assert model - recorded == set(), node
        assert [rule for rule in recorded - model if not OWN.match(rule)] == [], node


@each_experiment
def test_connections(name: str) -> None:
    """Each node tracks the same connections, with the same addresses and ports after NAT."""
    experiment = EXPERIMENTS[name]
    ports = {each.packet.sport for each in experiment.sent} | {80, 53, 5353, 8080, 9090, 30080}
    for node, noted in experiment.outcome["conntrack"].items():
        recorded = {shape(connection(line), ports) for line in noted}
        model = {
            shape(tracked.entry(), ports)
            for run in found(name).runs
            if node in run.conntracks
            for tracked, _ in run.conntracks[node]._by_tuple.values()
            if 6783 not in (tracked.entry().sport, tracked.entry().dport)
            if (name, tracked.entry().sport) not in NOT_LISTED
        }
        assert model - recorded == set(), node
        if experiment.recording not in NOT_FLUSHED:
            assert recorded == model, node


@pytest.mark.parametrize("name", ["23-udp-fragmented-to-clusterip", "24-udp-fragmented-to-pod"])
def test_fragments_leave_a_pod_one_by_one(name: str) -> None:
    """Out, in, out, in; the bridge has the whole of it."""
    experiment = RealExperiment("flannel-vxlan-0.28.9-iptables", name)
    there = replayed(experiment.recording, name)
    recorded, model = lines(experiment, there.recorded), lines(experiment, there.model)
    assert recorded[:7] == model[:7]
    far = recorded[1].split()[1]
    assert [line.split()[1:4] for line in recorded[:7]] == [
        *[["eth0", "out", "1458"], [far, "in", "1458"]] * 2,
        *[["eth0", "out", "194"], [far, "in", "194"], ["cni0", "in", "3042"]],
    ]
