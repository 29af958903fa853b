"""Both families on the command line and as tables, held to what Flannel v0.28.9 wrote (flannel-dual-0.28.9, n1)."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from packetwalk.cli import main
from packetwalk.errors import BadInput
from packetwalk.walks.scenario import network, walk

RECORDED = Path(__file__).parents[1] / "recordings" / "ipv6" / "flannel"
DRAWN = re.compile(r"veth[0-9a-f]{8}|[0-9a-f]{2}(?::[0-9a-f]{2}){5}")
"""Names and MACs that a real cluster draws."""


def lines(netns: str, table: str) -> list[str]:
    """What the tool prints of one of the model's tables."""
    ns = network("flannel", "vxlan", ipv6=True).fabric.netns(netns)
    from packetwalk.tables import every_table

    found = next(each for each in every_table() if each.name == table)
    return found.lines(ns.entries(found))


def plain(line: str) -> str:
    """A line without what is drawn, and with the numbers that nodes have here: n1 n2 n3 are the second, third and first."""
    moved = {"fd00:172:18::3": "fd00:172:18::4", "fe80::42:acff:fe12:4": "fd00:172:18::2", "10:244:3:": "10:244:"}
    for one, other in moved.items():
        line = line.replace(one, other)
    return DRAWN.sub("X", line).replace("fd00:10:244:::/64", "fd00:10:244::/64").replace("fd00:10:244:::", "fd00:10:244::").strip()


def by_chain(saved: list[str]) -> dict[tuple[str, str], list[str]]:
    """The rules of ip6tables-save by table and chain; an endpoint's chain and address are another here."""
    table, out = "", {}
    for line in saved:
        if line.startswith("*"):
            table = line
        elif line.startswith("-A") and ("default/web:" in line or "default/" not in line):
            plain_line = re.sub(r"KUBE-SEP-[A-Z0-9]{16}", "SEP", line).replace("fd00:10:244:3::2", "fd00:10:244:2::2")
            out.setdefault((table, plain_line.split(" ")[1]), []).append(plain_line)
    return {key: sorted(rules) if key[1] in UNORDERED else rules for key, rules in out.items()}


UNORDERED = ("SEP", "KUBE-SERVICES")
"""Both ports of the Service have such a chain; the order in KUBE-SERVICES is that of a hash table of Go."""


def test_rules_are_word_for_word() -> None:
    """flanneld's and kube-proxy's, where the recorded cluster has the same Service: web, of an endpoint elsewhere."""
    recorded = by_chain((RECORDED / "n1.ip6tables-save.txt").read_text().splitlines())
    assert by_chain(lines("kind-worker", "ip6tables")) == recorded
    assert sum(map(len, recorded.values())) > 40


@pytest.mark.parametrize(("netns", "name"), [("kind-worker", "n1"), ("a", "p1a")])
def test_routes_are_those_that_were_recorded(netns: str, name: str) -> None:
    """In another order where the third node has another number; each device of a bridge has its own route for fe80."""
    recorded = (RECORDED / f"{name}.route.txt").read_text().splitlines()
    assert sorted(map(plain, recorded)) == sorted(DRAWN.sub("X", line) for line in lines(netns, "route6"))


def test_what_lies_within_a_network_is_listed_before_it() -> None:
    recorded = (RECORDED / "p1a.route.txt").read_text().splitlines()
    assert [line.strip() for line in recorded] == lines("a", "route6")


def test_neighbours_and_forwarding_are_those_that_were_recorded() -> None:
    """Node n3 had a link-local address when it was recorded; here it has one like the others."""
    written = [line for line in lines("kind-worker", "neigh") if "flannel-v6.1" in line]
    written += [line for line in lines("kind-worker", "fdb") if "flannel-v6.1" in line]
    recorded = (RECORDED / "n1.vxlan.txt").read_text().splitlines()
    assert sorted(map(plain, recorded)) == sorted(DRAWN.sub("X", line) for line in written)


def test_ipv4_has_the_tables_it_had() -> None:
    """The second family adds; nothing of the first changes."""
    one, both = (network("flannel", "vxlan", ipv6=ipv6).fabric.netns("kind-worker") for ipv6 in (False, True))
    for table in ("addr", "route", "iptables"):
        assert both.json()[table] == one.json()[table]
    assert "addr6" in both.json() and not {"addr6", "route6", "ip6tables"} & set(one.json())


