"""Labs 4 to 8: Calico, Weave Net, Services, measuring, recording."""

from tests.labs.tried import Tried
from tests.labs.tried.flannel import FLUSH, WORKER, WORKER2, numbers

NODE3 = 'cluster.node("kind-control-plane")'


def applied(*documents: str) -> str:
    """Return the statement that applies documents to the cluster."""
    return 'cluster.apply("""\n' + "\n---\n".join(documents) + '\n""")'


def pool(ipip: str = "Never", vxlan: str = "Never", name: str = "default-ipv4-ippool", cidr: str = "10.244.0.0/16") -> str:
    """Return the statement that applies Calico's IPPool."""
    spec = f"{{cidr: {cidr}, ipipMode: {ipip}, vxlanMode: {vxlan}}}"
    return applied(f"apiVersion: projectcalico.org/v3\nkind: IPPool\nmetadata: {{name: {name}}}\nspec: {spec}")


def mesh(on: str) -> str:
    """Return the document that switches the full mesh of BGP sessions."""
    spec = f"spec: {{nodeToNodeMeshEnabled: {on}, asNumber: 64512}}"
    return f"apiVersion: projectcalico.org/v3\nkind: BGPConfiguration\nmetadata: {{name: default}}\n{spec}"


def member(name: str = "kind-control-plane", key: str = "projectcalico.org/RouteReflectorClusterID") -> str:
    """Return the document of a Node that is a route reflector."""
    head = f"metadata: {{name: {name}, labels: {{route-reflector: 'true'}}, annotations: {{{key}: 244.0.0.1}}}}"
    return f"apiVersion: v1\nkind: Node\n{head}"


def peers(node: str = "all()", peer: str = "route-reflector == 'true'", name: str = "with-the-reflector") -> str:
    """Return the document that says who has a session with the reflector."""
    spec = f'spec: {{nodeSelector: "{node}", peerSelector: "{peer}"}}'
    return f"apiVersion: projectcalico.org/v3\nkind: BGPPeer\nmetadata: {{name: {name}}}\n{spec}"


CALICO = {
    "1": numbers(20, 118, 98, 50, 14, 8),
    "2": Tried(
        [pool(vxlan="Always"), pool(vxlan="'Always'"), pool(vxlan="Always") + "; " + pool(vxlan="Always"), 'cluster.use("vxlan")', pool() + "\n" + pool(vxlan="Always")],
        [pool(), pool(ipip="Always"), pool(vxlan="CrossSubnet"), pool(vxlan="Always", name="other"), pool(vxlan="always")],
        [pool(ipip="Always", vxlan="Always"), pool(vxlan="Always") + '\nworker.run("iptables -P FORWARD DROP"); worker.run("iptables -F")'],
    ),
    "3": Tried(
        [pool(), pool("'Never'", "'Never'"), pool() + "; " + pool(), pool(ipip="Always") + "\n" + pool(), 'cluster.use("bgp")'],
        [pool(ipip="Always"), pool(vxlan="Always"), pool(vxlan="CrossSubnet"), pool(ipip="CrossSubnet"), pool(name="other")],
        [pool() + '\nworker.run("ip route flush proto bird")', pool() + "\n" + applied(mesh("false"))],
    ),
    "4": Tried(
        ["sent_to", "sent_to.upper()", 'sent_to.replace(":", "-")', "first.partition('> ')[2]", 'sent_to.replace(":", "")'],
        ['"02:00:00:00:00:01"', 'worker.run("ip -br link show eth0").split()[2]', f'{WORKER2}.run("ip -br link show eth0").split()[2]', '"kind-worker2"', '"172.18.0.1"'],
        ["first", '[sent_to, "02:00:00:00:00:01"]'],
    ),
    "5": Tried(
        [
            applied(member(), peers()),
            applied(peers(), member()),
            applied(member()) + "\n" + applied(peers()),
            applied(member(), peers(peer="has(route-reflector)")),
            applied(member(), peers()) + "\n" + applied(member(), peers()),
        ],
        [
            applied(member()),
            applied(peers()),
            applied(member(key="projectcalico.org/RouteReflector"), peers()),
            applied(member(), peers(node="route-reflector == 'true'")),
            applied(member(), peers(peer="route-reflector == 'yes'")),
        ],
        [applied(mesh("true")), applied(member(), peers(), mesh("true"))],
    ),
    "6": numbers(0, 2, 1, 4, "all", "some"),
}  # fmt: skip

