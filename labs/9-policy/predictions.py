"""What lab 9 asks before it shows it."""

from packetwalk import lab
from packetwalk.widgets.questions import choice, end

POLICY = """
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {{name: {name}}}
spec:
  podSelector: {{matchLabels: {{app: {pod}}}}}
  policyTypes: [{way}]
{rules}"""
WEB = "  ingress:\n  - from: [{podSelector: {matchLabels: {app: %s}}}]\n    ports: [{protocol: TCP, port: 8080}]\n"
CLOSED = POLICY.format(name="closed", pod="b", way="Ingress", rules="")
PAGE = {"proto": "tcp"}


def under(*policies):
    """Return a cluster of the model with the shop's policies, each admitting one pod to b, and those given."""
    cluster = lab.open("calico", "ipip", ground="model")
    for text in policies:
        cluster.apply(text)
    return cluster


def admitting(pod):
    """Return the lab's policy that lets a pod have its page from b."""
    return POLICY.format(name=f"allow-{pod}", pod="b", way="Ingress", rules=WEB % pod)


def answered(way):
    """Return whether a walk arrives, and the step that shows it."""
    return way.disposition == "delivered", end(way)


def predict_1():
    """The one that nobody keeps out."""
    closed = under(CLOSED)
    callers = "a", "a2", "b2", "kind-worker", "kind-worker2"
    return choice(
        "Who reaches b all the same?",
        {each: answered(closed.way(each, "b:8080", **PAGE)) for each in callers},
    )


def predict_2():
    """A rule with ports."""
    ping, step = answered(under(CLOSED, admitting("a")).way("a", "b"))
    return choice("Will b answer a’s ping?", {"yes": ping, "no": not ping}, step)


def predict_4():
    """An address that policy never sees."""
    cluster = under(CLOSED, admitting("a"), admitting("a2"))
    to = f"  egress:\n  - to: [{{ipBlock: {{cidr: {cluster.address('web')}/32}}}}]\n"
    cluster.apply(POLICY.format(name="probe", pod="a2", way="Egress", rules=to))
    page, step = answered(cluster.way("a2", "web", **PAGE))
    return choice("Does a2 get a page from web?", {"yes": page, "no": not page}, step)


def predict_6():
    """One policy less."""
    page, step = answered(under(admitting("a"), admitting("a2")).way("b2", "b:8080", **PAGE))
    return choice("Does b2 reach b?", {"yes": page, "no": not page}, step)
