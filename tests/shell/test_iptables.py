"""Rules in the model's shell: read, saved, listed, counted; what the transcripts do not have."""

from __future__ import annotations

import pytest

from packetwalk import lab
from packetwalk.cni import plugins
from packetwalk.lab.grounds.ground import Ground
from packetwalk.plan.cluster import Cluster
from packetwalk.shell.iptables.spec import saved
from packetwalk.tables import IptablesRule
from packetwalk.walks.network import Network

MODES = [(plugin.name, mode.name) for plugin in plugins().values() for mode in plugin.modes]


@pytest.fixture
def cluster() -> Ground:
    return lab.open("flannel", "vxlan", ground="model")


@pytest.mark.parametrize(("plugin", "mode"), MODES)
def test_the_plans_rules_are_as_iptables_saves_them(plugin: str, mode: str) -> None:
    network = Network(Cluster(), plugin, mode)
    for node in network.nodes:
        for operation in network.plan(node.name):
            if isinstance(operation.entry, IptablesRule):
                assert saved(operation.entry.spec).saved == operation.entry.spec


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("-s 10.1.2.3/16 -d 10.1.2.3/255.255.0.0 -j DROP", "-s 10.1.0.0/16 -d 10.1.0.0/16 -j DROP"),
        (
            "! -o eth1 ! -p tcp ! -s 10.1.2.3 ! -i eth0 -j DROP",
            "! -s 10.1.2.3/32 ! -i eth0 ! -o eth1 ! -p tcp -j DROP",
        ),
        ("-s 0.0.0.0/0 -p all -j DROP", "-j DROP"),
        ("-p 6 --dport http --sport :100 -j DROP", "-p tcp -m tcp --sport 0:100 --dport 80 -j DROP"),
        ("-p tcp -m tcp --dpo 80 -j ACCEPT", "-p tcp -m tcp --dport 80 -j ACCEPT"),
        ("-p tcp ! --syn -j DROP", "-p tcp -m tcp ! --tcp-flags FIN,SYN,RST,ACK SYN -j DROP"),
        ("-p icmp --icmp-type fragmentation-needed -j DROP", "-p icmp -m icmp --icmp-type 3/4 -j DROP"),
        ("-m state --state ESTABLISHED,RELATED -j ACCEPT", "-m state --state RELATED,ESTABLISHED -j ACCEPT"),
        ("-m mark --mark 16/255 -j DROP", "-m mark --mark 0x10/0xff -j DROP"),
        ("-j REJECT", "-j REJECT --reject-with icmp-port-unreachable"),
        ("-j MARK --or-mark 0x4", "-j MARK --set-xmark 0x4/0x4"),
        ("-m comment --comment hello -j DROP", "-m comment --comment hello -j DROP"),
        ("-m comment --comment a:b", '-m comment --comment "a:b"'),
    ],
)
def test_a_rule_is_kept_as_iptables_saves_it(cluster: Ground, typed: str, kept: str) -> None:
    worker = cluster.node("kind-worker")
    assert worker.run(f"iptables -A FORWARD {typed}").text == ""
    assert worker.run("iptables -S FORWARD").splitlines()[-1] == f"-A FORWARD {kept}"


def test_one_rule_for_each_address_of_a_list(cluster: Ground) -> None:
    worker = cluster.node("kind-worker")
    worker.run("iptables -A INPUT -s 10.1.0.1,10.1.0.2 -j DROP")
    assert worker.run("iptables -S INPUT").splitlines()[-2:] == [
        "-A INPUT -s 10.1.0.1/32 -j DROP",
        "-A INPUT -s 10.1.0.2/32 -j DROP",
    ]


def test_equal_rules_are_counted_each_for_itself(cluster: Ground) -> None:
    worker = cluster.node("kind-worker")
    for _ in range(2):
        worker.run("iptables -I FORWARD -p icmp -m comment --comment counts")
    worker.run("iptables -I FORWARD 2 -p icmp -j RETURN")
    cluster.pod("a").ping("b")
    lines = worker.run("iptables -L FORWARD -n -v").splitlines()[2:5]
    assert [line.split()[0] for line in lines] == ["2", "2", "0"]


def test_a_rule_that_would_loop_is_refused_and_nothing_has_changed(cluster: Ground) -> None:
    worker = cluster.node("kind-worker")
    for line in ("-N A", "-N B", "-A A -j B", "-A B -j A"):
        assert worker.run(f"iptables {line}").ok
    before = worker.run("iptables-save").text
    said = worker.run("iptables -A FORWARD -j A")
    assert (said.code, said.text.count("Too many links")) == (4, 1)
    assert worker.run("iptables-save").text == before
    assert cluster.pod("a").ping("b").ok


@pytest.mark.parametrize(
    ("rule", "passes", "stops"),
    [
        ("-p icmp --icmp-type echo-request -j DROP", "curl -sS -m 1 http://b:8080/", "ping -c 1 -W 1 b"),
        ("-p tcp --dport 8000:8100 -j DROP", "ping -c 1 b", "curl -sS -m 1 http://b:8080/"),
        ("-p tcp --syn -j DROP", "ping -c 1 b", "curl -sS -m 1 http://b:8080/"),
        ("-p tcp -m multiport --ports 80,8080 -j DROP", "ping -c 1 b", "curl -sS -m 1 http://b:8080/"),
    ],
)
def test_what_rules_ask_of_packets(cluster: Ground, rule: str, passes: str, stops: str) -> None:
    assert cluster.node("kind-worker").run(f"iptables -I FORWARD {rule}").text == ""
    assert cluster.pod("a").run(passes).ok
    assert not cluster.pod("a").run(stops).ok
