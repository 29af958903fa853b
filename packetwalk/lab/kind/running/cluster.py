"""The life of one kind cluster: made whole or not at all, known again by its containers, taken away."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from packetwalk.errors import LabError
from packetwalk.lab.kind import pins
from packetwalk.lab.kind.installation import Installation
from packetwalk.lab.kind.running import images, tools
from packetwalk.lab.kind.running.programs import attempt, call

WORKLOAD = Path(__file__).with_name("workload.yaml")
WAIT = "300s"
LABEL = "io.x-k8s.kind.cluster"  # kind writes it on each node's container
LOAD = 'modprobe -q "$1" || test -e "$2"'
SIGNS = {"br_netfilter": "/proc/sys/net/bridge/bridge-nf-call-iptables"}
SUFFIXES = ("control-plane", "worker", "worker2")


class KindCluster:
    """The cluster ``packetwalk-PLUGIN``; it writes no file of the user's, and has a kubeconfig of its own."""

    def __init__(self, installation: Installation) -> None:
        """Name it; nothing is started."""
        self.installation, self.plugin = installation, installation.plugin
        self.name = f"packetwalk-{self.plugin}"
        home = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
        self.folder = Path(home) / "packetwalk" / "kind" / self.name
        self.kubeconfig, self.record = self.folder / "kubeconfig", self.folder / "record.json"
        self.configuration = self.folder / "kind.yaml"
        self.containers: Mapping[str, str] = {
            f"kind-{suffix}": f"{self.name}-{suffix}" for suffix in SUFFIXES
        }
        self.tools = f"{self.name}-tools"

    # --- is it there, and whose is it? ------------------------------------------------------------

    def exists(self) -> bool:
        """Ask kind whether there is a cluster of this name."""
        return self.name in call(["kind", "get", "clusters"]).split()

    def ours(self) -> bool:
        """Say whether the cluster of this name was made here: by the IDs of its containers."""
        try:
            noted = json.loads(self.record.read_text())
        except (OSError, ValueError):
            return False
        return noted["state"] == "making" or noted["containers"] == self._ids()

    def mode(self) -> str:
        """Return the mode in which it was made to its end; empty when it never was."""
        try:
            return str(json.loads(self.record.read_text())["mode"])
        except (OSError, ValueError, KeyError):
            return ""

    def _ids(self) -> list[str]:
        listed = ["docker", "ps", "--all", "--quiet", "--no-trunc", "--filter", f"label={LABEL}={self.name}"]
        return sorted(call(listed).split())

    def note(self, mode: str) -> None:
        """Write down that it stands, in which mode, and by which containers it is known again."""
        noted = {"state": "made", "mode": mode, "containers": self._ids()}
        pins.put(self.record, json.dumps(noted).encode())

    # --- making and taking away -------------------------------------------------------------------

    def open(self, mode: str, manifest: Callable[[], str], *, reuse: bool = False) -> str:
        """Make it with what ``manifest`` returns, or take up one made here; return the mode it is in.

        LabError in one line, and nothing left, when any part of it fails; also on Ctrl-C.
        """
        architecture = self._engine()
        if self.exists():
            if not self.ours():
                raise LabError(
                    f"there is a kind cluster {self.name} which was not made here; "
                    f"`kind delete cluster --name {self.name}` removes it"
                )
            if self.mode() and not reuse:
                raise LabError(
                    f"the cluster {self.name} of an earlier run is still there; PACKETWALK_KIND_REUSE=1 takes "
                    f"it up again, `packetwalk kind delete {self.plugin}` removes it"
                )
            if self.mode():
                self._take_up()
                return self.mode()
            self.delete()
        text = manifest()
        programs = self.installation.programs(architecture)
        try:
            pins.put(self.record, json.dumps({"state": "making"}).encode())
            self._create()
            self.demand(mode)
            for target, program in programs.items():
                for container in self.containers.values():
                    call(["docker", "cp", str(program), f"{container}:{target}"])
            self._install(text)
            tools.start(self.tools, self.name)
            self.note(mode)
        except BaseException:
            self.delete()
            raise
        return mode

    def _take_up(self) -> None:
        """Make an earlier cluster usable again: its kubeconfig, its pods, its tools."""
        pins.put(self.kubeconfig, call(["kind", "get", "kubeconfig", "--name", self.name]).encode())
        self.start_pods()
        tools.start(self.tools, self.name)

    def _engine(self) -> str:
        """Return the engine's architecture, having asked whether it runs at all."""
        wanted = "{{.Server.Version}} {{.Server.Arch}}"
        words = call(["docker", "version", "--format", wanted]).split()
        if len(words) != 2:
            raise LabError("docker version: the engine does not say which it is")
        return words[1]

    def _create(self) -> None:
        _say(f"making the cluster {self.name}: some minutes")
        pins.put(self.configuration, self.installation.configuration().encode())
        image = pins.node()
        name = f"{image.image}@{image.digest}"
        if images.in_engine(image.image) and not images.in_engine(name):
            name = image.image  # loaded from a file, whose own digest was checked then
        call(
            [
                *("kind", "create", "cluster", "--name", self.name, "--config", str(self.configuration)),
                *("--kubeconfig", str(self.kubeconfig), "--image", name),
            ]
        )
        archive = images.archive(self.plugin)
        if archive is not None:
            call(["kind", "load", "image-archive", str(archive), "--name", self.name])

    def demand(self, mode: str) -> None:
        """Load the kernel modules that a mode needs; LabError names the one that is not there.

        A module that is built into the kernel shows by its folder or setting only.
        """
        node = next(iter(self.containers.values()))
        for module in self.installation.modes[mode]:
            sign = SIGNS.get(module, f"/sys/module/{module}")
            asked = ["docker", "exec", node, "sh", "-c", LOAD, "sh", module, sign]
            if attempt(asked).returncode != 0:
                raise LabError(
                    f"{self.plugin} {mode} needs the kernel module {module}: `sudo modprobe {module}` "
                    "on the machine of the Docker engine"
                )

    def _install(self, manifest: str) -> None:
        _say(f"installing {self.plugin} {self.installation.version}")
        if manifest:
            self.kubectl("apply", "--server-side", "--filename", "-", text=manifest)
        self.rolled_out()
        self.kubectl("wait", "--for=condition=Ready", "node", "--all", f"--timeout={WAIT}")
        self.start_pods()

    def apply(self, manifest: str) -> list[str]:
        """Apply documents, whoever wrote their fields before, and return what kubectl says."""
        words = ("apply", "--server-side", "--force-conflicts", "--filename", "-")
        return self.kubectl(*words, text=manifest).splitlines()

    def withdraw(self, manifest: str) -> list[str]:
        """Delete what documents name, and return what kubectl says."""
        return self.kubectl("delete", "--ignore-not-found", "--filename", "-", text=manifest).splitlines()

    def rolled_out(self) -> None:
        """Wait until the plugin runs on every node."""
        namespace, name = self.installation.daemonset.split("/")
        self.kubectl("rollout", "status", f"daemonset/{name}", "--namespace", namespace, f"--timeout={WAIT}")

    def start_pods(self) -> None:
        """Start the labs' pods and services, and wait for them."""
        self.kubectl("apply", "--filename", str(WORKLOAD))
        self.kubectl("wait", "--for=condition=Ready", "pod", "--all", f"--timeout={WAIT}")

    def stop_pods(self) -> None:
        """Delete the labs' pods and services: what the plugin made for them goes with them."""
        self.kubectl("delete", "--ignore-not-found", "--filename", str(WORKLOAD))

    def kubectl(self, *words: str, text: str | None = None) -> str:
        """Ask or tell the cluster; LabError in one line when it refuses."""
        return call(["kubectl", "--kubeconfig", str(self.kubeconfig), *words], text=text)

    def delete(self) -> None:
        """Take it all away: nodes, tools, notes. What is not there is no error."""
        tools.stop(self.tools)
        gone = attempt(
            ["kind", "delete", "cluster", "--name", self.name, "--kubeconfig", str(self.kubeconfig)]
        )
        if gone.returncode != 0:
            said = (gone.stderr.strip().splitlines() or ["failed"])[-1]
            raise LabError(f"the cluster {self.name} could not be deleted: {said}")
        for file in (self.kubeconfig, self.record, self.configuration):
            file.unlink(missing_ok=True)
        if self.folder.is_dir():
            self.folder.rmdir()


def _say(text: str) -> None:
    print(f"kind: {text}", file=sys.stderr, flush=True)
