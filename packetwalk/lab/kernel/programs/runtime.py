"""A container runtime's part of the CNI specification: it calls plugins, and hands one's result to the next."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from packetwalk.errors import LabError
from packetwalk.lab.kernel.namespaces import Namespace

FOLDERS = ("/usr/lib/cni", "/opt/cni/bin")  # Debian's, and the one of everybody else
INTERFACE, VERSION = "eth0", "0.3.1"


def folder(plugins: Iterable[str]) -> str | None:
    """Return the folder in which all these plugins are, or None."""
    names = list(plugins)
    found = (each for each in FOLDERS if all(os.access(Path(each, name), os.X_OK) for name in names))
    return next(found, None)


class Runtime:
    """A container runtime on one node, as far as networks go; ``close`` detaches every pod.

    ``plugins`` is the folder of the CNI plugins, where it is not one of the usual ones.
    """

    def __init__(self, node: Namespace, config: Mapping[str, Any], plugins: str | None = None) -> None:
        self.node, self.config, self._plugins = node, config, plugins
        node.own_run()
        self._attached: dict[str, tuple[Namespace, Mapping[str, Any]]] = {}

    def add(self, pod: Namespace, ports: Sequence[Mapping[str, Any]] = ()) -> dict[str, Any]:
        """Attach a pod (ADD) and return the first plugin's result.

        ``ports`` are portMappings (hostPort, containerPort, protocol), for the portmap plugin.  LabError
        with a plugin's own message.
        """
        result = self._call("ADD", pod, self.config)
        mapped = {
            "name": self.config["name"],
            "cniVersion": VERSION,
            "type": "portmap",
            "runtimeConfig": {"portMappings": list(ports)},
            "prevResult": result,
        }
        self._attached[pod.name] = pod, mapped if ports else {}
        if ports:
            self._call("ADD", pod, mapped)
        return result

    def delete(self, pod: str) -> None:
        """Detach a pod (DEL), the plugins in the opposite order."""
        namespace, mapped = self._attached.pop(pod)
        if mapped:
            self._call("DEL", namespace, mapped)
        self._call("DEL", namespace, self.config)

    def close(self) -> None:
        """Detach all that is attached."""
        for pod in list(self._attached):
            self.delete(pod)

    def _call(self, verb: str, pod: Namespace, config: Mapping[str, Any]) -> dict[str, Any]:
        found = self._plugins or folder((config["type"], self.config["ipam"]["type"]))
        environment = {
            "CNI_COMMAND": verb,
            "CNI_CONTAINERID": hashlib.sha256(pod.name.encode()).hexdigest(),
            "CNI_NETNS": pod.path,
            "CNI_IFNAME": INTERFACE,
            "CNI_PATH": str(found),
        }
        words = ["env", *(f"{key}={value}" for key, value in environment.items())]
        program = f"{found}/{config['type']}"
        said = self.node.run([*words, program], json.dumps(config), check=False)
        try:
            answer = json.loads(said) if said.strip() else {}
        except ValueError:
            answer = {"msg": said.strip().splitlines()[-1]}
        if "msg" in answer:
            raise LabError(f"{self.node.name}: {config['type']}, {verb} of {pod.name}: {answer['msg']}")
        return answer
