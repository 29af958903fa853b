#!/bin/bash
# A simulator of NetworkPolicies and the two ways to name a namespace.
. "$(dirname "$0")/lib.sh"
pypi kube-netpol==1.0.0 click==8.3.1 rich==14.2.0 PyYAML==6.0.2 markdown-it-py==4.0.0 mdurl==0.1.2 pygments==2.19.2

what="kube-netpol 1.0.0, simulate: pod app=client of namespace \"front\" and of namespace \"other\" to a pod \
that lets in from \"front\" only"
expected="front: ALLOW, other: DENY, whether the peer has a namespaceSelector alone or a podSelector beside it"

look() {
    local front='namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: front}}'
    local peer from
    for peer in "$front" "$front, podSelector: {matchLabels: {app: client}}"; do
        cat >policy.yaml <<YAML
{apiVersion: v1, kind: Namespace, metadata: {name: front, labels: {kubernetes.io/metadata.name: front}}}
---
{apiVersion: v1, kind: Namespace, metadata: {name: other, labels: {kubernetes.io/metadata.name: other}}}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: web, namespace: default}
spec: {podSelector: {}, policyTypes: [Ingress], ingress: [{from: [{$peer}]}]}
YAML
        echo "$peer"
        for from in front other; do
            echo "  $from: $(python3 python/bin/kube-netpol simulate policy.yaml --from-pod client --from-ns $from \
                --from-labels app=client --to-pod web --to-labels app=web -p 80 2>&1 | grep -o -m 1 -e ALLOW -e DENY)"
        done
    done
}

seen look <<'SEEN'
namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: front}}
  front: DENY
  other: DENY
namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: front}}, podSelector: {matchLabels: {app: client}}
  front: ALLOW
  other: ALLOW
SEEN
