"""What is looked at in lab 6."""

from packetwalk import wire
from packetwalk.lab.check import answers, hints
from packetwalk.lab.check.seen import last, lost, silent

SETTING = "net.bridge.bridge-nf-call-iptables"


def rules(cluster, chain):
    """Return the rules of a chain of the nat table on kind-worker."""
    said = cluster.node("kind-worker").run(f"iptables -t nat -S {chain}")
    return [line for line in said.splitlines() if line.startswith("-A ")]


def jump(rule):
    """Return the chain or target that a rule jumps to."""
    return rule.split(" -j ")[1].split()[0] if " -j " in rule else ""


def chain_of(cluster, service):
    """Return the chain that TCP packets to a Service's port 80 jump to."""
    wanted = f"-d {cluster.address(service)}/32 -p tcp "
    found = [rule for rule in rules(cluster, "KUBE-SERVICES") if wanted in rule and "--dport 80 " in rule]
    return jump(found[0]) if found else ""


def ends(cluster, service):
    """Return the chains of a Service's endpoints for TCP, each with where it sends to."""
    chains = [
        jump(rule)
        for rule in rules(cluster, chain_of(cluster, service))
        if jump(rule).startswith("KUBE-SEP-")
    ]
    return {
        chain: rule.split("--to-destination ")[1].split()[0]
        for chain in chains
        for rule in rules(cluster, chain)
        if "--to-destination" in rule
    }


@hints(
    "The rule you want names web's address, `-p tcp` and port 80.",
    "What a rule does stands behind -j, here the name of a chain.",
)
def check_1(cluster, chain: answers.chain):
    """That chain stands for web's port 80 over TCP."""
    if not chain_of(cluster, "web"):
        yield "no rule of KUBE-SERVICES is for TCP to web's port 80 any more"
    elif chain != chain_of(cluster, "web"):
        yield f"TCP packets for {cluster.address('web')}, port 80, do not jump to {chain}"


@hints(
    "The Service's chain jumps to the chain of its endpoint, KUBE-SEP-...",
    "`iptables -t nat -S KUBE-SEP-...`: the rule with DNAT gives the new destination.",
)
def check_2(cluster, backend: answers.end):
    """The destination becomes pod b and the port on which it listens."""
    found = ends(cluster, "web").values()
    if backend not in found:
        yield f"no endpoint of web is {backend}"
    if cluster.pod("a").curl("web") != "b":
        yield "web does not answer a as pod b"


def shown(cluster, flags, end):
    """Return the devices of kind-worker, in order, where a segment bears b's address at that end."""
    address, out = cluster.address("b"), []
    for frame in cluster.capture("a", "web", proto="tcp").packet().frames:
        ip = [head for head in frame.stack if isinstance(head, wire.Ipv4)]
        tcp = [head for head in frame.stack if isinstance(head, wire.Tcp)]
        if frame.netns == "kind-worker" and tcp and tcp[-1].flags == flags:
            out += [frame.dev] if getattr(ip[-1], end) == address else []
    return out


@hints(
    "Look at the addresses on both sides of the `>`: b's own, or the Service's?",
    "On cni0 the request goes to b's address already; its answer there comes from the Service.",
)
def check_3(cluster, there: answers.device, back: answers.device):
    """The destination changes on the way into the bridge; the answer's source on the way out by it."""
    request, answer = shown(cluster, "S", "dst"), shown(cluster, "SA", "src")
    if not request or not answer:
        yield "kind-worker sees no handshake between a and b any more"
        return
    if there != request[0]:
        yield f"{there} is not the first device on which the request goes to b's own address"
    if back != answer[-1]:
        yield f"{back} is not the last device on which the answer comes from b's own address"


@hints(
    "Only a node that translated the connection has web's address in its line.",
    "Run `conntrack -L -p tcp -s` with a's address on each node and look for web's address.",
)
def check_4(cluster, knows: answers.nodes):
    """Only the client's node has the Service's address in its table."""
    pod = cluster.pod("a")
    if not pod.curl("web").ok:
        yield "web does not answer a"
        return
    wanted = set()
    for name in cluster.nodes:
        said = cluster.node(name).run(f"conntrack -L -p tcp -s {pod.address} -d {cluster.address('web')}")
        wanted |= {name} if "src=" in said else set()
    if not wanted:
        yield "no node's connection tracking knows a's connection; is the program conntrack there?"
    elif set(knows) != wanted:
        yield f"looked at the connections of every node: those that know web's address are not {' and '.join(knows)}"


@hints(
    "It is a rule of near's endpoint, for packets that come from the endpoint itself.",
    "In `iptables-save -t nat` look for -s with a2's address and -j KUBE-MARK-MASQ; one for TCP, one for UDP.",
)
def check_5(cluster, rule: answers.rule):
    """It marks what comes from the pod itself, so that the pod sees its node as the client."""
    pod = cluster.pod("a2")
    if rule not in [answers.rule(each) for chain in ends(cluster, "near") for each in rules(cluster, chain)]:
        yield "no endpoint of near has this rule for TCP"
    elif f"-s {pod.address}/32" not in rule or jump(rule) != "KUBE-MARK-MASQ":
        yield "this rule does not mark packets of pod a2"
    if pod.curl("near", "clientip").startswith(f"{pod.address}:"):
        yield "a2 sees itself as its client"


@hints(
    "Bridged packets must be shown to iptables, and with it to connection tracking.",
    f"The setting is {SETTING}, on the node where both pods are.",
)
def check_6(cluster):
    """Bridged answers pass connection tracking again, and near answers its neighbour."""
    if cluster.broken != "br-netfilter-off":
        yield 'the fault of this step is not in; cluster.fault("br-netfilter-off") puts it in'
    worker = cluster.node("kind-worker")
    if worker.run(f"sysctl -n {SETTING}").strip() != "1":
        yield f"on kind-worker {SETTING} is not 1"
    for name in ("near", "web"):
        said = cluster.pod("a").curl(name)
        if not said.ok:
            yield f"{name} does not answer a; curl says “{last(said)}”"
    yield from silent(cluster, [("a", "a2"), ("a", "b"), ("a", "internet")])
    yield from lost(cluster)
