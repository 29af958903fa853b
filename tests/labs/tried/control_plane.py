"""Lab 10: endpoints applied, programs ended and begun, a route deleted."""

from __future__ import annotations

from tests.labs.tried import Tried

OF_B, OF_B2 = "cluster.apply(SLICE.format(b.address))", "cluster.apply(SLICE.format(b2.address))"
BOTH = "cluster.apply(SLICE.format('{}\"]}}, {{addresses: [\"{}'.format(b.address, b2.address)))"
NO_SLICE = "cluster.delete(SLICE.format(b.address))"
BEGIN = 'cluster.begin("kube-proxy", "kind-worker")'
DELETE = 'worker.run("ip route del 10.244.2.0/24")'
END, START = 'cluster.end("flanneld", "kind-worker")', 'cluster.begin("flanneld", "kind-worker")'
WRITE = 'worker.run("ip route add 10.244.2.0/24 via 10.244.2.0 dev flannel.1 onlink")'
LAB = {
    "1": Tried(
        [
            OF_B,
            'cluster.apply(SLICE.format(cluster.address("b")))',
            "cluster.apply(SLICE.format(a.address)); " + OF_B,
            'cluster.apply(SERVICE + "---" + SLICE.format(b.address))',
            OF_B + "; " + OF_B,
        ],
        [
            "cluster.apply(SLICE.format(a.address))",
            OF_B2,
            'cluster.apply(SLICE.format("b"))',
            OF_B.replace("))", ').replace("name: shop}", "name: web}"))').replace("service-name: shop", "service-name: web"),
            "cluster.apply(SERVICE)",
        ],
        [BOTH, OF_B + "; " + NO_SLICE, "cluster.delete(SERVICE); " + OF_B],
    ),
    "2": Tried(
        [
            OF_B2,
            'cluster.apply(SLICE.format(cluster.address("b2")))',
            "cluster.apply(SLICE.format(a.address)); " + OF_B2,
            BEGIN + '; cluster.end("kube-proxy", "kind-worker"); ' + OF_B2,
            NO_SLICE + "; " + OF_B2,
        ],
        [
            OF_B,
            "cluster.apply(SLICE.format(a.address))",
            BEGIN + "; " + OF_B2,
            OF_B2 + "; " + BEGIN,
            'cluster.end("kube-proxy", "kind-worker2"); ' + OF_B2,
        ],
        [BOTH, NO_SLICE, "cluster.delete(SERVICE)"],
    ),
    "3": Tried(
        [
            'stale, served = ["kind-worker"], "b"',
            'stale, served = "kind-worker", "b"',
            'stale, served = "worker", "pod b"',
            "stale, served = [worker.name], b.name",
            "stale, served = worker.name, b.address",
        ],
        [
            'stale, served = ["kind-worker2"], "b"',
            'stale, served = ["kind-worker"], "b2"',
            'stale, served = [], "b"',
            'stale, served = "b", "kind-worker"',
            'stale, served = "a", "b"',
        ],
        ['stale, served = cluster.nodes, "b"', 'stale, served = ["kind-worker", "kind-worker2"], "b"'],
    ),
    "4": Tried(
        [
            BEGIN,
            'cluster.end("kube-proxy", "kind-worker"); ' + BEGIN,
            BEGIN + "; " + BEGIN,
            'cluster.begin("kube-proxy", worker.name)',
            "cluster.begin(program='kube-proxy', node='kind-worker')",
        ],
        [
            'cluster.begin("kube-proxy", "kind-worker2")',
            START,
            'cluster.begin("kube-proxy", "worker")',
            BEGIN + '; cluster.end("kube-proxy", "kind-worker")',
            OF_B,
        ],
        [BEGIN + "; " + OF_B, BEGIN + '; worker.run("iptables -t nat -F KUBE-SERVICES")', BEGIN + "; " + NO_SLICE],
    ),
    "5": Tried(
        [
            DELETE,
            'worker.run("ip route delete 10.244.2.0/24")',
            'worker.run("ip route del 10.244.2.0/24 dev flannel.1")',
            'worker.run("ip route del 10.244.2.0/24 via 10.244.2.0")',
            END + "; " + START + "; " + DELETE,
        ],
        [
            'worker.run("ip route del 10.244.0.0/24")',
            'cluster.node("kind-worker2").run("ip route del 10.244.1.0/24")',
            END + "; " + DELETE,
            END,
            DELETE + "; " + WRITE,
        ],
        [
            DELETE + '; cluster.node("kind-worker2").run("ip route del 10.244.1.0/24")',
            'worker.run("ip route flush table main")',
        ],
    ),
    "6": Tried(
        [
            END + "; " + START,
            START,
            START + "; " + END + "; " + START,
            END + '; a.ping("b"); ' + START,
            'cluster.begin("flanneld", worker.name)',
        ],
        [
            WRITE,
            END,
            BEGIN,
            'cluster.begin("flanneld", "kind-worker2")',
            END + "; " + WRITE,
        ],
        [START + "; " + DELETE, START + "; " + END, START + '; worker.run("iptables -t nat -F FLANNEL-POSTRTG")'],
    ),
}
LABS = {"10-control-plane": LAB}
