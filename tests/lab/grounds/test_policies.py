"""Policies on a planned cluster: applied by name, taken away by name, the wrong ones refused with their line."""

from __future__ import annotations

import pytest

from packetwalk import lab
from packetwalk.errors import BadInput

DENY = """
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: closed}
spec: {podSelector: {matchLabels: {app: b}}, ingress: []}
"""
OTHER = DENY.replace("closed", "second")


@pytest.fixture
def cluster():
    opened = lab.open("flannel", "vxlan", "model")
    yield opened
    opened.close()


def test_what_flannel_does_with_a_policy_is_said_once(cluster) -> None:
    note = "NetworkPolicy default/closed: flanneld enforces no policy"
    assert cluster.apply(DENY) == ["NetworkPolicy/closed: taken", note]
    assert cluster.apply(DENY) == ["NetworkPolicy/closed: taken"]
    assert cluster.apply("kind: Secret\nmetadata: {name: s}\n") == [
        "Secret/s: does not change the network of flannel here"
    ]
    assert cluster.pod("a").ping("b").ok


def test_the_same_name_takes_the_earlier_ones_place(cluster) -> None:
    cluster.apply(DENY + "---" + OTHER)
    cluster.apply(DENY.replace("app: b", "app: a"))
    kept = cluster.network.estate.policies
    assert [str(each) for each in kept] == []  # flanneld takes none
    assert cluster.delete(OTHER) == ["NetworkPolicy/second: deleted"]
    assert cluster.delete(OTHER) == ["NetworkPolicy/second: was not there"]
    cluster.delete(DENY)
    assert cluster.network.estate is None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (DENY.replace("podSelector", "podSelectr"), "manifest:5: .*podSelectr"),
        (DENY.replace("app: b", "app: [b]"), "manifest:5: "),
        ("apiVersion: v1\nkind: Pod\nmetadata: {name: redis}\nspec: {containers: []}\n", "default/redis"),
    ],
)
def test_a_wrong_one_leaves_the_cluster_as_it_was(cluster, text: str, said: str) -> None:
    before = cluster.network
    with pytest.raises(BadInput, match=said):
        cluster.apply(text)
    assert cluster.network is before
    cluster.apply(OTHER)  # and later ones are taken


POOL = """
apiVersion: projectcalico.org/v3
kind: IPPool
metadata: {name: default-ipv4-ippool}
spec: {cidr: 10.244.0.0/16, ipipMode: Never, vxlanMode: Always}
"""


FELIX = """
apiVersion: projectcalico.org/v3
kind: FelixConfiguration
metadata: {name: default}
spec: {%s}
"""


@pytest.mark.parametrize(("text", "mode"), [(POOL, "vxlan"), (FELIX % "wireguardEnabled: true", "wireguard")])
def test_what_a_plugin_reads_is_no_policy(text: str, mode: str) -> None:
    with lab.open("calico", "ipip", "model") as calico:
        calico.apply(text)
        assert (calico.mode, calico.network.estate) == (mode, None)


def test_what_felix_does_with_packets_to_the_own_node_is_taken_and_said() -> None:
    with lab.open("calico", "ipip", "model") as calico:
        assert calico.pod("a").ping("kind-worker").ok
        said = calico.apply(FELIX % "defaultEndpointToHostAction: Drop")
        assert said == ["FelixConfiguration/default: a pod's packets to its own node: Drop"]
        assert not calico.pod("a").ping("kind-worker").ok
