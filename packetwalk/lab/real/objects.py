"""The objects of a cluster that nobody else writes here: Nodes, Pods, Services, EndpointSlices."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from packetwalk.plan.cluster import Node, Pod, Service

Object = Mapping[str, Any]
"""An object of the API, as a manifest's JSON has it."""
READY = [{"type": "Ready", "status": "True", "reason": "KubeletReady"}]
IMAGE = "registry.k8s.io/e2e-test-images/agnhost:2.53"
"""What kind's pods run; here a server of the lab answers in its place."""
OF_A_KUBELET = {"volumes.kubernetes.io/controller-managed-attach-detach": "true"}
"""Every kubelet writes it: without any annotation an agent may panic (assignment to entry in nil map)."""
CONDITIONS = ("PodScheduled", "Initialized", "ContainersReady", "Ready")
SERVICE_NAME = "kubernetes.io/service-name"
MANAGED_BY, AUTHOR = "endpointslice.kubernetes.io/managed-by", "packetwalk"


def node(machine: Node, pod_cidr: str) -> list[Object]:
    """Return a Node, and its status: what a kubelet and the controller of ranges would write."""
    head = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": machine.name}}
    labels = {"kubernetes.io/hostname": machine.name, "kubernetes.io/os": "linux"}
    return [
        {
            **head,
            "metadata": {"name": machine.name, "labels": labels, "annotations": OF_A_KUBELET},
            "spec": {"podCIDR": pod_cidr, "podCIDRs": [pod_cidr]},
        },
        {
            **head,
            "status": {
                "addresses": [
                    {"type": "InternalIP", "address": machine.address},
                    {"type": "Hostname", "address": machine.name},
                ],
                "conditions": READY,
            },
        },
    ]


def pod(each: Pod, address: str, host: str) -> list[Object]:
    """Return a Pod that its node runs already, and its status."""
    head = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": each.own_name,
            "namespace": each.namespace,
            "labels": {"app": each.own_name},
        },
    }
    container = {"name": "server", "image": IMAGE, "ports": [{"containerPort": 8080}]}
    return [
        {**head, "spec": {"nodeName": each.node, "containers": [container]}},
        {
            **head,
            "status": {
                "phase": "Running",
                "podIP": address,
                "podIPs": [{"ip": address}],
                "hostIP": host,
                "hostIPs": [{"ip": host}],
                "conditions": [{"type": each, "status": "True"} for each in CONDITIONS],
                "containerStatuses": [
                    {
                        "name": container["name"], "image": IMAGE, "imageID": "", "restartCount": 0,
                        "ready": True, "started": True, "state": {"running": {}},
                    }
                ],
            },
        },
    ]


def service(each: Service) -> Object:
    """Return a Service of the book's cluster; it has no selector, for its EndpointSlice is written beside it."""
    ports = [
        {"name": name, "protocol": proto.upper(), "port": each.port, "targetPort": each.target_port}
        for proto, name in each.ports
    ]
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": each.name, "namespace": each.namespace},
        "spec": {"clusterIP": each.address, "ports": ports, "selector": {"app": each.backends[0]}},
    }


def selected(chosen: Object, pods: Iterable[Object]) -> Object | None:
    """Return the EndpointSlice of a Service from the Pods that its selector fits; None without a selector.

    What the endpoint slice controller would write, for IPv4, in one slice.
    """
    metadata, spec = chosen["metadata"], chosen["spec"]
    selector: Mapping[str, str] = spec.get("selector") or {}
    if not selector or spec.get("type") == "ExternalName":
        return None
    fitting = [
        each
        for each in pods
        if each["metadata"]["namespace"] == metadata["namespace"]
        and selector.items() <= each["metadata"].get("labels", {}).items()
        and each.get("status", {}).get("podIP")
    ]
    return {
        "apiVersion": "discovery.k8s.io/v1",
        "kind": "EndpointSlice",
        "metadata": {
            "name": f"{metadata['name']}-packetwalk",
            "namespace": metadata["namespace"],
            "labels": {SERVICE_NAME: metadata["name"], MANAGED_BY: AUTHOR},
        },
        "addressType": "IPv4",
        "ports": [
            {
                "name": port.get("name", ""),
                "protocol": port["protocol"],
                "port": _number(port, fitting),
            }
            for port in spec.get("ports", ())
        ],
        "endpoints": [_endpoint(each) for each in fitting],
    }


def _number(port: Object, pods: Iterable[Object]) -> int:
    """Return the number of a Service's target port, which may be the name of a container's."""
    goal = port.get("targetPort", port["port"])
    if isinstance(goal, int):
        return goal
    named = (
        each["containerPort"]
        for one in pods
        for container in one["spec"]["containers"]
        for each in container.get("ports", ())
        if each.get("name") == goal
    )
    return next(named, port["port"])


def _endpoint(each: Object) -> dict[str, Any]:
    status = each["status"]
    ready = any(one["type"] == "Ready" and one["status"] == "True" for one in status.get("conditions", ()))
    ending = "deletionTimestamp" in each["metadata"]
    return {
        "addresses": [status["podIP"]],
        "conditions": {"ready": ready and not ending, "serving": ready, "terminating": ending},
        "nodeName": each["spec"]["nodeName"],
        "targetRef": {
            "kind": "Pod",
            "name": each["metadata"]["name"],
            "namespace": each["metadata"]["namespace"],
        },
    }


def ours(piece: Object) -> bool:
    """Say whether an EndpointSlice is one that was written here from a selector."""
    return piece["metadata"].get("labels", {}).get(MANAGED_BY) == AUTHOR


def key(each: Object) -> tuple[str, str]:
    """Return an object's namespace and name."""
    return each["metadata"]["namespace"], each["metadata"]["name"]
