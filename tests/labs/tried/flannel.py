"""Labs 0 to 3."""

from tests.labs.tried import Tried

A, B, WORKER, WORKER2 = 'cluster.pod("a")', 'cluster.pod("b")', 'cluster.node("kind-worker")', 'cluster.node("kind-worker2")'
NUMBERS = ["{n}", '"{n}"', "{n}.0", '" {n} bytes"', "({n},)"]


def numbers(right: int, *wrong: object) -> Tried:
    """Return a whole number in five ways, wrong ones, and it beside another one."""
    ways = [each.format(n=right) for each in NUMBERS]
    return Tried(ways, [*map(repr, wrong)], [repr([right, wrong[0]]), repr(f"{right} or {wrong[0]}")])


def configured(backend: str, head: str = "kube-flannel-cfg", network: str = "10.244.0.0/16") -> str:
    """Return the statement that applies Flannel's ConfigMap."""
    return (
        'cluster.apply("""\napiVersion: v1\nkind: ConfigMap\n'
        f"metadata: {{name: {head}, namespace: kube-flannel}}\ndata:\n"
        f"  net-conf.json: '{{\"Network\": \"{network}\", \"Backend\": {backend}}}'\n\"\"\")"
    )


def diagnosed(node: str, cause: str, *wrong: object) -> Tried:
    """Return a diagnosis in five ways, wrong ones, and it beside another one."""
    pair, short = (node, cause), node.removeprefix("kind-")
    ways = [repr(pair), repr([cause, node]), repr(f"{node}, {cause}"), repr((node.upper(), cause.upper())), repr(f"{short}: {cause}")]
    return Tried(ways, [*map(repr, wrong)], [repr([*pair, "mtu"]), repr([*pair, "kind-control-plane"])])


DEFAULT = f'{A}.run("ip route add default via 10.244.1.1")'
FLUSH = '.run("iptables -F")'
MEET = {
    "1": Tried(
        ['"kind-worker2"', '"Kind-Worker2"', "'worker2 '", '["kind-worker2"]', WORKER2],
        ['"kind-worker"', '"kind-control-plane"', '"b"', '"moon"', "2"],
        ['["kind-worker", "kind-worker2"]', '"kind-worker and kind-worker2"'],
    ),
    "2": Tried(
        ["cable", 'cable + "@if2"', "[cable]", 'cable + ":"', "line"],
        ['"cni0"', '"eth0"', '"veth00000000"', "12", '"the other end"'],
        ["links", '["cni0", cable]'],
    ),
    "3": numbers(2, 62, 64, 1, 3, "few"),
    "4": numbers(50, 148, 98, 42, 14, "VXLAN"),
    "5": Tried(
        [
            DEFAULT,
            f'{A}.run("ip route add 0.0.0.0/0 via 10.244.1.1")',
            f'{A}.run("ip route add default via 10.244.1.1 dev eth0")',
            f'{A}.run("ip route replace default via 10.244.1.1")',
            f'{A}.run("ip -4 route append default via 10.244.1.1 metric 5")',
        ],
        [
            f'{A}.run("ip route add default via 10.244.1.9")',
            f'{A}.run("ip route add default via 10.244.2.1")',
            f'{A}.run("ip route add default dev eth0")',
            f'{WORKER}.run("ip route add default via 10.244.1.1")',
            f'{A}.run("ip route add 172.18.0.0/16 via 10.244.1.1")',
        ],
        ["cluster.mend()", f"{DEFAULT}; {WORKER}{FLUSH}", f'{DEFAULT}; {A}.run("ip route del 10.244.0.0/16")'],
    ),
}

