"""A real kube-apiserver behind the real kubectl: what the labs give to kind is applied to it, by the ground's own calls.

``make real`` builds both (Kubernetes v1.36.3; kind's nodes are v1.35.0).  Docker and kind stay programs of
``fakes``; what a kubelet, a scheduler and the controller of DaemonSets would write, ``hands`` writes.
``released`` holds manifests as their Go modules have them: Flannel's of github.com/flannel-io/flannel v0.28.9, which
is the pinned one byte for byte; Calico's of github.com/projectcalico/calico v1.11.0-cni-plugin.0.20250813170300-a0db560f0520
(v3.28.5 by its images), all that a proxy of Go modules has of it: not v3.32.1, which is pinned, and of Weave nothing.
Both are under the Apache License 2.0.
"""
