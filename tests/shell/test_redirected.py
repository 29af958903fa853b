"""A connection through a node that says of a better way."""

from __future__ import annotations

from packetwalk.plan.cluster import Cluster, Service
from packetwalk.shell import Shell, State
from packetwalk.walks.network import Network

SHOP = Service("shop", "10.96.0.82", 80, 8080, ("b2",), node_port=30080)


def test_a_redirect_that_is_discarded_ends_no_connection() -> None:
    """Seen in namespaces: curl from kind-worker to the first node's NodePort is answered by b2 on the third."""
    network = Network(Cluster(extra=(SHOP,)), "flannel", "host-gw")
    sent = network.send("kind-worker", "172.18.0.2:30080", proto="tcp")
    assert [trace.disposition for trace in sent.traces if trace.name == "redirect"] == ["dropped"]
    said = Shell(State(network), "kind-worker").run(
        ["curl", "-sS", "-m", "2", "http://172.18.0.2:30080/hostname"]
    )
    assert (said, said.code) == ("b2", 0)
