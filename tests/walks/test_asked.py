"""What users ask for, in every mode and with every form of rules: what holds for all of them."""

from __future__ import annotations

import pytest

import packetwalk
from packetwalk.cni import plugins
from packetwalk.errors import BadInput
from packetwalk.plan.cluster import OUTSIDE, Cluster, Node
from packetwalk.plan.edit import together
from packetwalk.plan.operation import Operation
from packetwalk.plan.rules import NFTABLES
from packetwalk.tables import AddrEntry, SysctlEntry
from packetwalk.trace.packet import Packet
from packetwalk.walks.catalogue import ASKED, SCENARIOS
from packetwalk.walks.network import Network
from packetwalk.walks.scenario import scenarios
from packetwalk.walks.walk import Walk
from packetwalk.wire import Ipv4

MODES = [(p.name, m.name, rules) for p in plugins().values() for m in p.modes for rules in p.rules]
each_mode = pytest.mark.parametrize(("plugin", "mode", "rules"), MODES)


def seen(walk: Walk) -> str:
    """Return the source under which a request arrived."""
    last = walk.traces[0].steps[-1]
    assert last.event == "deliver", walk.summary
    return next(header.src for header in reversed(last.after) if isinstance(header, Ipv4))


def prefix(plugin: str, mode: str) -> int:
    """Return the length of the prefix that a pod's address has."""
    plan = Network(Cluster(), plugin, mode).plan("kind-worker")
    return next(op.entry.prefixlen for op in plan if op.netns == "a" and isinstance(op.entry, AddrEntry))


@each_mode
def test_policy_local_keeps_the_clients_address_or_drops_in_silence(plugin: str, mode: str, rules: str) -> None:
    assert seen(packetwalk.walk(plugin, mode, "nodeport-local", rules=rules)) == OUTSIDE
    away = packetwalk.walk(plugin, mode, "nodeport-local-away", rules=rules)
    assert (away.disposition, len(away.traces)) == ("dropped", 1)


@each_mode
def test_policy_cluster_shows_a_node_and_never_the_client(plugin: str, mode: str, rules: str) -> None:
    for scenario in ("nodeport", "nodeport-from-pod", "nodeport-from-node", "load-balancer"):
        walk = packetwalk.walk(plugin, mode, scenario, rules=rules)
        assert walk.disposition == "delivered"
        assert seen(walk) not in (OUTSIDE, walk.traces[0].flow.src if "pod" in scenario else "")


@each_mode
def test_a_host_port_keeps_the_clients_address_but_for_the_range_that_is_the_pods_own(
    plugin: str, mode: str, rules: str
) -> None:
    assert seen(packetwalk.walk(plugin, mode, "hostport", rules=rules)) == OUTSIDE
    pod = packetwalk.walk(plugin, mode, "hostport-from-pod", rules=rules)
    assert (seen(pod) == pod.traces[0].flow.src) == (prefix(plugin, mode) == 32)


@each_mode
def test_what_nobody_answers_is_refused_by_rules_or_goes_out(plugin: str, mode: str, rules: str) -> None:
    ends = {
        name: packetwalk.walk(plugin, mode, name, rules=rules).disposition
        for name in ("no-endpoints", "no-such-port", "no-such-service")
    }
    native = rules == NFTABLES
    assert ends == {
        "no-endpoints": "no_route" if plugin == "weave" else "rejected",  # Weave's own rule comes first
        "no-such-port": "rejected" if native else "no_route",
        "no-such-service": "dropped" if native else "no_route",
    }