def test_a_walk_by_ipv4_through_both_is_as_ever() -> None:
    """Where IPv6 is there, IPv4's packets meet what they meet without it."""
    plain_walk = network("flannel", "vxlan").send("a", "b")
    dual = network("flannel", "vxlan", ipv6=True)
    run = dual.send("a", "fd00:10:244:2::2")
    assert run.traces[0].disposition == "delivered" == plain_walk.traces[0].disposition


def test_the_command_line_sends_by_ipv6(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["walk", "flannel", "vxlan", "cross-node", "-6"]) == 0
    printed = capsys.readouterr().out
    assert printed.startswith("Flannel vxlan, IPv6: pod to pod on another node")
    assert "dual stack" in printed and "188 bytes on the wire" in printed
    assert main(["tables", "flannel", "vxlan", "-6", "--node", "a"]) == 0
    assert "default via fd00:10:244:1::1 dev eth0 metric 1024 pref medium" in capsys.readouterr().out


def test_an_address_with_a_port_stands_in_brackets() -> None:
    walked = walk("flannel", "vxlan", src="a", dst="[fd00:10:244:2::2]:8080", ipv6=True)
    assert walked.packet.proto == "tcp" and walked.disposition == "delivered"
    assert walked.traces[0].flow.label == "tcp [fd00:10:244:1::2]:40000 > [fd00:10:244:2::2]:8080"


@pytest.mark.parametrize(
    ("ask", "said"),
    [
        (lambda: walk("calico", "vxlan", ipv6=True), "IPv6: 'calico vxlan' is not valid; valid: flannel vxlan"),
        (lambda: walk("flannel", "host-gw", ipv6=True), "IPv6: 'flannel host-gw' is not valid"),
        (lambda: walk("flannel", "vxlan", ipv6=True, release="0.20.2"), "with IPv6"),
        (lambda: walk("flannel", "vxlan", ipv6=True, fault="missing-fdb"), "with IPv6"),
        (lambda: walk("flannel", "vxlan", ipv6=True, rules="nftables"), "with IPv6"),
        (lambda: walk("flannel", "vxlan", "load-balancer", ipv6=True), "with IPv6"),
        (lambda: walk("flannel", "vxlan", "api", ipv6=True), "with IPv6"),
        (lambda: walk("flannel", "vxlan", src="a", dst="kubernetes", ipv6=True), "end of the packet's way"),
        (lambda: walk("flannel", "vxlan", src="a", dst="10.244.2.2", ipv6=True), "an IPv6 address"),
        (lambda: walk("flannel", "vxlan", src="a", dst="fd00::1"), "an IPv4 address"),
        (lambda: walk("flannel", "vxlan", src="a", dst="[fd00::1]:80", proto="icmp", ipv6=True), "port in"),
    ],
)
def test_what_is_not_there_is_said_in_one_line(ask: Callable[[], object], said: str) -> None:
    with pytest.raises(BadInput, match=re.escape(said)) as error:
        ask()
    assert "\n" not in str(error.value)


def test_a_packet_that_its_sender_would_cut_ends_with_a_plain_word() -> None:
    walked = walk("flannel", "vxlan", "cross-node", size=3000, ipv6=True)
    assert walked.disposition == "dropped" and "not known here yet" in walked.summary


def test_a_service_has_its_second_address_and_the_same_chain() -> None:
    """The chain of a Service is named by its name alone, so it is the recorded one; an error comes from its address."""
    walked = walk("flannel", "vxlan", "service", ipv6=True)
    assert walked.disposition == "delivered" and walked.traces[0].flow.dst == "fd00:10:96::80"
    nat = next(step for step in walked.steps if step.event == "nat")
    assert "KUBE-SVC-CDGGSHYLG3RE2FKL" in nat.why and "[fd00:10:244:2::2]:8080" in nat.why
    refused = walk("flannel", "vxlan", src="a", dst="web", size=1402, df=True, ipv6=True, proto="udp")
    error = next(trace for trace in refused.traces if trace.name == "error")
    assert error.steps[-1].after[1].src == "fd00:10:96::80"


@pytest.mark.parametrize("words", [["--random", "1"], ["--release", "0.20.2"], ["--rules", "nftables"]])
def test_prove_by_ipv6_refuses_what_it_would_leave_out(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["prove", "flannel", "vxlan", "-6", *words]) == 2
    assert "with -6" in capsys.readouterr().err
