"""flanneld itself on a node, and what its own CNI plugin would hand to the plugin bridge.

That plugin (flannel-io/cni-plugin) is no module that can be had here: it is done in its place what its ``cmdAdd``
does with ``10-flannel.conflist`` and ``/run/flannel/subnet.env``.  bridge, host-local and portmap are the real ones.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Interface
from pathlib import Path
from typing import TYPE_CHECKING, Any

from packetwalk.errors import LabError
from packetwalk.lab.kernel.daemon import Daemon
from packetwalk.lab.kernel.namespaces import Namespace
from packetwalk.lab.kernel.programs.attached import STATE
from packetwalk.lab.kernel.programs.runtime import VERSION
from packetwalk.lab.plugins.flannel.configmap import NAME, NET, NETWORK, FlannelSettings
from packetwalk.lab.plugins.flannel.kind import BACKENDS, KIND
from packetwalk.lab.real.agent import Agent, RealInstallation
from packetwalk.lab.real.credentials import HOME, put
from packetwalk.lab.real.objects import Object
from packetwalk.lab.real.programs import path_of
from packetwalk.plan.rules import NFTABLES
from packetwalk.walks.network import Network

if TYPE_CHECKING:
    from packetwalk.lab.manifests import Settings

RUN = Path("/run/flannel")
CONFIG = HOME / NET
FIELDS = ("FLANNEL_NETWORK", "FLANNEL_SUBNET", "FLANNEL_MTU")
TUN, WIDE = "/dev/net/tun", "mtu-mismatch"
MODES = {**{mode: BACKENDS[mode] for mode in ("vxlan", "vxlan-directrouting", "host-gw")}, "udp": {"Type": "udp"}}
"""What can be had where a kernel has VXLAN; ``udp`` also needs /dev/net/tun."""
RULES = {
    False: (["iptables-save"], {"-A FLANNEL-POSTRTG ": 6, "-A FLANNEL-FWD ": 2}),
    True: (["nft", "list", "table", "ip", "flannel-ipv4"], {" masquerade": 2, f"{NETWORK} accept": 2}),
}
"""How its rules are listed, in tables of nftables or not, and how often a text is in the list when all are there."""


@dataclass(frozen=True)
class FlanneldAgent(Agent):
    """flanneld v0.28.9 as its manifest starts it, but from a kubeconfig of the machine.

    ``net`` is its ``net-conf.json``; ``hairpin`` and ``mtu`` (of pods, where it is not flanneld's) are the CNI plugins'.
    """

    net: str
    hairpin: bool = True
    mtu: int | None = None
    daemon, folders = "flanneld", (str(RUN), STATE)

    def objects(self) -> Sequence[Object]:
        """Return the namespace and the ConfigMap of the manifest, with this backend."""
        home = "kube-flannel"
        return (
            {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": home}},
            {
                "apiVersion": "v1",
                "kind": "ConfigMap",
                "metadata": {"name": NAME, "namespace": home},
                "data": {NET: self.net},
            },
        )

    def start(self, machine: Namespace) -> Daemon:
        """Start flanneld; the environment is the manifest's."""
        put(machine, CONFIG, self.net)
        return Daemon(
            machine,
            [
                path_of(self.daemon),
                "--ip-masq",
                "--kube-subnet-mgr",
                "--healthz-port=8081",
                "--iface=eth0",
                f"--kubeconfig-file={HOME / 'kubeconfig'}",
                f"--net-config-path={CONFIG}",
            ],
            environment={
                "NODE_NAME": machine.name,
                "EVENT_QUEUE_DEPTH": "5000",
                "CONT_WHEN_CACHE_NOT_READY": "false",
                "GOGC": "50",
            },
        )

    def ready(self, machine: Namespace, others: Sequence[str]) -> bool:
        """Say whether it knows its range and its rules are there, and a route to each other node."""
        if not machine.inside((RUN / "subnet.env").exists):
            return False
        listing, wanted = RULES[json.loads(self.net).get("EnableNFTables", False)]
        rules = machine.run(listing, check=False)
        if any(rules.count(text) < number for text, number in wanted.items()):
            return False
        routes = {each["dst"] for each in json.loads(machine.run(["ip", "-j", "route"]) or "[]")}
        return routes.issuperset(others) or NETWORK in routes

    def chain(self, machine: Namespace) -> Mapping[str, Any]:
        """Return what the plugin flannel would delegate, from what flanneld has written."""
        lines = machine.inside((RUN / "subnet.env").read_text).splitlines()
        said = dict(line.split("=", 1) for line in lines if "=" in line)
        network, subnet, mtu = (said[name] for name in FIELDS)
        return {
            "name": "cbr0",
            "cniVersion": VERSION,
            "type": "bridge",
            "hairpinMode": self.hairpin,
            "isDefaultGateway": True,
            "isGateway": True,
            "ipMasq": said.get("FLANNEL_IPMASQ") != "true",
            "mtu": self.mtu or int(mtu),
            "ipam": {
                "type": "host-local",
                "ranges": [[{"subnet": str(IPv4Interface(subnet).network)}]],
                "routes": [{"dst": network}],
                "dataDir": STATE,
            },
        }


def agent(network: Network, settings: Settings) -> Agent:
    """Return flanneld as a network of the book has it, under what a ConfigMap said, in the mode of the network.

    LabError for a mode that needs what this kernel may lack.
    """
    mode = network.mode.name
    if mode not in MODES:
        raise LabError(f"the real programs have no {mode} here, only {', '.join(MODES)}")
    if mode == "udp" and not os.access(TUN, os.R_OK | os.W_OK):
        raise LabError(f"flannel udp: this user may not open {TUN}")
    own = settings.own if isinstance(settings.own, FlannelSettings) else FlannelSettings()
    backend = dict(MODES[mode])
    if settings.mtu:
        backend["MTU"] = settings.mtu - network.mode.pod_mtu(0)
    net = {
        "Network": NETWORK,
        "EnableNFTables": own.nftables or network.rules == NFTABLES,
        "Backend": backend,
    }
    broken = network.fault is not None and network.fault.name == WIDE
    return FlanneldAgent(json.dumps(net, indent=2) + "\n", own.hairpin, network.cluster.mtu if broken else None)


REAL = RealInstallation(agent, {**KIND.faults, WIDE: lambda _: []})
