"""What the programs said, which rules decided, which connections were tracked."""

from __future__ import annotations

import re

import pytest

from packetwalk.tables import ConntrackEntry, IptablesRule
from packetwalk.tables.conntrack import connection
from packetwalk.tables.iptables import hit
from packetwalk.trace.step import Trace
from tests.proof import differences
from tests.proof.test_walks import EXPERIMENTS, replay

PINGS = [name for name, e in EXPERIMENTS.items() if " ping " in e.outcome["commands"][0]]
ROUTES = [name for name in EXPERIMENTS if "traceroute" in name]
SENTENCES = {
    "delivered-reply": "{0} bytes from {1}: icmp_seq=1 ttl={2}",
    "message-too-long": "ping: local error: message too long, mtu={1}",
}


def said(traces: tuple[Trace, ...]) -> list[str]:
    """What ping prints about these traces."""
    out = []
    for trace in traces:
        key, *arguments = trace.steps[-1].note
        if key in SENTENCES:
            out.append(SENTENCES[key].format(*arguments))
        elif key == "delivered-error" and "fragmentation" in arguments[0]:
            mtu, address = re.findall(r"mtu (\d+)\), says (\S+)", arguments[0])[0]
            out.append(f"From {address} icmp_seq=1 Frag needed and DF set (mtu = {mtu})")
    return out


@pytest.mark.parametrize("name", PINGS)
def test_ping_says(name: str) -> None:
    lines = [line for line in EXPERIMENTS[name].outcome["said"] if "packets transmitted" not in line]
    lines = lines[: len(differences.commands(EXPERIMENTS[name]))]
    assert said(replay(name).traces) == lines


@pytest.mark.parametrize("name", ROUTES)
def test_traceroute_says(name: str) -> None:
    """Each probe is answered by the machine that traceroute printed for it."""
    hops = [line.split()[1] for line in EXPERIMENTS[name].outcome["said"]]
    answers = [t.flow.src for t in replay(name).traces if t.name in ("error", "reply")]
    assert answers[: len(hops)] == hops


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_rules(name: str) -> None:
    """The rules that decided about packets are those whose counters rose."""
    decided = {
        (step.netns, step.entry.spec)
        for trace in replay(name).traces
        for step in trace.steps
        if step.hook
        and isinstance(step.entry, IptablesRule)
        and not differences.answers(EXPERIMENTS[name], trace.name)
    }
    counted = {
        (netns, hit(line).rule.split(" ", 2)[2])
        for netns, lines in EXPERIMENTS[name].outcome["rules"].items()
        for line in lines
    }
    counted = {(netns, spec) for netns, spec in counted if not re.search(r"-j (FLANNEL|MARK)", spec)}
    assert decided - counted == differences.not_of_iptables(name)
    assert counted - decided == differences.passed_on(name)


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_connections(name: str) -> None:
    """Each node tracks the same connections, with the same addresses and ports after NAT."""
    found = replay(name)
    ports = {c.packet.sport for c in EXPERIMENTS[name].commands()} | {80, 8080, 8083, 9999, 8472}
    for netns, lines in EXPERIMENTS[name].outcome["conntrack"].items():
        recorded = {shape(connection(line), ports) for line in lines}
        model = {shape(entry, ports) for entry in found.connections.get(netns, [])}
        if name in differences.KNOWN["silent-server"]["experiments"]:
            assert recorded <= model, netns
        else:
            assert recorded == model, netns


def shape(entry: ConntrackEntry, known: set[int]) -> tuple:
    """A connection without its random numbers."""
    numbers = [entry.sport, entry.dport, entry.reply_sport, entry.reply_dport]
    return (
        entry.protocol,
        entry.src,
        entry.dst,
        entry.reply_src,
        entry.reply_dst,
        *(n if n in known else "#" for n in numbers),
        numbers[0] == numbers[3],
    )