APPEND = 'worker.run(f"bridge fdb append {mac} dev flannel.1 dst {peer}")'
OTHERS = (
    'other = worker.run("ip neigh show 10.244.0.0 dev flannel.1").split("lladdr ")[1].split()[0]; '
    'worker.run(f"bridge fdb del {other} dev flannel.1 dst 172.18.0.2")'
)
FLANNEL = {
    "1": Tried(
        ["mac", "mac.upper()", 'mac.replace(":", "-")', "line", 'mac.replace(":", "")'],
        ['"02:00:0a:f4:02:00"', "mac[:-3]", 'worker.run("ip -br link show flannel.1").split()[2]', '"kind-worker2"', 'worker.run("ip neigh show 10.244.0.0 dev flannel.1").split()[2]'],
        ["lines", '[mac, "02:00:00:00:00:01"]'],
    ),
    "2": Tried(
        ["8472", '"8472"', "8472.0", '"8472/udp"', '"0x2118"'],
        ["4789", "80", '"the same"', "53", "8473"],
        ["[8472, 4789]", '"8472 or 4789"'],
    ),
    "3": Tried(
        [
            APPEND,
            APPEND.replace("append", "add"),
            APPEND.replace(" dst", " self permanent dst"),
            APPEND.replace("append", "replace"),
            f"{APPEND}; {APPEND}",
        ],
        [
            'mac, peer = ..., ...; worker.run(f"bridge fdb append {mac} dev flannel.1 dst {peer}")',
            APPEND.replace("{peer}", "172.18.0.2"),
            APPEND.replace("{mac}", "02:00:0a:f4:02:00"),
            APPEND.replace("worker.", "cluster.node('kind-worker2').", 1),
            'worker.run("ip neigh flush dev flannel.1")',
        ],
        [
            "cluster.mend()",
            f"{APPEND}; worker{FLUSH}",
            f"{APPEND}; {OTHERS}",
        ],
    ),
    "4": Tried(
        [
            configured('{"Type": "host-gw"}'),
            configured('{"Type":"host-gw"}'),
            'cluster.use("host-gw")',
            configured('{"Type": "host-gw"}') + "; " + configured('{"Type": "host-gw"}'),
            configured('{"Type": "vxlan", "MTU": 1400}') + "\n" + configured('{"Type": "host-gw"}'),
        ],
        [
            configured('{"Type": "vxlan"}'),
            configured('{"Type": "vxlan", "DirectRouting": true}'),
            configured('{"Type": "ipip"}'),
            configured('{"Type": "host-gw"}', network="10.0.0.0/8"),
            'worker.run("ip route replace 10.244.2.0/24 via 172.18.0.4 dev eth0")',
        ],
        [
            configured('{"Type": "host-gw"}') + '\ncluster.use("vxlan")',
            configured('{"Type": "host-gw"}') + '\nworker.run("sysctl -w net.ipv4.ip_forward=0")',
        ],
    ),
    "5": numbers(1472, 1500, 1422, 1473, 1471, 70000),
}

MTU_A, MTU_B = 'a.run("ip link set eth0 mtu 1450")', f'{B}.run("ip link set eth0 mtu 1450")'
MTU = {
    "1": numbers(1422, 1450, 1472, 1421, 1423, -1),
    "2": Tried(
        ['"10.244.1.1"', '"10.244.1.1/24"', '"From 10.244.1.1"', '["10.244.1.1"]', '"10.244.1.1:"'],
        ['"10.244.2.1"', '"10.244.1.2"', '"b"', '"172.18.0.3"', '"kind-worker"'],
        ['"10.244.1.1 or 10.244.2.1"', '["10.244.1.1", "10.244.2.2"]'],
    ),
    "3": Tried(
        ['"cni0"', '"cni0:"', '["cni0"]', '" cni0 "', '"dev cni0"'],
        ['"flannel.1"', '"eth0"', '"veth"', '"a"', "3"],
        ['["cni0", "flannel.1"]', '"cni0 and flannel.1"'],
    ),
    "4": Tried(
        [
            f"{MTU_A}; {MTU_B}",
            f"{MTU_B}; {MTU_A}",
            f"{MTU_A}; {MTU_B}".replace("set eth0", "set dev eth0"),
            f'{MTU_A}; {MTU_B}; worker.run("ip link set cni0 mtu 1450")',
            f"{MTU_A}; {MTU_B}; {MTU_A}",
        ],
        [
            MTU_A,
            MTU_B,
            f"{MTU_A}; {MTU_B}".replace("1450", "1400"),
            'worker.run("ip link set cni0 mtu 1450")',
            f"{MTU_A}; {MTU_B}".replace("1450", "1500"),
        ],
        [
            "cluster.mend()",
            f"{MTU_A}; {MTU_B}; worker{FLUSH}",
            'worker.run("ip link set flannel.1 mtu 1500"); ' + f'{WORKER2}.run("ip link set flannel.1 mtu 1500")',
        ],
    ),
    "5": Tried(
        [
            configured('{"Type": "vxlan", "MTU": 1400}'),
            configured('{"MTU": 1400, "Type": "vxlan"}'),
            configured('{"Type":"vxlan","MTU":1400}'),
            configured('{"Type": "vxlan", "MTU": 1350}') + "\n" + configured('{"Type": "vxlan", "MTU": 1400}'),
            configured('{"Type": "vxlan", "VNI": 1, "MTU": 1400}'),
        ],
        [
            configured('{"Type": "vxlan", "MTU": 1350}'),
            configured('{"Type": "vxlan", "MTU": 1450}'),
            configured('{"Type": "vxlan"}'),
            'a.run("ip link set eth0 mtu 1300")',
            configured('{"Type": "vxlan", "Mtu": "1400 bytes"}'),
        ],
        ["cluster.mend()", 'worker.run("ip link set eth0 mtu 1500"); ' + f'{WORKER2}.run("ip link set eth0 mtu 1500")'],
    ),
}

ROUTE = 'worker.run("ip route add 10.244.2.0/24 via 10.244.2.0 dev flannel.1 onlink")'
DROP = 'worker2.run("iptables -D INPUT -p udp -m udp --dport 8472 -j DROP")'
FORWARD = 'worker.run("sysctl -w net.ipv4.ip_forward=1")'
SEEN = """
known = worker.run("ip neigh show 10.244.2.0 dev flannel.1").split("lladdr ")[1].split()[0]
worker2.run(f"ip link set dev flannel.1 address {known}")
for name in ("kind-control-plane", "kind-worker"):
    node = cluster.node(name)
    place = node.run("ip -br addr show flannel.1").split()[2].split("/")[0]
    own = node.run("ip -br link show flannel.1").split()[2]
    worker2.run(f"ip neigh replace {place} lladdr {own} dev flannel.1 nud permanent")"""
