"""The fields of Calico's resources (v3.32, ``api/pkg/apis/projectcalico/v3``), and what of them is the same here."""

from __future__ import annotations

from packetwalk.lab.manifests.schema import (
    ADDRESS,
    BOOL,
    FILLED,
    LEAST_MTU,
    LIST,
    OTHER,
    TEXT,
    DocumentField,
    DocumentFields,
    among,
    whole,
)
from packetwalk.plan.cluster import Cluster

VERSIONS = ("projectcalico.org/v3", "crd.projectcalico.org/v1")
POOL, NETWORK, BLOCK = "default-ipv4-ippool", str(Cluster().pod_network), 26
NODES = {node.name: node for node in Cluster().nodes}
AS_NUMBER = whole(0, 2**32 - 1).only(64512)
SIZE = whole(LEAST_MTU, 65535)
MTU = DocumentField(f"0 (as the underlay allows), {SIZE.valid}", lambda value: SIZE.fits(value) or value == 0)
NODE = among(*NODES)
MODE = among("Always", "CrossSubnet", "Never")

POOL_FIELDS: DocumentFields = {
    "cidr": among(NETWORK),
    "ipipMode": MODE,
    "vxlanMode": MODE,
    "natOutgoing": BOOL,
    "blockSize": whole(20, 32).only(BLOCK),
    "disabled": BOOL.only(False),
    "disableBGPExport": BOOL.only(False),
    "nodeSelector": TEXT.only("all()", ""),
    "namespaceSelector": TEXT.only("all()", ""),
    "allowedUses": LIST.only(["Workload", "Tunnel"], ["Tunnel", "Workload"]),
    "assignmentMode": among("Automatic", "Manual").only("Automatic"),
}
TO_HOST = "defaultEndpointToHostAction"
FELIX_FIELDS: DocumentFields = {
    "wireguardEnabled": BOOL,
    "ipipMTU": MTU,
    "vxlanMTU": MTU,
    "wireguardMTU": MTU,
    TO_HOST: among("Drop", "Accept", "Return"),
    **dict.fromkeys(
        ("wireguardEnabledV6", "wireguardMTUV6", "vxlanMTUV6", "ipipEnabled", "vxlanEnabled"), OTHER
    ),
}
"""Those that Felix has beside these are many: named, and left alone."""
BGP_FIELDS: DocumentFields = {
    "nodeToNodeMeshEnabled": BOOL,
    "asNumber": AS_NUMBER,
    "listenPort": whole(1, 65535).only(179),
    "logSeverityScreen": TEXT.only("Info"),
    "bindMode": among("None", "NodeIP").only("None"),
    "ignoredInterfaces": LIST.only([]),
    "communities": LIST.only([]),
    "prefixAdvertisements": LIST.only([]),
    "serviceClusterIPs": LIST.only([]),
    "serviceExternalIPs": LIST.only([]),
    "serviceLoadBalancerIPs": LIST.only([]),
    "serviceLoadBalancerAggregation": OTHER,
    "nodeMeshPassword": OTHER,
    "nodeMeshMaxRestartTime": OTHER,
    "localWorkloadPeeringIPV4": OTHER,
    "localWorkloadPeeringIPV6": OTHER,
    "programClusterRoutes": OTHER,
}
PEER_FIELDS: DocumentFields = {
    "node": NODE,
    "nodeSelector": FILLED,
    "peerIP": among(*(node.address for node in NODES.values())),
    "peerSelector": FILLED,
    "asNumber": AS_NUMBER,
    "keepOriginalNextHop": BOOL.only(False),
    **dict.fromkeys(
        ("filters", "localASNumber", "localWorkloadSelector", "maxRestartTime", "nextHopMode"), OTHER
    ),
    **dict.fromkeys(("numAllowedLocalASNumbers", "password", "reachableBy", "reversePeering"), OTHER),
    **dict.fromkeys(("sourceAddress", "ttlSecurity"), OTHER),
}
NODE_FIELDS: DocumentFields = {
    "bgp": OTHER,
    **dict.fromkeys(
        ("addresses", "ipv4VXLANTunnelAddr", "ipv6VXLANTunnelAddr", "orchRefs", "wireguard"), OTHER
    ),
    **dict.fromkeys(("vxlanTunnelMACAddr", "vxlanTunnelMACAddrV6"), OTHER),
    **dict.fromkeys(("podCIDR", "podCIDRs", "providerID", "taints", "unschedulable", "externalID"), OTHER),
}
"""Of Calico's Node and of Kubernetes'; both are of kind Node."""
NODE_BGP_FIELDS: DocumentFields = {
    "routeReflectorClusterID": ADDRESS,
    "asNumber": AS_NUMBER,
    "ipv4Address": TEXT,
    **dict.fromkeys(("ipv4IPIPTunnelAddr", "ipv6Address", "interface"), OTHER),
}
ANNOTATED = "projectcalico.org/"
CLUSTER_ID, IPV4 = f"{ANNOTATED}RouteReflectorClusterID", f"{ANNOTATED}IPv4Address"
