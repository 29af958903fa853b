"""``nft`` in the model's shell: what nft 1.0.6 prints of the same tables, and of names that are not there."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from packetwalk import lab
from packetwalk.errors import BadInput
from packetwalk.lab.ground import Ground
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