ONE, TWO = 'worker.run("iptables -D INPUT -s 172.18.0.4/32 -j DROP")', f'{WORKER2}.run("iptables -D INPUT -s 172.18.0.3/32 -j DROP")'
WEAVE = {
    "1": Tried(
        ['"b"', '"B"', '"pod b"', 'cluster.pod("b")', 'cluster.address("b")'],
        ['"kind-worker"', '"kind-worker2"', '"a"', '"the gateway"', '"b2"'],
        ['["b", "kind-worker2"]', '"b and kind-worker2"'],
    ),
    "2": Tried(
        ['"kind-worker2"', '"Worker2"', WORKER2, '["kind-worker2"]', '"172.18.0.4"'],
        ['"kind-worker"', '"kind-control-plane"', '"b"', "payload[12:18]", "7"],
        ['["kind-worker", "kind-worker2"]', '"kind-worker2 kind-worker"'],
    ),
    "3": Tried(
        ['"vethwe-bridge"', '" vethwe-bridge "', '["vethwe-bridge"]', '"dev vethwe-bridge"', '"vethwe-bridge:"'],
        ['"weave"', '"eth0"', '"vethwe-datapath"', '"kind-worker"', '"a2"'],
        ['["vethwe-bridge", "weave"]', '"vethwe-bridge or weave"'],
    ),
    "4a": Tried(
        ['"kind-control-plane"', '"control-plane"', NODE3, '("kind-control-plane",)', '"172.18.0.2"'],
        ['"kind-worker"', '"kind-worker2"', '"b"', '"nobody"', "3"],
        ['["kind-control-plane", "kind-worker"]', '"kind-control-plane and kind-worker"'],
    ),
    "4b": Tried(
        [
            f"{ONE}; {TWO}",
            f"{TWO}; {ONE}",
            f"{ONE}; {TWO}".replace("-D", "--delete"),
            f"{ONE}; {TWO}".replace("/32", ""),
            f"{ONE}; {TWO}; {ONE}",
        ],
        [ONE, TWO, f"{ONE}; {TWO}".replace("INPUT", "OUTPUT"), "cluster.settle()", 'worker.run("iptables -I INPUT -s 172.18.0.4/32 -j ACCEPT")'],
        ["cluster.mend()", f"{ONE}; {TWO}; worker{FLUSH}", f"worker{FLUSH}; {WORKER2}{FLUSH}"],
    ),
    "5": numbers(24, 142, 118, 16, 8, "many"),
}

