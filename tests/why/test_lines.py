"""What why cites and what it would do, by recordings of the running kernel."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Unpack

import pytest

from packetwalk import lab
from packetwalk.lab.grounds.ground import Ground
from packetwalk.trace.packet import PacketOptions
from packetwalk.why import Diagnosis, why

pytestmark = pytest.mark.kernel
WORKER, WORKER2 = "kind-worker", "kind-worker2"


@pytest.fixture
def flannel() -> Iterator[Ground]:
    with lab.open("flannel", "vxlan", "netns") as made:
        yield made


@pytest.fixture
def calico() -> Iterator[Ground]:
    with lab.open("calico", "vxlan", "netns", rules="nftables") as made:
        yield made


def asked(
    cluster: Ground, done: Mapping[str, Sequence[str]], src: str, dst: str, **packet: Unpack[PacketOptions]
) -> Diagnosis:
    """Return the answer after commands were done."""
    for netns, lines in done.items():
        for line in lines:
            assert cluster.execute(netns, line.split(" ")).ok, line
    return why(cluster.capture(src, dst, **packet), src, dst, **packet)


def mended(answer: Diagnosis) -> list[str]:
    assert answer.mend is not None
    return [f"{answer.mend.netns}# {' '.join(words)}" for words in answer.mend.commands]


def test_a_connection_that_ends_where_nobody_listens_does_not_reach(flannel: Ground) -> None:
    redirect = "-p tcp -m tcp --dport 8080 -j REDIRECT --to-ports 3128"
    answer = asked(flannel, {WORKER: [f"iptables -t nat -I PREROUTING {redirect}"]}, "a", "b:8080")
    assert answer.verdict == "does not reach"
    assert "Nobody listens on tcp port 3128." in str(answer)
    assert mended(answer) == [f"{WORKER}# iptables -t nat -D PREROUTING {redirect}"]


def test_a_route_with_a_smaller_mtu_than_its_device_is_the_line(calico: Ground) -> None:
    locked = "ip route change default via 169.254.1.1 dev eth0 mtu lock 1200"
    answer = asked(calico, {"a": [locked]}, "a", "b", size=1400, df=True)
    assert answer.line.startswith("default via 169.254.1.1 dev eth0 mtu 1200")
    assert mended(answer)[-1] == "a# ip route replace default via 169.254.1.1 dev eth0"


def test_a_rule_that_prohibits_is_the_line(flannel: Ground) -> None:
    rule = "from all to 10.244.2.0/24 prohibit"
    answer = asked(flannel, {WORKER: [f"ip rule add priority 100 {rule}"]}, "a", "b")
    assert answer.line.startswith(f"100:\t{rule}")
    assert mended(answer) == [f"{WORKER}# ip rule del priority 100 {rule}"]


def test_the_chain_of_a_rule_of_nft_is_written_anew_without_it(calico: Ground) -> None:
    chain = "ip calico filter-FORWARD"
    before = calico.execute(WORKER, f"nft list chain {chain}".split(" "))
    answer = asked(calico, {WORKER: [f"nft insert rule {chain} tcp dport 8080 drop"]}, "a", "web:80")
    assert answer.line.startswith("tcp dport 8080 drop")
    assert mended(answer)[0] == f"{WORKER}# nft flush chain {chain}"
    for line in mended(answer):
        assert calico.execute(WORKER, line.partition("# ")[2].split(" ")).ok
    assert calico.execute(WORKER, f"nft list chain {chain}".split(" ")) == before


def test_what_a_node_has_for_every_other_pod_it_gets_for_this_one(calico: Ground) -> None:
    answer = asked(calico, {WORKER2: ["ip link set califf6fc35a693 down"]}, "a", "b")
    assert mended(answer) == [
        f"{WORKER2}# ip link set califf6fc35a693 up",
        f"{WORKER2}# ip route replace 10.244.110.129 dev califf6fc35a693 scope link metric 1024",
    ]


def test_one_that_knows_another_mac_is_wrong_and_two_are_right(flannel: Ground, calico: Ground) -> None:
    pinned = "ip neigh replace 169.254.1.1 lladdr 02:00:00:00:00:99 dev eth0 nud permanent"
    assert mended(asked(calico, {"a": [pinned]}, "a", "b"))[0].startswith("a# ip neigh del 169.254.1.1")
    changed = asked(flannel, {WORKER2: ["ip link set flannel.1 address 02:11:22:33:44:55"]}, "a", "b")
    assert mended(changed)[0] == f"{WORKER2}# ip link set flannel.1 address 2a:4b:29:35:d0:8e"


def test_the_gateway_of_a_pod_that_lost_all_of_it_is_that_of_others(calico: Ground) -> None:
    answer = asked(calico, {"b": ["ip route del default"]}, "a", "b")
    assert mended(answer) == ["b# ip route replace default via 169.254.1.1 dev eth0"]
