"""What docker, kind, kubectl and the programs on a node answer, from a little state that they change."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any, NamedTuple

from packetwalk.capture.headers import headers_only
from tests.lab.kind.fakes.flags import Refused

ON_NODES = {
    "ip",
    "bridge",
    "iptables",
    "iptables-save",
    "ipset",
    "nsenter",
    "sysctl",
    "conntrack",
    "crictl",
    "uname",
}


class Log(NamedTuple):
    """What was done: programs that ran on nodes and where, manifests that were applied, requests to the tap."""

    ran: list[list[Any]]
    applied: list[str]
    requests: list[dict[str, Any]]


class Programs:
    """The three programs on one ``state``; each returns its exit code, what it prints and what it complains."""

    def __init__(self, state: dict[str, Any], log: Log) -> None:
        self.state, self.log = state, log
        self._numbers = count(1)

    def call(self, name: str, flags: dict[str, str], rest: list[str], given: str) -> tuple[int, str, str]:
        """Answer one call of a subcommand, with what it was ``given`` on its standard input."""
        programs: dict[str, Callable[..., str]]
        programs = {"docker": self._docker, "kind": self._kind, "kubectl": self._kubectl}
        if name == "kind get clusters" and not self.state["clusters"]:
            return 0, "", "No kind clusters found.\n"
        try:
            return 0, programs[name.split()[0]](name, flags, rest, given), ""
        except Refused as refused:
            return refused.code, "", refused.text and refused.text + "\n"

    def _docker(self, name: str, flags: dict[str, str], rest: list[str], given: str) -> str:
        containers, images = self.state["containers"], self.state["images"]
        if name == "docker version":
            known = {"{{.Server.Version}} {{.Server.Arch}}": "28.2.2 amd64", "{{.Server.Version}}": "28.2.2"}
            return known[flags["--format"]] + "\n"
        if name == "docker ps":
            wanted = flags["--filter"].rsplit("=", 1)[1]
            return "\n".join(each["id"] for each in containers.values() if each["cluster"] == wanted) + "\n"
        if name == "docker image inspect":
            if rest[0] not in images:
                raise Refused(f"Error: No such image: {rest[0]}")
            known = {
                "{{.Id}}": "sha256:1",
                "{{json .RepoDigests}}": json.dumps([f"{rest[0]}@{images[rest[0]]}"]),
            }
            return known[flags["--format"]] + "\n"
        if name == "docker inspect":
            return f"{containers[rest[0]]['pid']}\n"
        if name == "docker pull":
            if rest[0] not in self.state["registry"]:
                unknown = f"manifest for {rest[0]} not found: manifest unknown"
                raise Refused(f"Error response from daemon: {unknown}")
            images[rest[0]] = self.state["registry"][rest[0]]
        elif name == "docker save":
            Path(flags["--output"]).write_text("\n".join(rest))
        elif name == "docker load":
            images |= dict.fromkeys(Path(flags["--input"]).read_text().split(), "sha256:loaded")
        elif name == "docker cp":
            if not Path(rest[0]).exists() or rest[1].split(":")[0] not in containers:
                raise Refused(f"Error: no such container or file: {rest}")
        elif name == "docker rm":
            if containers.pop(rest[0], None) is None:
                raise Refused(f"Error response from daemon: No such container: {rest[0]}")
        elif name == "docker run":
            if flags["--name"] in containers:
                taken = f'The container name "/{flags["--name"]}" is already in use'
                raise Refused(f"docker: Error response from daemon: Conflict. {taken}", 125)
            containers[flags["--name"]] = {"id": "f" * 64, "cluster": "", "pid": 1}
        elif name == "docker exec":
            if rest[0] not in containers:
                raise Refused(f"Error response from daemon: No such container: {rest[0]}")
            return self._inside(rest[0], rest[1:], given)
        return ""

    def _inside(self, container: str, argv: list[str], given: str) -> str:
        """What programs on a node, in a pod's network and in the container of tools say."""
        if argv[:2] == ["sh", "-c"]:
            loads = argv[2].startswith("modprobe")
            if argv[4] in self.state["no modules"] if loads else argv[-1] not in ON_NODES:
                raise Refused("")
            return ""
        if argv[:2] == ["crictl", "pods"]:
            return f"sandbox-{argv[argv.index('--name') + 1].strip('^$')}\n"
        if argv[:2] == ["crictl", "inspectp"]:
            return f"{sum(argv[-1].encode())}\n"
        if argv[:3] == ["python3", "-m", "packetwalk.lab.kind.recording.tap"]:
            return self._tap(json.loads(given))
        where = container
        if argv[0] == "nsenter":
            where, argv = f"{container} {argv[1]}", argv[argv.index("--") + 1 :]
        self.log.ran.append([where, argv])
        if " ".join(argv) not in self.state["answers"]:
            raise Refused(f"{argv[0]}: nothing known")
        return self.state["answers"][" ".join(argv)] + "\n"

    def _tap(self, request: dict[str, Any]) -> str:
        self.log.requests.append(request)

        def kept(data: str) -> str:
            return data if request["payload"] else headers_only(bytes.fromhex(data)).hex()

        frames = [[*f[:4], kept(f[4]), f[5]] for f in self.state["frames"]]
        return json.dumps({"frames": frames, "lost": self.state.get("lost", {})}) + "\n"

    def _kind(self, name: str, flags: dict[str, str], rest: list[str], _: str) -> str:
        cluster, containers, clusters = flags.get("--name"), self.state["containers"], self.state["clusters"]
        if name == "kind get clusters":
            return "\n".join(clusters) + "\n"
        if name == "kind get nodes":
            return "\n".join(k for k, v in containers.items() if v["cluster"] == cluster) + "\n"
        if name == "kind get kubeconfig":
            return "apiVersion: v1\nkind: Config\n"
        if name == "kind create cluster":
            if cluster in clusters:
                there = f'node(s) already exist for a cluster with the name "{cluster}"'
                raise Refused(f"ERROR: failed to create cluster: {there}")
            clusters.append(cluster)
            made = next(self._numbers)
            for number, suffix in enumerate(("control-plane", "worker", "worker2")):
                node = {"id": f"{number}{made:04}", "cluster": cluster, "pid": 100 + number}
                containers[f"{cluster}-{suffix}"] = node
            Path(flags["--kubeconfig"]).parent.mkdir(parents=True, exist_ok=True)
            Path(flags["--kubeconfig"]).write_text("apiVersion: v1\n")
        elif name == "kind delete cluster":
            self.state["clusters"] = [each for each in clusters if each != cluster]
            self.state["containers"] = {k: v for k, v in containers.items() if v["cluster"] != cluster}
        elif name == "kind load image-archive" and not Path(rest[0]).exists():
            raise Refused(f"ERROR: no such file: {rest[0]}")
        return ""

    def _kubectl(self, name: str, flags: dict[str, str], rest: list[str], given: str) -> str:
        if name == "kubectl get":
            data, how = {"items": self.state["objects"].get(rest[0], [])}, flags["--output"]
            return json.dumps(data) if how == "json" else jsonpath(how.removeprefix("jsonpath="), data)
        if name == "kubectl apply":
            text = given if flags["--filename"] == "-" else Path(flags["--filename"]).read_text()
            self.log.applied.append(text)
            named = re.findall(r"(?ms)^kind: (\w+).*?^  name: ([\w.-]+)|(?!)", text)
            return "".join(f"{kind.lower()}/{called} serverside-applied\n" for kind, called in named)
        return ""


def jsonpath(expression: str, data: dict[str, Any]) -> str:
    """Answer the few forms of a JSONPath template that the project uses."""

    def value(path: str, item: Any) -> str:
        for part in re.findall(r"\.([\w]+)|\[\?\(@\.(\w+)==\"(\w+)\"\)\]", path):
            if part[0]:
                item = item.get(part[0], "") if isinstance(item, dict) else ""
            else:
                item = next((each for each in item if each.get(part[1]) == part[2]), {})
        return str(item).lower() if isinstance(item, bool) else str(item)

    match = re.fullmatch(r"\{range \.items\[\*\]\}(.*)\{end\}", expression, re.S)
    if not match:
        raise Refused(f"error: error parsing jsonpath {expression}")
    pieces = re.findall(r"\{(.*?)\}(?=\{|$)", match[1])
    return "".join(
        json.loads(piece) if piece.startswith('"') else value(piece, item)
        for item in data["items"]
        for piece in pieces
    )