SYSCTL = 'worker.run("sysctl -w net.bridge.bridge-nf-call-iptables=1")'
SERVICES = {
    "1": Tried(
        ["chain", '"-j " + chain', "[chain]", "f' {chain} '", "next(rule for rule in rules if wanted in rule)"],
        ['"KUBE-SERVICES"', '"KUBE-SVC-X"', '"web"', "rules[-1]", "chain[:-1]"],
        ['[chain, "KUBE-SERVICES"]', 'f"{chain} and KUBE-SERVICES"'],
    ),
    "2": Tried(
        ["backend", '("10.244.2.2", 8080)', '"10.244.2.2.8080"', '["b", "8080"]', "rules[-1]"],
        ['"10.244.2.2:80"', 'cluster.address("web") + ":80"', '"10.244.2.2"', "8080", '"10.244.1.3:8080"'],
        ['"10.244.2.2:8080 and 10.244.1.3:8080"', '[backend, "10.244.1.3:8080"]'],
    ),
    "3": Tried(
        [
            'there, back = "cni0", "flannel.1"',
            'there, back = "cni0:", "flannel.1:"',
            'there, back = ["cni0"], ["flannel.1"]',
            'there, back = " cni0", "flannel.1 "',
            'there, back = "dev cni0", "dev flannel.1"',
        ],
        [
            'there, back = "flannel.1", "cni0"',
            'there, back = "cni0", "cni0"',
            'there, back = "flannel.1", "flannel.1"',
            'there, back = "eth0", "flannel.1"',
            'there, back = "a", "b"',
        ],
        ['there, back = ["cni0", "flannel.1"], "flannel.1"', 'there, back = "cni0", "cni0 or flannel.1"'],
    ),
    "4": Tried(
        ['["kind-worker"]', '"kind-worker"', WORKER, '("kind-worker",)', '{"kind-worker": known}'],
        ['["kind-worker2"]', '"all"', '["a"]', '["kind-control-plane"]', '"b"'],
        ["list(cluster.nodes)", '["kind-worker", "kind-worker2"]'],
    ),
    "5": Tried(
        ["rule", "'[0:0] ' + rule", "[rule]", "rule.replace(' ', '  ')", "'iptables -t nat ' + rule"],
        ['"-j KUBE-MARK-MASQ"', "ends[0]", "next(each for each in mine if each != rule)", '"MASQUERADE"', 'rule.replace("10.244.1.3", "10.244.1.2")'],
        ["mine", "rules"],
    ),
    "6": Tried(
        [
            SYSCTL,
            SYSCTL.replace(" -w", ""),
            SYSCTL.replace("net.bridge.bridge-nf-call-iptables", "net/bridge/bridge-nf-call-iptables"),
            f"{SYSCTL}; {SYSCTL}",
            SYSCTL.replace("=1", "=1").replace("worker.run", 'cluster.node("kind-worker").run'),
        ],
        [
            SYSCTL.replace("=1", "=0"),
            SYSCTL.replace("worker.run", f"{WORKER2}.run"),
            SYSCTL.replace("iptables=", "arptables="),
            'worker.run("sysctl -w net.ipv4.ip_forward=1")',
            SYSCTL.replace("call-iptables", "iptables"),
        ],
        ["cluster.mend()", f"{SYSCTL}; worker{FLUSH}", f'{SYSCTL}; worker.run("iptables -t nat -F")'],
    ),
}

LIST = '[cluster.measure("a", "b") for _ in range(3)]'
MEASURE = {
    "1": Tried(
        ["goodput", "str(goodput)", 'f"{goodput:.1f} Mbit/s"', "round(goodput)", 'f"{goodput:.1f}".replace(".", ",")'],
        ["1000", "1000 * ceiling.payload / ceiling.frame", "ceiling.share", "950", '"about nine tenths"'],
        ["[goodput, 1000]", 'f"{goodput:.0f} to 1000"'],
    ),
    "2": Tried(
        ["100 / 216", "str(100 / 216)", '"46.3 %"', "46.3", '"0,463"'],
        ["100 / 192", "0.5", "100 / (142 + 24)", '"less than a half"', "1 - 100 / 216"],
        ["[0.463, 0.5]", '"0.4 to 0.5"'],
    ),
    "3": Tried(
        [LIST, f"tuple({LIST})", LIST.replace("3", "4"), '[cluster.measure(), cluster.measure("a", "b"), cluster.measure()]', 'list(cluster.measure("a", "b") for _ in range(5))'],
        ['cluster.measure("a", "b")', LIST.replace("3", "2"), LIST.replace('"b"', '"a2"'), '"three"', '[cluster.measure("a", "b")] * 3'],
        [f"{LIST} + [0]", f"{LIST} + [cluster.measure('b', 'a')]"],
    ),
    "4": Tried(
        [f'cluster.use("host-gw"); plain = {each}' for each in (LIST, f"tuple({LIST})", LIST.replace("3", "4"), LIST.replace("_", "each"), LIST.replace('"a", "b"', ""))],
        [f"plain = {LIST}", "plain = wrapped", 'cluster.use("host-gw"); plain = wrapped', f'plain = {LIST}; cluster.use("host-gw")', 'cluster.use("host-gw"); plain = cluster.measure("a", "b")'],
        [f'cluster.use("host-gw"); plain = wrapped + {LIST}', f'cluster.use("host-gw"); plain = {LIST}; cluster.use("vxlan")'],
    ),
    "5": Tried(
        [
            "longer, lost = 50, 100 * (100 / 166 - 100 / 216)",
            'longer, lost = "50", "13.9"',
            'longer, lost = "50 bytes", "13.9 points"',
            'longer, lost = 50.0, "13,9"',
            "longer, lost = [50], -13.9",
        ],
        [
            "longer, lost = 50, 0.139",
            "longer, lost = 36, 13.9",
            "longer, lost = 50, 3.2",
            "longer, lost = 192, 13.9",
            'longer, lost = "fifty", "a lot"',
        ],
        ["longer, lost = [50, 192], 13.9", 'longer, lost = 50, "3.2 to 13.9"'],
    ),
}