@each_mode
def test_two_flows_from_one_port_leave_from_two(plugin: str, mode: str, rules: str) -> None:
    """Where masquerading keeps ports only the second gets another, and the walk says why; without the first it keeps its own."""
    second = packetwalk.walk(plugin, mode, "port-clash", rules=rules)
    both = [each for each in second.run.conntracks["kind-worker"].connections() if each.original.dst == OUTSIDE]
    assert [each.original.sport for each in both] == [40000, 40000]
    assert len({each.original.src for each in both}) == len({each.reply.dport for each in both}) == 2
    kept = plugin in ("weave", "kindnet")
    told = [step.why for step in second.steps if f"{both[0].original.src}:40000" in step.why]
    assert (both[0].reply.dport == 40000) == kept
    assert bool(told) == kept
    assert both[1].reply.dport != 40000
    alone = packetwalk.walk(plugin, mode, src="a2", dst="internet", proto="udp", rules=rules)
    (one,) = alone.run.conntracks["kind-worker"].connections()
    assert (one.reply.dport == 40000) == kept


@each_mode
def test_a_flow_of_udp_goes_on_to_the_endpoint_that_has_gone_and_a_new_one_does_not(
    plugin: str, mode: str, rules: str
) -> None:
    old = packetwalk.walk(plugin, mode, "endpoint-gone", rules=rules)
    assert [trace.steps[-1].netns for trace in old.traces if trace.name != "arp"] == ["b", "a"]
    new = packetwalk.walk(plugin, mode, "endpoint-gone", src="a", dst="moving", proto="udp", rules=rules)
    assert "b" not in {step.netns for step in new.steps}


@each_mode
def test_a_client_that_is_remembered_comes_to_the_same_endpoint(plugin: str, mode: str, rules: str) -> None:
    """From whatever port, and for this client alone: another one is drawn an endpoint."""
    walks = [
        packetwalk.walk(plugin, mode, "affinity-again", src=client, dst="sticky", proto="tcp", sport=port, rules=rules)
        for client in ("a", "b")
        for port in range(40000, 40008)
    ]
    ends = ["".join(t.steps[-1].netns for t in walk.traces if t.name == "request") for walk in walks]
    assert set(ends[:8]) == {"a2"}
    assert set(ends[8:]) == {"a2", "b"}
    told = ["the node remembers it" in step.why for step in (step for walk in walks for step in walk.steps)]
    assert sum(told) == 8


def test_an_address_that_nobody_has_belongs_to_a_node() -> None:
    with pytest.raises(BadInput, match="nobody@moon"):
        packetwalk.walk("flannel", "vxlan", src="a", dst="nobody@moon")
    for plugin, mode, _ in MODES:
        network = Network(Cluster(), plugin, mode)
        pods = {network.address(pod.name) for pod in network.pods}
        assert network.end("nobody@kind-worker").address not in pods


def test_each_has_a_name_of_its_own_and_no_ordinary_scenario_needs_a_cluster_of_its_own() -> None:
    for plugin in plugins().values():
        names = [scenario.name for scenario in scenarios(plugin)]
        assert len(names) == len(set(names))
    assert not [scenario for scenario in SCENARIOS if scenario.special]
    assert [scenario.name for scenario in ASKED if scenario.by_chance] == ["two-endpoints", "affinity"]


def _strict(cluster: Cluster, node: Node, plan: list[Operation]) -> list[Operation]:
    return [*plan, Operation(node.name, SysctlEntry("net.ipv4.conf.all.rp_filter", "1"), "somebody")]


@pytest.mark.parametrize("plugin", list(plugins()))
def test_strict_source_validation_loses_only_what_is_forged(plugin: str) -> None:
    lost = []
    for scenario in scenarios(plugins()[plugin]):
        for mode in plugins()[plugin].modes:
            packet = Packet.towards(scenario.dst, {}, {"proto": scenario.proto}, scenario.packet)
            machines = Cluster(underlay=scenario.underlay, extra=scenario.services)
            ends = []
            for edits in ((), (_strict,)):
                change = together(*filter(None, (scenario.change, *edits)))
                run = Network(machines, plugin, mode.name, change=change).send(scenario.src, scenario.dst, packet)
                ends.append([(trace.name, trace.disposition) for trace in run.traces])
            lost += [scenario.name] if ends[0] != ends[1] else []
    assert lost == (["spoofed"] if plugin == "kindnet" else [])
