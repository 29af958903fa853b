"""Lab 9: policies in five forms each."""

from tests.labs.tried import Tried
from tests.labs.tried.flannel import A

PORT = "ports: [{protocol: TCP, port: 8080}]"
FROM_A, TO_B = "{podSelector: {matchLabels: {app: a}}}", "{podSelector: {matchLabels: {app: b}}}"
BOTH = "{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: default}}, podSelector: {matchLabels: {app: a}}}"


def policy(name: str, pod: str, rest: str, kind: str = "NetworkPolicy") -> str:
    """Return the statement that applies a policy for a pod; ``rest`` is what its spec says beside the selector."""
    spec = f"spec: {{podSelector: {{matchLabels: {{app: {pod}}}}}{', ' if rest else ''}{rest}}}"
    return f'cluster.apply("""\napiVersion: networking.k8s.io/v1\nkind: {kind}\nmetadata: {{name: {name}}}\n{spec}\n""")'


def without(*names: str) -> str:
    """Return the statement that takes policies away."""
    head = "apiVersion: networking.k8s.io/v1\\nkind: NetworkPolicy\\nmetadata: {{name: {}}}\\nspec: {{podSelector: {{}}}}\\n"
    return f'for each in {names!r}:\n    cluster.delete("{head}".format(each))'


def chosen(name: str, pod: str, way: str, peers: str, ports: str = PORT) -> str:
    """Return the statement that applies a policy with one rule."""
    word = "from" if way == "ingress" else "to"
    rule = ", ".join(filter(None, [f"{word}: [{peers}]" if peers else "", ports]))
    return policy(name, pod, f"policyTypes: [{way.title()}], {way}: [{{{rule}}}]")


EXPRESSION = "{podSelector: {matchExpressions: [{key: app, operator: In, values: [VALUE]}]}}"
POLICY = {
    "1": Tried(
        [
            policy("closed", "b", "policyTypes: [Ingress]"),
            policy("closed", "b", ""),
            policy("closed", "b", "ingress: []"),
            policy("closed", "b", "policyTypes: [Ingress], ingress: []"),
            policy("closed", "b", "policyTypes: [Ingress]") + "; " + policy("closed", "b", "policyTypes: [Ingress]"),
        ],
        [
            policy("closed", "b", "policyTypes: [Egress]"),
            policy("closed", "b", "ingress: [{}]"),
            policy("closed", "a", "policyTypes: [Ingress]"),
            policy("closed", "B", "policyTypes: [Ingress]"),
            policy("closed", "b", "policyTypes: [ingress]"),
        ],
        [
            policy("closed", "b", "policyTypes: [Ingress, Egress]"),
            policy("closed", "b", "").replace("{matchLabels: {app: b}}", "{}"),
        ],
    ),
    "2": Tried(
        [
            chosen("allow-web", "b", "ingress", FROM_A),
            chosen("allow-web", "b", "ingress", FROM_A, "ports: [{port: 8080}]"),
            chosen("allow-web", "b", "ingress", EXPRESSION.replace("VALUE", "a")),
            chosen("other-name", "b", "ingress", FROM_A),
            chosen("allow-web", "b", "ingress", BOTH),
        ],
        [
            chosen("allow-web", "b", "ingress", FROM_A.replace("a}", "a2}")),
            chosen("allow-web", "b", "ingress", FROM_A, "ports: [{protocol: UDP, port: 8080}]"),
            chosen("allow-web", "b", "ingress", FROM_A, "ports: [{protocol: TCP, port: 80}]"),
            chosen("allow-web", "a", "ingress", TO_B),
            chosen("allow-web", "b", "egress", FROM_A),
        ],
        [
            chosen("allow-web", "b", "ingress", FROM_A, ""),
            chosen("allow-web", "b", "ingress", "{podSelector: {}}"),
            chosen("allow-web", "b", "ingress", FROM_A, "ports: [{protocol: TCP}]"),
            without("closed"),
        ],
    ),
    "3": Tried(
        ["chain", '"-g " + chain', "[chain]", 'f" {chain} "', '"chain " + chain'],
        ['"cali-to-wl-dispatch"', 'chain.replace("tw", "fw")', '"cali-FORWARD"', "device", '"DROP"'],
        ['[chain, "cali-to-wl-dispatch"]', 'f"{chain} or cali-to-wl-dispatch"'],
    ),
    "4": Tried(
        [
            chosen("probe", "a2", "egress", TO_B),
            chosen("probe", "a2", "egress", TO_B, "ports: [{port: 8080}]"),
            chosen("probe", "a2", "egress", EXPRESSION.replace("VALUE", "b")),
            chosen("probe", "a2", "egress", "{ipBlock: {cidr: B/32}}").replace('""")', '""".replace("B/", cluster.address("b") + "/"))'),
            chosen("probe", "a2", "egress", TO_B) + "; " + chosen("probe", "a2", "egress", TO_B),
        ],
        [
            chosen("probe", "a2", "egress", TO_B, "ports: [{protocol: TCP, port: 80}]"),
            chosen("probe", "a2", "egress", TO_B.replace("b}", "web}")),
            chosen("probe", "a2", "ingress", TO_B),
            chosen("probe", "a", "egress", TO_B),
            chosen("probe", "a2", "egress", TO_B, "ports: [{protocol: UDP, port: 8080}]"),
        ],
        [
            chosen("probe", "a2", "egress", ""),
            policy("probe", "a2", "egress: [{}], policyTypes: [Egress]"),
            without("probe"),
            chosen("probe", "a2", "egress", "{podSelector: {}}"),
        ],
    ),
    "5a": Tried(
        ['["a", "b"]', '"a b"', '("b", "a")', '"pods a and b"', '{cluster.pod("a"): 1, "B": 2}'],
        ['"a"', '["a2"]', '"nobody"', '["b2"]', '["a", "moon"]'],
        ['["a", "a2", "b"]', "list(cluster.pods)"],
    ),
    "5b": Tried(
        [
            chosen("job", "b2", "ingress", BOTH, ""),
            chosen("job", "b2", "ingress", FROM_A, ""),
            chosen("job", "b2", "ingress", BOTH),
            chosen("job", "b2", "ingress", EXPRESSION.replace("VALUE", "a"), ""),
            without("job") + "\n" + chosen("job", "b2", "ingress", BOTH, ""),
        ],
        [
            chosen("job", "b2", "ingress", "{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: default}}}", ""),
            chosen("job", "b2", "ingress", FROM_A.replace("a}", "a2}"), ""),
            chosen("jobs", "b2", "ingress", BOTH, ""),
            chosen("job", "b", "ingress", BOTH, ""),
            without("job"),
        ],
        [policy("job", "b2", "policyTypes: [Ingress]"), chosen("job", "b2", "ingress", "{podSelector: {}}", "")],
    ),
    "6": Tried(
        [
            without("allow-web", "allow-probe"),
            without("allow-probe", "allow-web"),
            without("allow-web", "allow-probe", "closed"),
            without("allow-web") + "\n" + without("allow-probe"),
            without("allow-web", "allow-probe") + "\n" + without("allow-web"),
        ],
        [
            without("allow-web"),
            without("allow-probe"),
            without("closed"),
            without("allow-web", "probe"),
            f'{A}.run("iptables -F")',
        ],
        [
            without("allow-web", "allow-probe", "probe"),
            without("allow-web", "allow-probe", "job"),
            without("allow-web", "allow-probe", "job", "probe"),
        ],
    ),
}
LABS = {"9-policy": POLICY}
