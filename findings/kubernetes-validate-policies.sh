#!/bin/bash
# NetworkPolicies that no API server takes, checked against Kubernetes' own schema.
. "$(dirname "$0")/lib.sh"
pypi kubernetes-validate==1.37.0 jsonschema==4.25.1 jsonschema-specifications==2025.9.1 referencing==0.36.2 \
    rpds-py==0.27.1 attrs==25.4.0 PyYAML==6.0.2 packaging==25.0 typing_extensions==4.15.0 importlib_resources==6.5.2

what="kubernetes-validate 1.37.0, strict, schema of Kubernetes 1.37: eleven NetworkPolicies"
expected="what an API server refuses (ValidateNetworkPolicy) is refused"

look() {
    python3 - <<'PY'
import kubernetes_validate
cases = {
    "a field that does not exist": {"ingres": []},
    "cidr 10.0.0.0/99": {"ingress": [{"from": [{"ipBlock": {"cidr": "10.0.0.0/99"}}]}]},
    "except outside of cidr": {"ingress": [{"from": [{"ipBlock": {"cidr": "10.0.0.0/8", "except": ["192.168.0.0/16"]}}]}]},
    "endPort below port": {"ingress": [{"ports": [{"port": 90, "endPort": 80}]}]},
    "endPort without port": {"ingress": [{"ports": [{"endPort": 80}]}]},
    "endPort beside a named port": {"ingress": [{"ports": [{"port": "http", "endPort": 80}]}]},
    "port 99999": {"ingress": [{"ports": [{"port": 99999}]}]},
    "protocol ICMP": {"ingress": [{"ports": [{"protocol": "ICMP"}]}]},
    "policyTypes: [Both]": {"policyTypes": ["Both"]},
    "ipBlock and podSelector in one peer": {"ingress": [{"from": [{"ipBlock": {"cidr": "10.0.0.0/8"}, "podSelector": {}}]}]},
    "a peer with nothing in it": {"ingress": [{"from": [{}]}]},
}
for name, spec in cases.items():
    policy = {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": {"name": "x"},
              "spec": {"podSelector": {}, **spec}}
    try:
        kubernetes_validate.validate(policy, "1.37", strict=True)
        print(f"{name}: valid")
    except kubernetes_validate.ValidationError:
        print(f"{name}: refused")
PY
}

seen look <<'SEEN'
a field that does not exist: refused
cidr 10.0.0.0/99: valid
except outside of cidr: valid
endPort below port: valid
endPort without port: valid
endPort beside a named port: valid
port 99999: valid
protocol ICMP: valid
policyTypes: [Both]: valid
ipBlock and podSelector in one peer: valid
a peer with nothing in it: valid
SEEN