COPY = 'import shutil\nshutil.copytree(home / "ping", home / "elsewhere")\n'
GONE = 'shutil.rmtree(home / "ping")\n'
RECORD = {
    "1": Tried(
        ["hop", "f'via {hop}'", "[hop]", "f' {hop}.'", "f'{hop}/32'"],
        ['"10.244.1.1"', '"172.18.0.1"', '"b"', '"kind-worker2"', "8"],
        ['[hop, "10.244.0.0"]', "routes"],
    ),
    "2": Tried(
        ['"looked_up"', '"looked up"', '"Looked-Up"', '"LOOKED UP."', 'steps[0].evidence'],
        ['"observed"', '"computed"', '"looked"', '"route"', "1"],
        ['"looked up and observed"', '["looked_up", "observed"]'],
    ),
    "3": Tried(
        [
            COPY + GONE + 'there = replay(home / "elsewhere")',
            COPY + GONE + 'there = replay(str(home / "elsewhere"))',
            '(home / "ping").rename(home / "elsewhere"); there = replay(home / "elsewhere")',
            'import shutil\nshutil.move(home / "ping", home / "elsewhere"); there = replay(home / "elsewhere")',
            COPY + 'there = replay(home / "elsewhere")\n' + GONE,
        ],
        [
            COPY + 'there = replay(home / "elsewhere")',
            COPY + GONE + 'there = "the same"',
            'import shutil\n' + GONE + "there = walk",
            COPY.replace("elsewhere", "other") + GONE + 'there = replay(home / "other")',
            COPY + GONE + 'there = home / "elsewhere"',
        ],
        [
            COPY + GONE + 'there = replay(home / "elsewhere"); shutil.rmtree(home / "elsewhere")',
            COPY + GONE + 'there = replay(home / "elsewhere"); (home / "elsewhere" / "recording.json").unlink()',
        ],
    ),
    "4": Tried(
        ["told", "home / 'headers' / 'kind-worker' / told", "[told]", "told.rpartition('.')[0]", "'kind-worker/' + told"],
        ['"route.json"', '"recording.json"', '"default/web"', '"kind-worker"', "4"],
        ["files", '[told, "route.json"]'],
    ),
    "5": Tried(
        [
            'node, device = "kind-worker2", "flannel.1"',
            'node, device = "worker2", "flannel.1:"',
            f'node, device = {WORKER2}, "flannel.1"',
            'node, device = ["kind-worker2"], ["flannel.1"]',
            'node, device = "Kind-Worker2", "dev flannel.1"',
        ],
        [
            'node, device = "kind-worker", "flannel.1"',
            'node, device = "kind-worker2", "eth0"',
            'node, device = "flannel.1", "kind-worker2"',
            'node, device = "kind-worker2", "cni0"',
            'node, device = "b", "eth0"',
        ],
        ['node, device = ["kind-worker", "kind-worker2"], "flannel.1"', 'node, device = "kind-worker2", "flannel.1 or eth0"'],
    ),
}  # fmt: skip
LABS = {"4-calico": CALICO, "5-weave": WEAVE, "6-services": SERVICES, "7-measure": MEASURE, "8-record": RECORD}
