#!/usr/bin/env -S python3 -S
"""docker, kind and kubectl for tests: they know their flags, keep a little state, log each call, fail on request.

The folder FAKE_STATE holds ``state.json`` (what there is), ``fail.json`` (what goes wrong) and ``log.jsonl``.
"""

import json
import os
import re
import sys
import time
from pathlib import Path

STATE = Path(os.environ.get("FAKE_STATE", "."))
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

# Subcommand to its flags; a flag with True takes a value. Whatever is not here is refused, as the programs do.
FLAGS = {
    "docker version": {"--format": True},
    "docker ps": {"--all": False, "--quiet": False, "--no-trunc": False, "--filter": True},
    "docker image inspect": {"--format": True},
    "docker inspect": {"--format": True},
    "docker pull": {"--quiet": False, "--platform": True},
    "docker save": {"--platform": True, "--output": True},
    "docker load": {"--quiet": False, "--input": True},
    "docker cp": {},
    "docker rm": {"--force": False},
    "docker run": {
        "--detach": False, "--rm": False, "--name": True, "--label": True, "--env": True,
        "--privileged": False, "--pid": True, "--network": True,
    },
    "docker exec": {"--interactive": False},
    "kind get clusters": {},
    "kind get kubeconfig": {"--name": True},
    "kind get nodes": {"--name": True},
    "kind create cluster": {"--name": True, "--config": True, "--kubeconfig": True, "--image": True},
    "kind delete cluster": {"--name": True, "--kubeconfig": True},
    "kind load image-archive": {"--name": True},
    "kubectl apply": {"--server-side": False, "--force-conflicts": False, "--filename": True},
    "kubectl delete": {"--ignore-not-found": False, "--filename": True},
    "kubectl wait": {"--for": True, "--all": False, "--timeout": True},
    "kubectl rollout status": {"--namespace": True, "--timeout": True},
    "kubectl rollout restart": {"--namespace": True},
    "kubectl patch": {"--type": True, "--patch": True},
    "kubectl get": {"--namespace": True, "--output": True},
}  # fmt: skip
FREE = ("docker run", "docker exec")  # what follows the first word is another program's


def load():
    return json.loads((STATE / "state.json").read_text())


def store(state):
    (STATE / "state.json").write_text(json.dumps(state))


def die(text, code=1):
    sys.stderr.write(text + "\n")
    raise SystemExit(code)


def parse(name, words):
    """Return flags and words of a call, as cobra (the three programs' library) would read them."""
    allowed, flags, rest = FLAGS[name], {}, []
    words = list(words)
    while words:
        word = words.pop(0)
        if not word.startswith("--") or (rest and name in FREE):
            rest.append(word)
            continue
        flag, equals, value = word.partition("=")
        if flag not in allowed:
            die(f"unknown flag: {flag}", 125 if name.startswith("docker") else 1)
        if allowed[flag] and not equals:
            value = words.pop(0)
        flags.setdefault(flag, []).append(value)
    return {key: values[-1] for key, values in flags.items()}, rest


def jsonpath(expression, data):
    """Answer the few forms of a JSONPath template that the project uses."""

    def value(path, item):
        for part in re.findall(r"\.([\w]+)|\[\?\(@\.(\w+)==\"(\w+)\"\)\]", path):
            if part[0]:
                item = item.get(part[0], "") if isinstance(item, dict) else ""
            else:
                item = next((each for each in item if each.get(part[1]) == part[2]), {})
        return str(item).lower() if isinstance(item, bool) else str(item)

    match = re.fullmatch(r"\{range \.items\[\*\]\}(.*)\{end\}", expression, re.S)
    if not match:
        die(f"error: error parsing jsonpath {expression}")
    out = ""
    for item in data["items"]:
        for piece in re.findall(r"\{(.*?)\}(?=\{|$)", match[1]):
            out += json.loads(piece) if piece.startswith('"') else value(piece, item)
    return out


# --- the programs ---------------------------------------------------------------------------------


def docker(name, flags, rest, state):
    containers, images = state["containers"], state["images"]
    if name == "docker version":
        print(
            {"{{.Server.Version}} {{.Server.Arch}}": "28.2.2 amd64", "{{.Server.Version}}": "28.2.2"}[
                flags["--format"]
            ]
        )
    elif name == "docker ps":
        wanted = flags["--filter"].rsplit("=", 1)[1]
        print("\n".join(each["id"] for each in containers.values() if each["cluster"] == wanted))
    elif name == "docker image inspect":
        if rest[0] not in images:
            die(f"Error: No such image: {rest[0]}")
        digest = images[rest[0]]
        print(
            {"{{.Id}}": "sha256:1", "{{json .RepoDigests}}": json.dumps([f"{rest[0]}@{digest}"])}[
                flags["--format"]
            ]
        )
    elif name == "docker inspect":
        print(containers[rest[0]]["pid"])
    elif name == "docker pull":
        if rest[0] not in state["registry"]:
            die(f"Error response from daemon: manifest for {rest[0]} not found: manifest unknown")
        images[rest[0]] = state["registry"][rest[0]]
    elif name == "docker save":
        Path(flags["--output"]).write_text("\n".join(rest))
    elif name == "docker load":
        for image in Path(flags["--input"]).read_text().split():
            images[image] = "sha256:loaded"
    elif name == "docker cp":
        if not Path(rest[0]).exists() or rest[1].split(":")[0] not in containers:
            die(f"Error: no such container or file: {rest}")
    elif name == "docker rm":
        if containers.pop(rest[0], None) is None:
            die(f"Error response from daemon: No such container: {rest[0]}")
    elif name == "docker run":
        if flags["--name"] in containers:
            die(
                f'docker: Error response from daemon: Conflict. The container name "/{flags["--name"]}" is already in use',
                125,
            )
        containers[flags["--name"]] = {"id": "f" * 64, "cluster": "", "pid": 1}
    elif name == "docker exec":
        if rest[0] not in containers:
            die(f"Error response from daemon: No such container: {rest[0]}")
        raise SystemExit(inside(rest[0], rest[1:], state))


