"""What is looked at in lab 1."""

import re

from packetwalk.lab.check import answers, hints
from packetwalk.lab.check.seen import begun, crosses, first, lost, silent

FDB, NEIGHBOURS = "bridge fdb show dev flannel.1", "ip neigh show dev flannel.1"


def known(cluster):
    """Return the MAC that kind-worker knows for its next hop towards b, and the next hop; empty where there is none."""
    worker = cluster.node("kind-worker")
    route = re.search(r"via (\S+) dev flannel.1", worker.run(f"ip route get {cluster.address('b')}"))
    hop = route[1] if route else ""
    entry = re.search(rf"^{re.escape(hop)} .*?lladdr (\S+)", worker.run(NEIGHBOURS), re.MULTILINE) if hop else None
    return entry[1] if entry else "", hop


def machines(cluster, mac):
    """Return the machines to which kind-worker's forwarding entries for a MAC lead."""
    return re.findall(rf"^{mac} .*?dst (\S+)", cluster.node("kind-worker").run(FDB), re.MULTILINE)


@hints(
    "The neighbour table says which MAC an address has; the address is the next hop of the route.",
    "In `ip neigh show dev flannel.1` find the line of 10.244.2.0: the six bytes after lladdr.",
)
def check_1(cluster, mac: answers.mac):
    """The neighbour entry gives that MAC, and the forwarding entry leads it to kind-worker2."""
    real, hop = known(cluster)
    if not real:
        yield "kind-worker knows no MAC for its next hop towards b"
    elif mac != real:
        yield f"the neighbour entry of kind-worker for {hop} has another MAC than {mac}"
    elif machines(cluster, mac) != [cluster.address("kind-worker2")]:
        yield f"no forwarding entry of kind-worker leads {mac} to {cluster.address('kind-worker2')} alone"


@hints(
    "Each frame has two lines: the outer packet, and the frame inside it.",
    "The second frame is the answer, to kind-worker. The port it goes to stands after the second address, behind the last dot.",
)
def check_2(cluster, port: answers.number):
    """Both directions go to that port: two flows, not one and its answer."""
    seen = cluster.node("kind-worker").tcpdump("eth0", "a", "b")
    here = re.escape(cluster.address("kind-worker"))
    found = re.search(rf"\.(\d+) > {here}\.(\d+): OTV", seen)
    if found is None:
        yield "kind-worker's eth0 sees no wrapped answer"
    elif port != int(found[2]):
        whose = "the port that it comes from" if port == int(found[1]) else "not where it goes"
        yield f"the outer packet of the answer does not go to port {port}: that is {whose}"


@hints(
    "The entry said: this MAC lives on that machine. You know both from step 1.",
    "`bridge fdb append MAC dev flannel.1 dst ADDRESS`, run on kind-worker.",
)
def check_3(cluster):
    """The entry is back, and b answers a."""
    peer = cluster.address("kind-worker2")
    if not begun(cluster, "kind-worker", r"bridge fdb (del|delete|flush) "):
        yield "the entry is still the one that flanneld wrote: take it away first, in the cell above"
    mac, _ = known(cluster)
    lead = machines(cluster, mac) if mac else []
    if not mac:
        yield "kind-worker knows no MAC for its next hop towards b any more"
    elif peer not in lead:
        yield f"kind-worker has no forwarding entry that leads {mac} to {peer}"
    every = re.findall(r"lladdr (\S+)", cluster.node("kind-worker").run(NEIGHBOURS))
    yield from (f"no forwarding entry says where {each} is" for each in every if each != mac and not machines(cluster, each))
    yield from silent(cluster, [("a", "b"), ("b", "a"), ("a", "internet")])
    yield from lost(cluster)


@hints(
    "The ConfigMap has one key that matters, net-conf.json; its value is a text that holds JSON.",
    'The Backend of VXLAN is {"Type": "vxlan"}; the other mode has its own Type.',
)
def check_4(cluster):
    """Routes lead straight to the other nodes, and the ping's frame has 98 bytes all the way."""
    for name, pod in (("kind-worker", "b"), ("kind-worker2", "a")):
        peer = cluster.address("kind-worker2" if name == "kind-worker" else "kind-worker")
        way = cluster.node(name).run(f"ip route get {cluster.address(pod)}")
        if f"via {peer} dev eth0" not in way:
            yield f"{name} does not send to {pod} by {peer}, but by this line: “{first(way)}”"
    if cluster.node("kind-worker").run("ip link show flannel.1").ok:
        yield "kind-worker still has a device flannel.1"
    if "OTV" in cluster.node("kind-worker").tcpdump("eth0", "a", "b"):
        yield "between the nodes the ping is still wrapped"
    yield from silent(cluster, [("a", "b"), ("b", "a"), ("a", "internet")])


@hints(
    "The MTU counts the IP header and all behind it. What of a ping is neither data?",
    "20 bytes of IP and 8 of ICMP: take them from the MTU of the pod. Try it with df=True, and then one byte more.",
)
def check_5(cluster, largest: answers.number):
    """That ping crosses in one piece, and one byte more does not."""
    if cluster.node("kind-worker").run("ip link show flannel.1").ok:
        yield "the cluster is still in VXLAN mode: step 4 comes first"
        return
    yield from crosses(cluster, largest)
