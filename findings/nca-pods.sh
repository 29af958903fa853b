#!/bin/bash
# What an analyser of NetworkPolicies knows of pods: their labels.
. "$(dirname "$0")/lib.sh"
pypi network-config-analyzer==2.1.0 greenery==4.0.0 networkx==3.2.1 PyYAML==6.0.2 beautifulsoup4==4.12.3 \
    soupsieve==2.8 lxml==5.3.0 ghapi==1.0.6 fastcore==1.7.29 packaging==25.0 requests==2.32.5 urllib3==2.5.0 \
    certifi==2025.10.5 charset-normalizer==3.4.4 idna==3.11 typing_extensions==4.15.0

what="network-config-analyzer 2.1.0: may pod \"client\" (10.244.2.2) and pod \"agent\" (hostNetwork, \
172.18.0.3) reach pod \"web\"?"
expected="a block with the client's address lets the client in, as a rule on addresses does in the kernel; a \
pod on its node's network counts as the node, as most plugins have it, and no podSelector matches it"

cat >pods.yaml <<'YAML'
{apiVersion: v1, kind: Namespace, metadata: {name: default}}
---
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: default, labels: {app: web}}
spec: {containers: [{name: c, image: x}]}
status: {podIP: 10.244.1.2, hostIP: 172.18.0.2}
---
apiVersion: v1
kind: Pod
metadata: {name: client, namespace: default, labels: {app: client}}
spec: {containers: [{name: c, image: x}]}
status: {podIP: 10.244.2.2, hostIP: 172.18.0.3}
---
apiVersion: v1
kind: Pod
metadata: {name: agent, namespace: default, labels: {app: agent}}
spec: {hostNetwork: true, containers: [{name: c, image: x}]}
status: {podIP: 172.18.0.3, hostIP: 172.18.0.3}
YAML

look() {
    local from
    for from in '{ipBlock: {cidr: 10.244.2.2/32}}' '{podSelector: {matchLabels: {app: agent}}}'; do
        cat >policy.yaml <<YAML
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: web, namespace: default}
spec: {podSelector: {matchLabels: {app: web}}, policyTypes: [Ingress], ingress: [{from: [$from]}]}
YAML
        echo "from: $from"
        python3 - <<'PY'
import csv, io, subprocess, sys
run = [sys.executable, "-m", "nca", "--connectivity", "policy.yaml", "-n", "pods.yaml", "-p", "pods.yaml"]
out = subprocess.run([*run, "--output_format", "csv"], capture_output=True, text=True)
out.check_returncode()
for row in csv.reader(io.StringIO(out.stdout)):
    if row[3:5] == ["[default]", "[*]"] and row[2] != "[web]":
        print("  may reach every pod, web too:", row[2] or row[1])
PY
    done
}

seen look <<'SEEN'
from: {ipBlock: {cidr: 10.244.2.2/32}}
  may reach every pod, web too: 10.244.2.2/32
from: {podSelector: {matchLabels: {app: agent}}}
  may reach every pod, web too: [app!=client]
SEEN
