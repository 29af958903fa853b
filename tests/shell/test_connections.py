"""What the lab on services asks of connections: the model's answers are those of real namespaces."""

from __future__ import annotations

import re

import pytest

from packetwalk import lab
from packetwalk.errors import BadInput
from tests.labs.outputs import clean

A, A2, CNI0 = "be:d9:27:b1:2c:77", "66:fd:9f:66:f0:cb", "02:52:cd:40:eb:8a"
WAYS = {
    "a2": [f"{A} > {A2}", f"{A2} > {A}"],
    "near": [f"{A} > {A2}", f"{A2} > {A}", f"{A} > {A2}"],
    "b": [f"{A} > {CNI0}", f"{CNI0} > {A}"],
}
"""Who sent to whom, by the destination."""
COMMANDS = """
    kind-worker: conntrack -L -p tcp
    a: curl -sS http://web/hostname
    kind-worker: conntrack -L -p tcp
    kind-worker: conntrack -L -p tcp -d 10.96.0.80
    kind-worker: conntrack -L -p tcp --orig-dst 10.96.0.81
    kind-worker2: conntrack -L -p tcp -s 10.244.1.2
    kind-control-plane: conntrack -L -p tcp
    a: conntrack -L -p tcp
    a: curl -sS http://web/hostname
    kind-worker: conntrack -L -p tcp -s 10.244.1.2 -d 10.96.0.80
    kind-worker: conntrack -F
    kind-worker: conntrack -L -p tcp
    a: curl -sS -m 1 http://web:81/
    kind-worker: conntrack -L -p tcp
    a: curl -sS -m 1 http://b:9/
    kind-worker: conntrack -L -p tcp -d 10.244.2.2
    a2: curl -sS http://near/clientip
    kind-worker: conntrack -L -p tcp -s 10.244.1.3
    kind-worker: curl -sS http://web/clientip
    kind-worker: conntrack -L -p tcp -s 172.18.0.3
    kind-worker2: conntrack -L -p tcp -s 10.244.1.0
    a: ping -c 1 -W 1 web
    kind-worker: conntrack -L -p icmp -d 10.96.0.80
    a: ping -c 1 -W 1 b
    kind-worker: conntrack -L -p icmp -d 10.244.2.2
"""
LINES = [tuple(line.strip().split(": ", 1)) for line in COMMANDS.strip().splitlines()]
needs_conntrack = pytest.mark.kernel("conntrack")


@needs_conntrack
@pytest.mark.parametrize("fault", [None, "br-netfilter-off"])
def test_the_same_connections(fault: str | None) -> None:
    with (
        lab.open("flannel", "vxlan", ground="model") as model,
        lab.open("flannel", "vxlan", ground="netns") as kernel,
    ):
        if fault:
            model.fault(fault)
            kernel.fault(fault)
        commands = LINES if not fault else [("a", "curl -sS -m 1 http://near/hostname"), LINES[0]]
        for place, command in commands:
            mine, theirs = (
                (each.pod if place in each.pods else each.node)(place).run(command)
                for each in (model, kernel)
            )
            assert sorted(clean(mine).splitlines()) == sorted(clean(theirs).splitlines()), (
                f"{place}: {command}"
            )
            assert mine.code == theirs.code


@pytest.mark.kernel
@pytest.mark.parametrize(("place", "dev"), [("a", "eth0"), ("b", "eth0"), ("kind-worker", "cni0")])
def test_the_same_handshake(place: str, dev: str) -> None:
    listed = []
    for ground in ("model", "netns"):
        with lab.open("flannel", "vxlan", ground=ground) as cluster:
            here = (cluster.pod if place in cluster.pods else cluster.node)(place)
            listed.append(clean(here.tcpdump(dev, "a", "web", proto="tcp")).splitlines())
    assert len(listed[0]) == 3
    assert listed[0] == listed[1]


@pytest.mark.parametrize(
    "line", ["conntrack", "conntrack -E", "conntrack -S", "conntrack -L -l label", "conntrack -D expect"]
)
def test_what_the_model_does_not_know_is_one_line(line: str) -> None:
    with lab.open("flannel", "vxlan", ground="model") as cluster:
        said = cluster.node("kind-worker").run(line)
    assert said.code == 2 and said.startswith("conntrack: the model does not know") and said.count("\n") == 1


@pytest.mark.kernel
@pytest.mark.parametrize(("dst", "options"), [("a2", {}), ("near", {"proto": "tcp"}), ("b", {})])
def test_a_bridge_that_is_listened_at_shows_what_it_passes_on(dst: str, options: dict) -> None:
    """tcpdump makes a bridge promiscuous: this is what ``tcpdump -nte -i cni0`` itself printed."""
    listed = {}
    for ground in ("model", "netns"):
        with lab.open("flannel", "vxlan", ground=ground) as cluster:
            said = cluster.node("kind-worker").tcpdump("cni0", "a", dst, **options)
            listed[ground] = re.sub(r"id \d+", "id N", clean(said)).splitlines()
    assert [line.partition(", ethertype")[0] for line in listed["netns"]] == WAYS[dst]
    assert listed["model"] == listed["netns"]


@pytest.mark.parametrize("ground", ["model", pytest.param("netns", marks=pytest.mark.kernel)])
def test_tcpdump_of_no_device_is_an_error(ground: str) -> None:
    with lab.open("flannel", "vxlan", ground=ground) as cluster:
        said = cluster.node("kind-worker").tcpdump("cni1", "a", "b")
        assert (said.code, str(said)) == (
            1,
            "tcpdump: cni1: No such device exists\n(No such device exists)\n",
        )
        with pytest.raises(BadInput, match="cni0"):
            cluster.node("kind-worker").tcpdump("any", "a", "b")


@pytest.mark.parametrize("ground", ["model", pytest.param("netns", marks=pytest.mark.kernel)])
def test_only_the_first_echo_of_a_ping_is_new(ground: str) -> None:
    """The chains of nat see one packet of three, as they see one of a connection; what asks for NEW sees it too."""
    with lab.open("flannel", "vxlan", ground=ground) as cluster:
        worker = cluster.node("kind-worker")
        for rule in ("-t nat -I POSTROUTING -d 10.244.2.2 -p icmp", "-I FORWARD -d 10.244.2.2 -p icmp"):
            assert worker.run(f"iptables {rule} -m conntrack --ctstate NEW -j ACCEPT").code == 0
        assert worker.run("iptables -I FORWARD 2 -d 10.244.2.2 -p icmp -j ACCEPT").code == 0
        cluster.pod("a").run("ping -c 3 -i 0.2 b")
        nat = str(worker.run("iptables -t nat -L POSTROUTING 1 -v -n"))
        forward = str(worker.run("iptables -L FORWARD -v -n")).splitlines()[2:4]
        assert nat.split()[0] == "1"
        assert [line.split()[0] for line in forward] == ["1", "2"]
