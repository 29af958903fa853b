"""Objects that clusters hold and policy does not ask for: they are counted, and told as not used."""

from __future__ import annotations

from packetwalk.policy.manifests.collected import Collected
from packetwalk.policy.manifests.fields import Given

_KNOWN = {
    "v1": "ComponentStatus ConfigMap Event LimitRange PersistentVolume PersistentVolumeClaim PodTemplate "
    "ResourceQuota Secret",
    "apps/v1": "ControllerRevision",
    "autoscaling/v1": "HorizontalPodAutoscaler",
    "autoscaling/v2": "HorizontalPodAutoscaler",
    "policy/v1": "PodDisruptionBudget",
    "networking.k8s.io/v1": "Ingress IngressClass IPAddress ServiceCIDR",
    "rbac.authorization.k8s.io/v1": "ClusterRole ClusterRoleBinding Role RoleBinding",
    "storage.k8s.io/v1": "CSIDriver CSINode StorageClass VolumeAttachment",
    "scheduling.k8s.io/v1": "PriorityClass",
    "coordination.k8s.io/v1": "Lease",
    "apiextensions.k8s.io/v1": "CustomResourceDefinition",
    **dict.fromkeys(
        ("projectcalico.org/v3", "crd.projectcalico.org/v1"),
        "BGPConfiguration BGPFilter BGPPeer BlockAffinity CalicoNodeStatus ClusterInformation IPAMBlock "
        "IPAMConfiguration IPAMHandle IPReservation KubeControllersConfiguration",
    ),
}


def _unused(at: Given, found: Collected) -> None:
    kind = (at / "kind").text()
    found.unused[kind] = found.unused.get(kind, 0) + 1


KINDS = {(version, kind): _unused for version, kinds in _KNOWN.items() for kind in kinds.split()}
