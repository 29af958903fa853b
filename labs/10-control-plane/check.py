"""What is looked at in lab 10."""

import re

from packetwalk.lab.check import answers, hints
from packetwalk.lab.check.seen import last, lost, silent

HERE, PEER = "kind-worker", "kind-worker2"
COMMENT = '"default/shop:http"'
GOAL = re.compile(r"--to-destination (\S+)")


def leads(cluster, node):
    """Return where a node's DNAT rules for shop send to, each as ADDRESS:PORT."""
    said = cluster.node(node).run("iptables-save -t nat")
    return sorted(GOAL.search(line)[1] for line in said.splitlines() if COMMENT in line and GOAL.search(line))


def end_of(cluster, pod):
    """Return a pod's address and port."""
    return f"{cluster.address(pod)}:8080"


def known(cluster):
    """Yield that there is no shop, where there is none."""
    if cluster.find("shop") is None:
        yield "the cluster has no Service shop; cluster.apply(SERVICE) creates it"


def runs(cluster, program):
    """Say whether a program of kind-worker runs: what was done to it last was no end."""
    deeds = [each.command for each in cluster.deeds if each.place == HERE]
    about = [each for each in deeds if each in (f"end {program}", f"begin {program}")]
    return not about or about[-1].startswith("begin")


def begun(cluster, program):
    """Say whether a program of kind-worker was begun again, and runs."""
    return runs(cluster, program) and any(
        (each.place, each.command) == (HERE, f"begin {program}") for each in cluster.deeds
    )


def wrongly(cluster, wanted):
    """Yield each node whose rules do not send to what is wanted of it, by node and pod."""
    for node, pod in wanted.items():
        found = leads(cluster, node)
        if found != [end_of(cluster, pod)]:
            yield f"{node} sends connections to {' and '.join(found) or 'nobody'}, and not to {pod} alone"


@hints(
    "The EndpointSlice is what says which pods are behind a Service; so far shop has none.",
    "SLICE wants pod b's address in place of its braces: SLICE.format(...).",
)
def check_1(cluster):
    """Every node has the rules that send a connection for shop to pod b, whether it ever needs them or not."""
    yield from known(cluster)
    yield from wrongly(cluster, dict.fromkeys(cluster.nodes, "b"))
    for place in (cluster.pod("a"), cluster.node(cluster.nodes[0])):
        said = place.curl("shop")
        if said.strip() != "b":
            yield f"{place.name} is not answered by b; curl says “{last(said)}”"


@hints(
    "One EndpointSlice, applied once more with another address.",
    "It has the same name, so it takes the place of the one with b: SLICE.format(b2.address).",
)
def check_2(cluster):
    """Two nodes have heard of it; on kind-worker the old lines stand."""
    yield from known(cluster)
    if runs(cluster, "kube-proxy"):
        yield 'kube-proxy runs on kind-worker; cluster.end("kube-proxy", "kind-worker") ends it'
    wanted = {node: "b" if node == HERE else "b2" for node in cluster.nodes}
    yield from wrongly(cluster, wanted)


@hints(
    "Compare the lines of the three nodes: which of them still hold b's address?",
    "And who answers `a.curl(\"shop\")`?",
)
def check_3(cluster, stale: answers.nodes, served: answers.pod):
    """A node without its kube-proxy sends new connections where it last knew an endpoint."""
    wanted = tuple(sorted(node for node in cluster.nodes if leads(cluster, node) == [end_of(cluster, "b")]))
    said = cluster.pod("a").curl("shop").strip()
    if not wanted:
        yield "no node has b's address in its lines any more"
    elif stale != wanted:
        yield f"looked at the lines of every node: those that still send to b are not {' and '.join(stale)}"
    if served != said:
        yield f"{served} does not answer a"


@hints(
    "What was ended can be begun again.",
    "`cluster.begin` takes the program's name and the node's.",
)
def check_4(cluster):
    """As it starts, kube-proxy asks for all Services and writes what is so now."""
    yield from known(cluster)
    if not begun(cluster, "kube-proxy"):
        yield "kube-proxy has not begun again on kind-worker"
    yield from wrongly(cluster, dict.fromkeys(cluster.nodes, "b2"))
    said = cluster.pod("a").curl("shop")
    if said.strip() != "b2":
        yield f"a is not answered by b2; curl says “{last(said)}”"
    yield from lost(cluster)


def way(cluster, node, peer):
    """Return the lines of a node's routes to the pods of another."""
    prefix = cluster.address({PEER: "b", HERE: "a"}[peer]).rpartition(".")[0]
    said = cluster.node(node).run("ip route")
    return [line.strip() for line in said.splitlines() if line.startswith(f"{prefix}.0/24 ")]


@hints(
    "The route is the line of `ip route` that begins with the range of kind-worker2's pods.",
    "`ip route del` takes the range: it is b's address with a 0 at its end, /24.",
)
def check_5(cluster):
    """The way to kind-worker2's pods is gone, and flanneld, which wrote it and runs, does not look after it."""
    if not runs(cluster, "flanneld"):
        yield "flanneld does not run on kind-worker; it is to run while its route is deleted"
    if way(cluster, HERE, PEER):
        yield f"kind-worker still has the route `{way(cluster, HERE, PEER)[0]}`"
    if cluster.pod("a").ping("b").ok:
        yield "b still answers a"
    if not way(cluster, PEER, HERE):
        yield "kind-worker2 has lost its route to kind-worker's pods; only the one on kind-worker is to go"
    place = cluster.nodes[0]
    yield from silent(cluster, [("a", "a2"), (place, "b"), (place, "a")])


@hints(
    "flanneld writes all its lines when it starts.",
    "End it and begin it: the program is called flanneld.",
)
def check_6(cluster):
    """A start is what repairs: flanneld has written its route again, and b answers."""
    if not begun(cluster, "flanneld"):
        yield "flanneld has not begun again on kind-worker"
    found = way(cluster, HERE, PEER)
    if not found:
        yield "kind-worker has no route to kind-worker2's pods"
    elif "flannel.1" not in found[0] or "onlink" not in found[0]:
        yield f"this is not the route that flanneld writes: `{found[0]}`"
    yield from silent(cluster, [("a", "b"), ("b", "a")])
    yield from lost(cluster)
