"""weave-npc's tables under NetworkPolicies, step by step as recorded; probes meet the same verdicts and the same rules."""

from __future__ import annotations

import re
from collections import Counter
from functools import cache

import pytest

from packetwalk.datapath.run import Run
from packetwalk.wire import Ipv4
from tests.policy import cases
from tests.proof.real.compare import compare
from tests.proof.real.policies import BY_HAND, PolicyStep, steps
from tests.proof.real.test_packets import UNCOUNTED

KEPT = [name for name, step in steps().items() if step.places]
TRIED = [(name, number) for name, step in steps().items() for number in range(len(step.probes))]
NOT_ALONE = {
    "20-open-connection-egress": "a connection that had been opened before the policy came went on, until conntrack -F",
    "21-npc-running": "somebody asked p2a once more before the probes",
}
"""Steps whose rules have counted other packets too."""
OF_CONNECTIONS = re.compile(r"RELATED,ESTABLISHED|filter -A (INPUT|FORWARD) .*-j WEAVE-NPC")
"""Rules that meet the later segments of a connection, of which there are as many as its programs make."""
OF_ROUTERS = "nat -A POSTROUTING -j WEAVE"
"""What routers say to each other meets it too."""


@pytest.mark.parametrize("name", KEPT)
def test_every_table_is_as_recorded(name: str) -> None:
    found = list(compare(steps()[name]))
    tables = {(each.netns, each.table) for each in found}
    assert tables >= {(node, table) for node in ("n1", "n2") for table in ("ipset", "iptables/nat")}
    assert ("n2", "iptables/filter") in tables
    assert [f"{each.netns} {each.table}: {line}" for each in found for line in each.differences] == []


@pytest.mark.parametrize("name", [name for name in KEPT if name in BY_HAND])
def test_what_was_done_by_hand_is_to_be_seen(name: str) -> None:
    plain = PolicyStep(steps()[name].kept, by_hand=False)
    assert any(each.differences for each in compare(plain))


def test_the_policies_of_another_step_are_found_out() -> None:
    alike = {"00-no-policy", "10-named-port"}, {"02-default-deny-ingress", "11-named-port-and-deny"}
    pairs = [(a, b) for a in KEPT for b in KEPT if a < b and b not in BY_HAND and {a, b} not in alike]
    assert len(pairs) > 50
    for name, other in pairs:
        mixed = PolicyStep(steps()[name].kept)
        mixed.network = steps()[other].network
        assert any(each.differences for each in compare(mixed)), (name, other)


@cache
def sent(name: str, number: int) -> tuple[Run, ...]:
    """Send a probe in the model: a SYN that nobody answers is sent again within the recorder's 1.2 s."""
    step = steps()[name]
    probe = step.probes[number]
    own = {} if probe.proto == "icmp" else {"sport": 40000 + number}
    run = step.network.send(probe.src, probe.dst, proto=probe.proto, **own)
    if probe.proto != "tcp" or answered(run):
        return (run,)
    return run, step.network.send(probe.src, probe.dst, proto=probe.proto, after=run, **own)


def answered(run: Run) -> bool:
    """Say whether the program got an answer."""
    names = {trace.name for trace in run.traces}
    return bool(names & {"ack", "reply"}) and "reset" not in names


def seen(run: Run) -> str:
    """Return the source that the server saw."""
    last = run.traces[0].steps[-1]
    return next(header.src for header in reversed(last.after) if isinstance(header, Ipv4))


@pytest.mark.parametrize(("name", "number"), TRIED)
def test_a_probe_is_answered_as_recorded(name: str, number: int) -> None:
    probe, (run, *_) = steps()[name].probes[number], sent(name, number)
    assert answered(run) == probe.answered, probe
    if probe.saw:
        assert seen(run) == probe.saw, probe


@pytest.mark.parametrize("name", [name for name in steps() if name not in NOT_ALONE])
def test_the_rules_have_counted_as_recorded(name: str) -> None:
    step = steps()[name]
    for node, noted in step.kept["rules"].items():
        recorded = {re.sub(r" \[\d+\]", "", line, count=1): int(re.search(r"\[(\d+)\]", line)[1]) for line in noted}
        model = Counter(
            f"{rule.entry.chain_table} {rule.entry}"
            for number in range(len(step.probes))
            for run in sent(name, number)
            for netns, verdict, _ in run.verdicts
            if netns == node
            for rule in verdict.counts
        )
        rules = {line for line in recorded.keys() | model.keys() if not UNCOUNTED.search(line)} - {OF_ROUTERS}
        for line in sorted(rules):
            ours, theirs = model[line], recorded.get(line, 0)
            if OF_CONNECTIONS.search(line):
                ours, theirs = bool(ours), bool(theirs)
            assert ours == theirs, f"{node} {line}"


@pytest.mark.parametrize("proto", ["tcp", "udp"])
def test_what_was_open_before_a_policy_goes_on_until_the_tables_are_flushed(proto: str) -> None:
    """As the programs of step 20 told: echoes and answers after the policy came, none after ``conntrack -F`` at 9.3 s."""
    told = next(each for each in cases("weave-npc-2.9.0") if "open" in each)
    lines = [line.partition("s ") for line in told["open" if proto == "tcp" else "udp"].splitlines()]
    under, flushed = (
        {word for at, _, word in lines if low < float(at) < high} for low, high in ((2.5, 8.5), (9.3, 99))
    )
    assert under == {"echo" if proto == "tcp" else "udp answer"}
    assert flushed == {"TimeoutError timed out" if proto == "tcp" else "udp no answer"}
    before, after = (steps()[name].network for name in ("00-no-policy", "20-open-connection-egress"))
    opened = before.send("p1a", "10.32.0.2:8080", proto=proto, sport=45000)
    assert answered(opened)
    assert answered(after.send("p1a", "10.32.0.2:8080", proto=proto, sport=45000, after=opened))
    assert not answered(after.send("p1a", "10.32.0.2:8080", proto=proto, sport=45000))
