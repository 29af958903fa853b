"""``nft`` in the model's shell: what nft 1.0.6 prints of the same tables, and of names that are not there."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from packetwalk import lab
from packetwalk.errors import BadInput
from packetwalk.lab.grounds.ground import Ground
from packetwalk.lab.grounds.kind import KindGround
from packetwalk.tables.nftables import RULESET

MISSING = "Error: No such file or directory\n"


@pytest.fixture(scope="module")
def cluster() -> Iterator[Ground]:
    with lab.open("calico", "vxlan", ground="model", rules="nftables") as made:
        yield made


def said(cluster: Ground, command: str) -> str:
    return str(cluster.execute("kind-worker", command.split(" ")))


def test_the_ruleset_is_that_of_the_plan(cluster: Ground) -> None:
    held = cluster.network.fabric.netns("kind-worker").entries(RULESET)
    assert said(cluster, "nft -s list ruleset").startswith("table ip kube-proxy {\n\tcomment")
    assert list(RULESET.parse(said(cluster, "nft list ruleset"))) == list(
        RULESET.parse("".join(f"{line}\n" for line in RULESET.lines(held)))
    )
    assert said(cluster, "nft list tables") == "table ip kube-proxy\ntable ip calico\ntable arp calico-arp\n"


def test_a_rule_that_counts_prints_what_it_has_counted(cluster: Ground) -> None:
    chain = "nft list chain ip calico nat-cali-nat-outgoing"
    rule = "ip saddr @cali40masq-ipam-pools ip daddr != @cali40network-ip-pools counter{} masquerade fully-random"
    before = "table ip calico {{\n\tchain nat-cali-nat-outgoing {{\n\t\t{}\n\t}}\n}}\n"
    assert said(cluster, chain) == before.format(rule.format(" packets 0 bytes 0"))
    cluster.execute("a", ["ping", "-c", "1", "203.0.113.9"])
    assert said(cluster, chain) == before.format(rule.format(" packets 1 bytes 84"))
    assert said(cluster, f"nft -s{chain[3:]}") == before.format(rule.format(""))


@pytest.mark.parametrize(
    ("command", "error"),
    [
        ("nft list table foo", "list table foo\n           ^^^"),
        ("nft list table ip foo", "list table ip foo\n              ^^^"),
        ("nft list chain ip foo bar", "list chain ip foo bar\n              ^^^"),
        ("nft list chain ip calico bar", "list chain ip calico bar\n                     ^^^"),
        ("nft list set ip calico bar", "list set ip calico bar\n                   ^^^"),
        (
            "nft list map ip kube-proxy cluster-ips",
            "list map ip kube-proxy cluster-ips\n" + " " * 23 + "^" * 11,
        ),
    ],
)
def test_what_is_not_there(cluster: Ground, command: str, error: str) -> None:
    answer = cluster.execute("kind-worker", command.split(" "))
    assert (answer.code, str(answer).rstrip("\n")) == (1, MISSING + error)


def test_what_iptables_keeps_is_left_to_iptables_save() -> None:
    with lab.open("calico", "vxlan", ground="model") as made:
        assert said(made, "nft list tables").splitlines()[1:] == ["table arp calico-arp"]
        assert said(made, "nft list ruleset").startswith(
            "# the model leaves out the tables that iptables keeps"
        )


def test_grounds_and_plugins_without_that_form_say_so() -> None:
    with pytest.raises(BadInput, match="rules of weave: 'nftables' is not valid"):
        lab.open("weave", ground="model", rules="nftables")
    with pytest.raises(lab.LabError, match="rules of iptables, none of nftables"):
        KindGround("flannel", "vxlan", "nftables")


@pytest.fixture
def second() -> Iterator[Ground]:
    """A cluster that a test changes."""
    with lab.open("calico", "vxlan", ground="model", rules="nftables") as made:
        yield made


def test_rules_are_added_before_and_behind_others(second: Ground) -> None:
    chain = "ip calico filter-FORWARD"
    before = said(second, f"nft list chain {chain}").splitlines()
    assert said(second, f"nft insert rule {chain} tcp dport 8080 counter drop") == ""
    assert said(second, f"nft add rule {chain} udp dport 53 accept") == ""
    assert said(second, f"nft list chain {chain}").splitlines() == [
        *before[:3],
        "\t\ttcp dport 8080 counter packets 0 bytes 0 drop",
        *before[3:-2],
        "\t\tudp dport 53 accept",
        *before[-2:],
    ]
    dropped = second.execute("a", ["curl", "-m", "1", "http://10.96.0.80/"])
    assert not dropped.ok
    assert said(second, f"nft flush chain {chain}") == ""
    assert said(second, f"nft list chain {chain}").splitlines() == [*before[:3], *before[-2:]]


def test_the_policy_of_a_chain_is_turned(second: Ground) -> None:
    chain = "ip calico filter-OUTPUT"
    assert said(second, f"nft add chain {chain} {{ policy drop ; }}") == ""
    assert "hook output priority filter; policy drop;" in said(second, f"nft list chain {chain}")


def test_tables_and_chains_come_and_go(second: Ground) -> None:
    for command in ("add table inet fw", "add chain inet fw c", "add rule inet fw c drop"):
        assert said(second, f"nft {command}") == ""
    assert said(second, "nft list table inet fw") == "table inet fw {\n\tchain c {\n\t\tdrop\n\t}\n}\n"
    assert said(second, "nft delete chain inet fw c") == ""
    assert said(second, "nft list table inet fw") == "table inet fw {\n}\n"
    assert said(second, "nft delete table inet fw") == ""
    assert "inet fw" not in said(second, "nft list tables")


@pytest.mark.parametrize(
    ("command", "why", "about"),
    [
        ("delete table inet nosuch", "No such file or directory", "nosuch"),
        ("flush chain inet nofw nochain", "No such file or directory", "nofw"),
        ("flush chain ip calico nochain", "No such file or directory", "nochain"),
        ("add rule ip calico nochain drop", "No such file or directory", "nochain"),
        ("delete chain ip calico nochain", "No such file or directory", "nochain"),
        ("delete chain ip calico filter-cali-FORWARD", "Device or resource busy", "filter-cali-FORWARD"),
        (
            "add chain ip calico filter-cali-FORWARD { policy drop ; }",
            "Operation not supported",
            "policy drop",
        ),
    ],
)
@pytest.mark.parametrize(
    "ground", ["model", pytest.param("netns", marks=pytest.mark.kernel("nft"))], scope="module"
)
def test_what_cannot_be_changed_is_told_as_nft_tells_it(
    ground: str, command: str, why: str, about: str, changed: dict[str, Ground]
) -> None:
    line = f"nft {command}"
    place = " " * command.index(about) + "^" * len(about)
    answer = changed[ground].execute("kind-worker", line.split(" "))
    assert answer.code == 1
    assert str(answer) == f"Error: Could not process rule: {why}\n{command}\n{place}\n"


class Opened(dict[str, Ground]):
    """Clusters by their ground, opened when they are asked for."""

    def __missing__(self, ground: str) -> Ground:
        self[ground] = lab.open("calico", "vxlan", ground=ground, rules="nftables")
        return self[ground]


@pytest.fixture(scope="module")
def changed() -> Iterator[dict[str, Ground]]:
    opened = Opened()
    yield opened
    for each in opened.values():
        each.close()
