"""What a base chain remembers of a verdict is what its rules say, of every mode, for any packet."""

from __future__ import annotations

from copy import copy
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from packetwalk import Cluster
from packetwalk.cni import plugins
from packetwalk.datapath.chain import BaseChain, Verdict
from packetwalk.datapath.matches import STATES, Aside, View
from packetwalk.datapath.netfilter import Ruleset

MODES = [(plugin.name, mode.name) for plugin in plugins().values() for mode in plugin.modes]
ADDRESSES = ("10.244.1.2", "10.244.2.3", "10.32.0.2", "172.18.0.3", "10.96.0.80", "203.0.113.9", "127.0.0.1")
DEVICES = (None, "eth0", "cni0", "weave", "flannel.1", "vxlan.calico", "cali0123456789a")


@cache
def chains(plugin: str, mode: str) -> list[BaseChain]:
    """Return the base chains of a node that are not empty."""
    ruleset = Cluster().use(plugin, mode).fabric.netns("kind-worker").ruleset
    return base_chains(ruleset)


def base_chains(ruleset: Ruleset) -> list[BaseChain]:
    """Return the base chains of a namespace."""
    return [
        chain
        for at in ruleset.at.values()
        if at
        for chain in (*at.raw, *at.before, *at.nat, *at.after)
        if chain
    ]


def asked_all(chain: BaseChain, packet: View) -> Verdict:
    """Return the verdict of a chain whose rules see all of a packet, and which remembers nothing."""
    whole = copy(chain)
    whole.reads = View._fields
    return whole._decide(tuple(packet))


views = st.builds(
    View,
    st.sampled_from(["tcp", "udp", "icmp", "esp"]),
    st.sampled_from(ADDRESSES),
    st.integers(1, 65535) | st.sampled_from([80, 443, 6783, 6784, 8472, 51820]),
    st.sampled_from(ADDRESSES),
    st.integers(1, 65535) | st.sampled_from([80, 443, 6783, 6784, 8472, 51820]),
    st.sampled_from(DEVICES),
    st.sampled_from(DEVICES),
    st.sampled_from([0, 0x4000, 0x20000, 0x60000]),
    st.sampled_from([None, *sorted(STATES)]),
    st.builds(
        Aside, st.sampled_from(DEVICES), st.sampled_from(DEVICES), st.none() | st.just(0x101), st.booleans()
    ),
)


@settings(max_examples=10, deadline=None)
@given(packets=st.lists(views, min_size=20, max_size=40))
def test_a_verdict_is_what_the_rules_say(packets: list[View]) -> None:
    """All modes are asked of the same packets: to draw them costs more than all verdicts."""
    for mode in MODES:
        for chain in chains(*mode):
            chain.verdicts.clear()
            for packet in packets:
                assert chain.verdicts[chain.key(packet)] == asked_all(chain, packet), (*mode, chain.table)


@pytest.mark.parametrize(("plugin", "mode"), MODES)
def test_a_client_that_draws_another_port_asks_nothing_new_of_rules_without_ports(
    plugin: str, mode: str
) -> None:
    network = Cluster().use(plugin, mode)
    rulesets = [network.fabric.netns(netns).ruleset for netns in ("kind-worker", "kind-worker2")]
    found = [chain for ruleset in rulesets for chain in base_chains(ruleset)]
    blind = [chain for chain in found if not {"sport", "dport"} & set(chain.reads)]
    network.send("a", "b", proto="udp", sport=40000)
    before = [len(chain.verdicts) for chain in blind]
    for port in range(40001, 40010):
        network.send("a", "b", proto="udp", sport=port)
    assert any(before)
    assert [len(chain.verdicts) for chain in blind] == before
