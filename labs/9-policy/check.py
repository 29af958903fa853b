"""What is looked at in lab 9."""

from packetwalk.lab.check import answers, hints

SERVED = 8080
REFUSED = 7  # what curl returns when the other end says that nobody listens


def reaches(cluster, name, target, seconds=1):
    """Say whether a pod or node gets a page from a pod in this time."""
    caller = cluster.node(name) if name in cluster.nodes else cluster.pod(name)
    return caller.run(f"curl -sS -m {seconds} http://{target}:{SERVED}/hostname").ok


def wrong(cluster, target, inside, outside):
    """Yield who does not reach a pod and should, and who does and should not."""
    for name in inside:
        if not reaches(cluster, name, target) and not reaches(cluster, name, target, 5):  # a busy machine is late
            yield f"{name} does not reach {target}"
    for name in outside:
        if reaches(cluster, name, target):
            yield f"{name} still reaches {target}"


def too_much(cluster, name, target):
    """Yield what a pod may send to another beside TCP to the port that is served."""
    pod = cluster.pod(name)
    if pod.ping(target).ok:
        yield f"{name} can ping {target}: the rule admits more than TCP port {SERVED}"
    if pod.run(f"curl -sS -m 1 http://{target}:{SERVED + 1}/").code == REFUSED:
        yield f"{name} reaches port {SERVED + 1} of {target}, where nobody listens: the rule admits more than one port"


@hints(
    "apiVersion networking.k8s.io/v1, kind NetworkPolicy; spec.podSelector.matchLabels selects b.",
    "policyTypes: [Ingress] and no ingress rule: isolated, and nobody is admitted.",
)
def check_1(cluster):
    """Nobody but its own node reaches b, and b reaches the others."""
    yield from wrong(cluster, "b", [], ["a", "a2", "b2", "kind-worker"])
    yield from wrong(cluster, "a", ["b", "a2"], [])


@hints(
    "ingress is a list of rules; a rule has `from`, a list of peers, and `ports`.",
    "A peer by label: podSelector: {matchLabels: {app: a}}.",
)
def check_2(cluster):
    """a reaches b on TCP port 8080, by nothing else, and nobody else does."""
    yield from wrong(cluster, "b", ["a"], ["a2", "b2", "kind-worker"])
    yield from too_much(cluster, "a", "b")


def chain_of(cluster, pod):
    """Return the chain of a pod's ingress on its node, kind-worker2."""
    route = cluster.node("kind-worker2").run(f"ip route get {cluster.address(pod)}")
    return f"cali-tw-{route.split(' dev ')[1].split()[0]}" if " dev " in route else ""


@hints(
    "Each rule of the chain names a device behind -o and a chain behind -g.",
    "`ip route get` with b's address on kind-worker2 says which device leads to b.",
)
def check_3(cluster, chain: answers.chain):
    """It is b's chain for what comes in, and its tier ends with a drop."""
    if chain != chain_of(cluster, "b"):
        yield f"packets to b do not go through {chain}"
        return
    said = cluster.node("kind-worker2").run(f"iptables -S {chain}")
    if "End of tier default" not in said:
        yield "no policy governs b's ingress any more"


@hints(
    "The Service's address is gone when policy is asked: kube-proxy has put b's in its place.",
    "Name the pods behind the Service by their label, and the port on which they listen.",
)
def check_4(cluster):
    """a2 gets a page from web, and reaches nothing else."""
    if not cluster.pod("a2").curl("web").ok:
        yield "a2 gets no page from web"
    yield from wrong(cluster, "a", [], ["a2"])
    yield from wrong(cluster, "b2", [], ["a2"])
    yield from too_much(cluster, "a2", "b")
    if cluster.pod("a2").ping("internet").ok:
        yield "a2 still reaches the Internet"


@hints(
    "How many peers does `from` have? Any of them is enough.",
    "The first peer is a whole namespace. And whose own policy lets it send to b only?",
)
def check_5a(cluster, reach: answers.pods):
    """Whoever the first peer admits, and whose own egress is free."""
    found = [name for name in ("a", "a2", "b") if reaches(cluster, name, "b2")]
    if list(reach) != found:
        wrongly = [f"{name} does not reach b2" for name in reach if name not in found]
        yield from wrongly or [f"{' and '.join(reach)} reach b2, but not they alone"]


@hints(
    "One dash, two selectors: both must hold.",
    "podSelector stands below namespaceSelector, without a dash of its own.",
)
def check_5b(cluster):
    """Only a reaches b2."""
    yield from wrong(cluster, "b2", ["a"], ["a2", "b", "kind-worker"])


@hints(
    "Which policies still select b? Each of them isolates it.",
    "allow-web and allow-probe; the manifest needs no more than kind, name and an empty podSelector.",
)
def check_6(cluster):
    """Every pod reaches b, the probe by its own rule; the probe and the job are governed as before."""
    yield from wrong(cluster, "b", ["a", "a2", "b2"], [])
    if reaches(cluster, "a2", "a"):
        yield "a2 reaches a: the policy probe does not govern it, and has to be there for this step"
    if reaches(cluster, "b", "b2"):
        yield "b reaches b2: the policy job does not govern it, and has to be there for this step"
