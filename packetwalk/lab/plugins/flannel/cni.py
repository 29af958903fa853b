"""The CNI plugins that Flannel leaves the pods to: bridge and host-local, and portmap behind them.

They get the configuration that Flannel's own plugin makes of its ``10-flannel.conflist`` and
``/run/flannel/subnet.env`` (flannel-io/cni-plugin flannel.go ``cmdAdd``, flannel_linux.go
``getDelegateIPAM``).
"""

from __future__ import annotations

from typing import Any

from packetwalk.cni.flannel.plan import CNI
from packetwalk.lab.kernel.programs.attached import STATE, CniPlugins
from packetwalk.lab.kernel.programs.runtime import VERSION
from packetwalk.plan.cluster import Node
from packetwalk.walks.network import Network


class Delegated(CniPlugins):
    """The three plugins on all nodes."""

    plugins = ("bridge", "host-local", "portmap")
    by = CNI
    modes = ("vxlan", "host-gw")

    def configuration(self, network: Network, node: Node) -> dict[str, Any]:
        """Return what Flannel's plugin hands to the bridge plugin on a node.

        ``ipMasq`` is false, for flanneld masquerades; the folder of host-local's state is the lab's own.
        """
        machines = network.cluster
        return {
            "name": "cbr0",
            "cniVersion": VERSION,
            "type": "bridge",
            "hairpinMode": True,
            "isDefaultGateway": True,
            "isGateway": True,
            "ipMasq": False,
            "mtu": network.mode.pod_mtu(machines.mtu),
            "ipam": {
                "type": "host-local",
                "ranges": [[{"subnet": str(machines.pod_cidr(node))}]],
                "routes": [{"dst": str(machines.pod_network)}],
                "dataDir": STATE,
            },
        }


WRITERS = (Delegated(),)