def inside(container, argv, state):
    """What programs on a node, in a pod's network and in the container of tools say."""
    if argv[:2] == ["sh", "-c"] and argv[2].startswith("modprobe"):
        return 0 if argv[4] not in state["no modules"] else 1
    if argv[:2] == ["sh", "-c"]:
        return 0 if argv[-1] in ON_NODES else 1
    if argv[:2] == ["crictl", "pods"]:
        print(f"sandbox-{argv[argv.index('--name') + 1].strip('^$')}")
    elif argv[:2] == ["crictl", "inspectp"]:
        print(sum(argv[-1].encode()))
    elif argv[:3] == ["python3", "-m", "packetwalk.lab.kind.tap"]:
        sys.path.insert(0, os.environ["FAKE_PACKAGE"])
        from packetwalk.lab.kind.redact import headers_only

        request = json.load(sys.stdin)
        (STATE / "request.json").write_text(json.dumps(request))
        seen = [[*frame[:4], frame[4] if request["payload"] else headers_only(bytes.fromhex(frame[4])).hex(), frame[5]]
                for frame in state["frames"]]  # fmt: skip
        print(json.dumps(seen))
    else:
        where = container
        if argv[0] == "nsenter":
            where, argv = f"{container} {argv[1]}", argv[argv.index("--") + 1 :]
        with (STATE / "ran.jsonl").open("a") as ran:
            ran.write(json.dumps([where, argv]) + "\n")
        answer = state["answers"].get(" ".join(argv))
        if answer is None:
            sys.stderr.write(f"{argv[0]}: nothing known\n")
            return 1
        print(answer)
    return 0


def kind(name, flags, rest, state):
    cluster = flags.get("--name")
    if name == "kind get clusters":
        if state["clusters"]:
            print("\n".join(state["clusters"]))
        else:
            sys.stderr.write("No kind clusters found.\n")
    elif name == "kind get nodes":
        print("\n".join(k for k, v in state["containers"].items() if v["cluster"] == cluster))
    elif name == "kind get kubeconfig":
        print("apiVersion: v1\nkind: Config")
    elif name == "kind create cluster":
        if cluster in state["clusters"]:
            die(
                f'ERROR: failed to create cluster: node(s) already exist for a cluster with the name "{cluster}"'
            )
        state["clusters"].append(cluster)
        for number, suffix in enumerate(("control-plane", "worker", "worker2")):
            state["containers"][f"{cluster}-{suffix}"] = {
                "id": f"{number}{os.getpid()}", "cluster": cluster, "pid": 100 + number
            }  # fmt: skip
        Path(flags["--kubeconfig"]).parent.mkdir(parents=True, exist_ok=True)
        Path(flags["--kubeconfig"]).write_text("apiVersion: v1\n")
    elif name == "kind delete cluster":
        state["clusters"] = [each for each in state["clusters"] if each != cluster]
        state["containers"] = {k: v for k, v in state["containers"].items() if v["cluster"] != cluster}
    elif name == "kind load image-archive" and not Path(rest[0]).exists():
        die(f"ERROR: no such file: {rest[0]}")


def kubectl(name, flags, rest, state):
    if name == "kubectl get":
        kind_of = rest[0]
        data = {"items": state["objects"].get(kind_of, [])}
        how = flags["--output"]
        print(json.dumps(data) if how == "json" else jsonpath(how.removeprefix("jsonpath="), data), end="")
    elif name == "kubectl apply":
        given = flags["--filename"]
        text = sys.stdin.read() if given == "-" else Path(given).read_text()
        with (STATE / "applied.jsonl").open("a") as applied:
            applied.write(json.dumps(text) + "\n")
        for kind_of, called in re.findall(r"(?ms)^kind: (\w+).*?^  name: ([\w.-]+)|(?!)", text):
            print(f"{kind_of.lower()}/{called} serverside-applied")


def main():
    program = Path(sys.argv[0]).name
    words = sys.argv[1:]
    if program == "kubectl":
        if words[:1] != ["--kubeconfig"] or not Path(words[1]).exists():
            die("error: the cluster's own kubeconfig was not given")
        words = words[2:]
    name = next(
        (f"{program} {' '.join(words[:n])}" for n in (2, 1) if f"{program} {' '.join(words[:n])}" in FLAGS),
        None,
    )
    if name is None:
        die(f"unknown command {words[:2]} for {program}")
    with (STATE / "log.jsonl").open("a") as log:
        log.write(json.dumps([program, *words]) + "\n")
    failures = json.loads((STATE / "fail.json").read_text())
    for pattern, (text, code, wait) in failures.items():
        if re.search(pattern, " ".join([program, *words])):
            if name == "kind create cluster" and "half" in text:
                state = load()
                kind(name, *parse(name, words[2:]), state)
                store(state)
            (STATE / "reached").touch()
            time.sleep(wait)
            die(text, code)
    state = load()
    {"docker": docker, "kind": kind, "kubectl": kubectl}[program](
        name, *parse(name, words[len(name.split()) - 1 :]), state
    )
    store(state)


if __name__ == "__main__":
    main()
