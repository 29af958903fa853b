"""What lab 10 asks before it shows it."""

from packetwalk import lab
from packetwalk.widgets.questions import choice, end

SERVICE = """
apiVersion: v1
kind: Service
metadata: {name: shop}
spec:
  clusterIP: 10.96.0.90
  ports: [{name: http, port: 80, targetPort: 8080}]
"""
SLICE = """
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata:
  name: shop
  labels: {kubernetes.io/service-name: shop}
addressType: IPv4
ports: [{name: http, port: 8080, protocol: TCP}]
endpoints: [{addresses: ["%s"]}]
"""
HERE = "kind-worker"


def sold(*pods, without=""):
    """Return a cluster of the model with shop, behind which these pods are one after the other.

    Before the last one comes, kube-proxy ends on a node ``without`` it.
    """
    cluster = lab.open("flannel", "vxlan", ground="model")
    cluster.apply(SERVICE)
    for pod in pods:
        if without and pod == pods[-1]:
            cluster.end("kube-proxy", without)
        cluster.apply(SLICE % cluster.address(pod))
    return cluster


def served(cluster, src):
    """Return the name of the pod that a place's connection to shop ends at, and the step that shows it."""
    way = cluster.way(src, "shop", proto="tcp")
    return end(way).step.netns, end(way)


def predict_1():
    """Rules on every node."""
    cluster = sold("b")
    found = {node: served(cluster, node) for node in cluster.nodes}
    return choice(
        "From which nodes does a connection to shop reach b?",
        {node: (who == "b", step) for node, (who, step) in found.items()},
    )


def predict_2():
    """Nobody looks after the rules."""
    cluster = sold("b")
    cluster.end("kube-proxy", HERE)
    who, step = served(cluster, "a")
    return choice("Does a’s new connection reach b?", {"yes": who == "b", "no": who != "b"}, step)


def predict_3():
    """Where a new connection ends."""
    cluster = sold("b", "b2", without=HERE)
    return tuple(
        choice(f"A connection from {src} ends at", {pod: pod == who for pod in ("b", "b2", "nobody")}, step)
        for src in ("a", "kind-worker2")
        for who, step in [served(cluster, src)]
    )


def predict_5():
    """What brings a route back."""

    def after(do):
        cluster = lab.open("flannel", "vxlan", ground="model")
        way = cluster.address("b").rpartition(".")[0]
        cluster.node(HERE).run(f"ip route del {way}.0/24")
        do(cluster)
        back = cluster.way("a", "b")
        return back.disposition == "delivered", end(back)

    return choice(
        "What brings the route back?",
        {
            "flanneld, ten seconds later": after(lambda cluster: cluster.settle()),
            "a new start of kube-proxy": after(lambda cluster: cluster.begin("kube-proxy", HERE)),
            "a new start of flanneld": after(lambda cluster: cluster.begin("flanneld", HERE)),
        },
    )
