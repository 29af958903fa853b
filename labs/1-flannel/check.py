"""What is looked at in lab 1."""

import re

from packetwalk.lab.check import hints


def answers(cluster):
    """Say what is wrong if pod b does not answer pod a."""
    said = cluster.pod("a").ping("b")
    return [] if said.ok else [f"a gets no answer from b: {said.splitlines()[-1]}"]


@hints(
    "The neighbour table says which MAC an address has; the address is the next hop of the route.",
    "In `ip neigh show dev flannel.1` find the line of 10.244.2.0.",
    'cluster.node("kind-worker").run("ip neigh show dev flannel.1"): the six bytes after lladdr.',
)
def check_1(cluster, mac):
    """The neighbour entry gives that MAC, and the forwarding entry leads it to kind-worker2."""
    worker = cluster.node("kind-worker")
    route = re.search(r"via (\S+) dev flannel.1", worker.run(f"ip route get {cluster.address('b')}"))
    hop = route[1] if route else ""
    if f"{hop} lladdr {mac} " not in worker.run("ip neigh show dev flannel.1"):
        yield f"no neighbour entry of kind-worker gives {hop} the MAC {mac}"
    if f"{mac} dst {cluster.address('kind-worker2')} " not in worker.run("bridge fdb show dev flannel.1"):
        yield f"no forwarding entry of kind-worker leads {mac} to {cluster.address('kind-worker2')}"


@hints(
    "Each frame has two lines: the outer packet, and the frame inside it.",
    "The second frame is the answer. Ports stand after the addresses, behind the last dot.",
    "In 172.18.0.4.X > 172.18.0.3.Y the port asked for is Y.",
)
def check_2(cluster, port):
    """Both directions go to that port: two flows, not one and its answer."""
    seen = cluster.node("kind-worker").tcpdump("eth0", "a", "b")
    here = re.escape(cluster.address("kind-worker"))
    found = re.search(rf"> {here}\.(\d+): OTV", seen)
    if found is None:
        yield "kind-worker's eth0 sees no wrapped answer"
    elif port != int(found[1]):
        yield f"the outer packet of the answer does not go to port {port}"


@hints(
    "The entry said: this MAC lives on that machine. You know both from step 1.",
    "`bridge fdb append MAC dev flannel.1 dst ADDRESS`, run on kind-worker.",
    'cluster.node("kind-worker").run(f"bridge fdb append {mac} dev flannel.1 dst 172.18.0.4")',
)
def check_3(cluster):
    """The entry is back, and b answers a."""
    peer = cluster.address("kind-worker2")
    if f"dst {peer} " not in cluster.node("kind-worker").run("bridge fdb show dev flannel.1"):
        yield f"kind-worker has no forwarding entry that leads to {peer}"
    yield from answers(cluster)


@hints(
    "The ConfigMap has one key that matters, net-conf.json; its value is a text that holds JSON.",
    'The Backend of VXLAN is {"Type": "vxlan"}; the other mode has its own Type.',
    'net-conf.json: \'{"Network": "10.244.0.0/16", "Backend": {"Type": "host-gw"}}\'',
)
def check_4(cluster):
    """Routes lead straight to the other nodes, and the ping's frame has 98 bytes all the way."""
    peer = cluster.address("kind-worker2")
    way = cluster.node("kind-worker").run(f"ip route get {cluster.address('b')}")
    if f"via {peer} dev eth0" not in way:
        yield f"kind-worker does not send to b by {peer}: {way.splitlines()[0].strip()}"
    if "OTV" in cluster.node("kind-worker").tcpdump("eth0", "a", "b"):
        yield "between the nodes the ping is still wrapped"
    yield from answers(cluster)


@hints(
    "The MTU counts the IP header and all behind it. What of a ping is neither data?",
    "20 bytes of IP and 8 of ICMP: take them from the MTU of the pod.",
    'cluster.pod("a").ping("b", size=1472, df=True), and then one byte more.',
)
def check_5(cluster, largest):
    """That ping crosses in one piece, and one byte more does not."""
    if cluster.node("kind-worker").run("ip link show flannel.1").ok:
        yield "the cluster is still in VXLAN mode: step 4 comes first"
    if not cluster.pod("a").ping("b", size=largest, df=True).ok:
        yield f"a ping of {largest} bytes gets no answer when it must not be cut"
    elif cluster.pod("a").ping("b", size=largest + 1, df=True).ok:
        yield f"a ping of {largest + 1} bytes still crosses in one piece"