TOLD = """
own = worker2.run("ip -br link show flannel.1").split()[2]
for node in (worker, cluster.node("kind-control-plane")):
    old = node.run("ip neigh show 10.244.2.0 dev flannel.1").split("lladdr ")[1].split()[0]
    node.run(f"ip neigh replace 10.244.2.0 lladdr {own} dev flannel.1 nud permanent")
    node.run(f"bridge fdb del {old} dev flannel.1 dst 172.18.0.4")
    node.run(f"bridge fdb append {own} dev flannel.1 dst 172.18.0.4")"""
BROKEN = {
    "0": numbers(2, 6, 4, 1, 3, 0),
    "1a": diagnosed("kind-worker", "route", ("kind-worker2", "route"), ("kind-worker", "neighbour"), "route", ("moon", "route"), ("kind-worker", "cable")),
    "1b": Tried(
        [
            ROUTE,
            ROUTE.replace("add", "replace"),
            ROUTE.replace("ip route add 10.244.2.0/24", "ip route append 10.244.2.0/24"),
            ROUTE.replace("ip route", "ip -4 route"),
            f"{ROUTE}; {ROUTE}",
        ],
        [
            ROUTE.replace("/24", "/16").replace("10.244.2.0/16", "10.244.0.0/16"),
            ROUTE.replace(" onlink", ""),
            'worker.run("ip route add 10.244.2.0/24 via 172.18.0.4")',
            ROUTE.replace("via 10.244.2.0", "via 10.244.0.0"),
            ROUTE.replace("worker.", "worker2."),
        ],
        ["cluster.mend()", f"{ROUTE}; worker{FLUSH}", 'patient(2); worker2.run("iptables -D INPUT 1")'],
    ),
    "2a": diagnosed("kind-worker2", "firewall", ("kind-worker", "firewall"), ("kind-worker2", "route"), ("kind-worker2", "mac"), "worker2", ("kind-worker2", "INPUT")),
    "2b": Tried(
        [
            DROP,
            DROP.replace(" -m udp", ""),
            DROP.replace("-D", "--delete"),
            DROP.replace("iptables", "iptables -t filter"),
            f"{DROP}; {DROP}",
        ],
        [
            'worker2.run("iptables -I INPUT -p udp --dport 8472 -j ACCEPT")',
            DROP.replace("worker2", "worker"),
            'worker2.run("iptables -P INPUT ACCEPT")',
            DROP.replace("8472", "4789"),
            'worker2.run("iptables -D FORWARD 1")',
        ],
        [
            f"worker2{FLUSH}",
            'worker2.run("iptables -F INPUT")',
            "for name in cluster.nodes:\n    cluster.node(name).run('iptables -F')",
            f'{DROP}; worker2.run("iptables -D FORWARD 1")',
            "cluster.mend()",
        ],
    ),
    "3a": diagnosed("kind-worker", "setting", ("kind-worker2", "setting"), ("kind-worker", "route"), ("kind-worker", "firewall"), ("kind-worker", "ip_forward"), 0),
    "3b": Tried(
        [
            FORWARD,
            FORWARD.replace(" -w", ""),
            FORWARD.replace("net.ipv4.ip_forward", "net/ipv4/ip_forward"),
            FORWARD.replace("net.ipv4.ip_forward", "net.ipv4.conf.all.forwarding"),
            f"{FORWARD}; {FORWARD}",
        ],
        [
            FORWARD.replace("=1", "=0"),
            FORWARD.replace("worker", "worker2"),
            FORWARD.replace("net.ipv4.ip_forward", "net.ipv4.conf.cni0.rp_filter"),
            'worker.run("iptables -A FORWARD -j ACCEPT")',
            FORWARD.replace("ip_forward", "ip_forwarding"),
        ],
        ["cluster.mend()", f"{FORWARD}; worker{FLUSH}"],
    ),
    "4a": diagnosed("kind-worker2", "mac", ("kind-worker", "mac"), ("kind-worker2", "neighbour"), ("kind-control-plane", "mac"), ("kind-worker2", "flannel.1"), None),
    "4b": Tried(
        [SEEN, SEEN.replace("link set dev", "link set"), TOLD, SEEN.replace(" nud permanent", ""), SEEN + SEEN],
        [
            SEEN.split("\nfor")[0],
            SEEN.replace('("kind-control-plane", "kind-worker")', '("kind-worker",)'),
            TOLD.replace('(worker, cluster.node("kind-control-plane"))', "(worker,)"),
            'worker2.run("ip link set dev flannel.1 address 02:00:00:00:00:02")',
            'worker2.run("iptables -D INPUT 1")',
        ],
        ["cluster.mend()", f"{SEEN}\nworker2{FLUSH}"],
    ),
}
LABS = {"0-meet": MEET, "1-flannel": FLANNEL, "2-mtu": MTU, "3-broken": BROKEN}
