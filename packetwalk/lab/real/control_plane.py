"""etcd and kube-apiserver on one machine: the control plane of a cluster, without controllers."""

from __future__ import annotations

import os
from contextlib import ExitStack
from pathlib import Path

from packetwalk.errors import LabError
from packetwalk.lab.kernel.daemon import Daemon
from packetwalk.lab.kernel.namespaces import Namespace, mount
from packetwalk.lab.real.api import Api
from packetwalk.lab.real.credentials import HOME, KUBECONFIG, MASTERS, kubeconfig, private_key, put, token
from packetwalk.lab.real.programs import ETCD, path_of
from packetwalk.lab.real.waiting import until
from packetwalk.plan.cluster import API_PORT, SERVICE_CIDR

STORE, PKI = HOME / "etcd", HOME / "pki"
CERTIFICATE = PKI / "apiserver.crt"
CLIENT = "http://127.0.0.1:2379"


class ControlPlane:
    """etcd and kube-apiserver inside ``machine``, answering at ``address``; use it with ``with``, or ``close`` it.

    ``api`` speaks to it; ``join`` gives a machine a kubeconfig.  There is no kubelet, scheduler or controller:
    Pods, their status and EndpointSlices are whatever somebody writes.  Every token is system:masters, and
    whoever has none is refused.
    """

    def __init__(self, machine: Namespace, address: str, services: str = SERVICE_CIDR) -> None:
        """Start both and wait until the API server is ready. LabError with their last words."""
        self.machine, self.address = machine, address
        self._token = token()
        with ExitStack() as stack:
            self._start(stack, services)
            self.api = Api(machine, address, API_PORT, self._token)
            stack.callback(self.api.close)
            until("kube-apiserver answers", self._ready, self.daemons)
            self._authority = machine.inside(CERTIFICATE.read_text)
            self.api.close()
            self.api.trust(self._authority)
            self._open = stack.pop_all()

    def _start(self, stack: ExitStack, services: str) -> None:
        put(self.machine, HOME / "tokens.csv", f'{self._token},packetwalk,packetwalk,"{MASTERS}"\n')
        put(self.machine, HOME / "service-accounts.key", private_key())
        self.machine.inside(_store)
        etcd = Daemon(self.machine, _etcd(), environment={"GOGC": "50"})
        stack.callback(etcd.close)
        server = Daemon(self.machine, _server(self.address, services), environment={"GOGC": "50"})
        stack.callback(server.close)
        self.daemons = [etcd, server]

    def _ready(self) -> bool:
        try:
            return self.api.call("GET", "/readyz") == "ok"
        except LabError:
            return False

    def join(self, machine: Namespace) -> Path:
        """Give a machine a kubeconfig, a file of its own ``/run``, and return its path there."""
        server = f"https://{self.address}:{API_PORT}"
        put(machine, KUBECONFIG, kubeconfig(server, self._authority, self._token))
        return KUBECONFIG

    def check(self) -> None:
        """Do nothing while both run; LabError with the last words of one that has ended."""
        for daemon in self.daemons:
            daemon.check()

    def close(self) -> None:
        """End both; what they wrote ends with the machine."""
        self._open.close()

    def __enter__(self) -> ControlPlane:
        return self

    def __exit__(self, *_) -> None:
        self.close()


def _store() -> None:
    """Make etcd's folder, in memory where it is: a ramfs, for etcd reserves 128 MB of a tmpfs for its log."""
    PKI.mkdir(mode=0o700, exist_ok=True)
    STORE.mkdir(mode=0o700, exist_ok=True)
    if not os.path.ismount(STORE):
        mount("ramfs", STORE)
        STORE.chmod(0o700)


def _etcd() -> list[str]:
    """Return etcd with one member, which elects itself at once (by default it waits for a second)."""
    return [
        path_of(ETCD),
        f"--data-dir={STORE}",
        f"--listen-client-urls={CLIENT}",
        f"--advertise-client-urls={CLIENT}",
        "--listen-peer-urls=http://127.0.0.1:2380",
        "--heartbeat-interval=20",
        "--election-timeout=200",
        "--logger=zap",
        "--log-level=error",
    ]


def _server(address: str, services: str) -> list[str]:
    """Return kube-apiserver; it makes its own certificate.

    Privileged containers are allowed, as kubeadm has it: agents of plugins are.
    No priority and fairness, and no ServiceAccount admission: a Pod would wait for a token that a controller makes.
    """
    key = HOME / "service-accounts.key"
    return [
        path_of("kube-apiserver"),
        f"--etcd-servers={CLIENT}",
        f"--cert-dir={PKI}",
        f"--bind-address={address}",
        f"--advertise-address={address}",
        f"--secure-port={API_PORT}",
        f"--service-cluster-ip-range={services}",
        "--service-account-issuer=https://kubernetes.default.svc.cluster.local",
        f"--service-account-key-file={key}",
        f"--service-account-signing-key-file={key}",
        f"--token-auth-file={HOME / 'tokens.csv'}",
        "--anonymous-auth=false",
        "--authorization-mode=AlwaysAllow",
        "--allow-privileged=true",
        "--disable-admission-plugins=ServiceAccount",
        "--enable-priority-and-fairness=false",
        "--profiling=false",
    ]
