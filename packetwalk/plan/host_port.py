"""A pod's ``hostPort``: the rules that the CNI plugin portmap writes on its node, with iptables.

Source: github.com/containernetworking/plugins v1.9.1, plugins/meta/portmap/portmap_iptables.go.  kubelet hands it
the ports of a pod, and it is the second plugin in the configuration of Flannel, Calico and Weave Net; what it
writes is the same with each, but for the range that counts as the pod's own.  It chose iptables beside kube-proxy in
nftables mode too (recorded).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from ipaddress import IPv4Interface

from packetwalk.plan.cluster import Cluster, Node, Pod
from packetwalk.plan.edit import Change
from packetwalk.plan.operation import Operation
from packetwalk.tables import AddrEntry, IptablesRule

PORTMAP = ("portmap plugin", "plugins/meta/portmap/portmap_iptables.go")
MARK = "0x2000/0x2000"
DNAT, SETMARK, MASQUERADE = "CNI-HOSTPORT-DNAT", "CNI-HOSTPORT-SETMARK", "CNI-HOSTPORT-MASQ"
NETWORK = "cbr0"
PROTOCOLS = ("tcp", "udp")


def host_port(port: int, to: int) -> Change:
    """Return the edit: the first worker's first pod has ``port`` of its node, by TCP and UDP, for its own ``to``."""

    def change(cluster: Cluster, node: Node, plan: list[Operation]) -> list[Operation]:
        if node is not cluster.nodes[1]:
            return plan
        pod = cluster.pod(node, 0)
        own = next(
            IPv4Interface(f"{op.entry.local}/{op.entry.prefixlen}")
            for op in plan
            if op.netns == pod.name and isinstance(op.entry, AddrEntry)
        )
        rules = _rules(pod, own, port, to)
        return [*plan, *(Operation(node.name, rule, *PORTMAP, pod.name) for rule in rules)]

    return change


def _rules(pod: Pod, own: IPv4Interface, port: int, to: int) -> Iterator[IptablesRule]:
    """Yield the rules: what masquerades, the chain of all pods, that of this one (``genDnatChain``)."""
    container = f"container of pod {pod.name}".replace(" ", "-")
    chain = f"CNI-DN-{hashlib.sha512(f'{NETWORK}{container}'.encode()).hexdigest()[:21]}"
    note = f'-m comment --comment "dnat name: \\"{NETWORK}\\" id: \\"{container}\\""'
    mark = '-m comment --comment "CNI portfwd masquerade mark"'
    yield IptablesRule("nat", SETMARK, f"{mark} -j MARK --set-xmark {MARK}")
    jump = '-m comment --comment "CNI portfwd requiring masquerade"'
    yield IptablesRule("nat", "POSTROUTING", f"{jump} -j {MASQUERADE}", inserted=True)
    yield IptablesRule("nat", MASQUERADE, f"-m mark --mark {MARK} -j MASQUERADE")
    for hook in ("PREROUTING", "OUTPUT"):
        yield IptablesRule("nat", hook, f"-m addrtype --dst-type LOCAL -j {DNAT}")
    for protocol in PROTOCOLS:
        yield IptablesRule("nat", DNAT, f"-p {protocol} {note} -m multiport --dports {port} -j {chain}")
    for protocol in PROTOCOLS:
        match = f"-p {protocol} -m {protocol} --dport {port}"
        for source in (own.network, "127.0.0.1/32"):
            yield IptablesRule("nat", chain, f"-s {source} {match} -j {SETMARK}")
        yield IptablesRule("nat", chain, f"{match} -j DNAT --to-destination {own.ip}:{to}")
