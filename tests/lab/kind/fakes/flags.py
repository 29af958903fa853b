"""The flags of docker, kind and kubectl that the project uses, read as the programs read them."""

from __future__ import annotations

from collections.abc import Sequence

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


class Refused(Exception):
    """A program's refusal: its message and its exit code."""

    def __init__(self, text: str, code: int = 1) -> None:
        super().__init__(text)
        self.text, self.code = text, code


def subcommand(program: str, words: Sequence[str]) -> str:
    """Return the subcommand that a call names; Refused when the program is not known to have it."""
    for count in (2, 1):
        name = f"{program} {' '.join(words[:count])}"
        if name in FLAGS:
            return name
    raise Refused(f"unknown command {list(words[:2])} for {program}")


def parse(name: str, words: Sequence[str]) -> tuple[dict[str, str], list[str]]:
    """Return flags and words of a call, as cobra (the three programs' library) would read them."""
    allowed, flags, rest = FLAGS[name], dict[str, str](), list[str]()
    words = list(words)
    while words:
        word = words.pop(0)
        if not word.startswith("--") or (rest and name in FREE):
            rest.append(word)
            continue
        flag, equals, value = word.partition("=")
        if flag not in allowed:
            raise Refused(f"unknown flag: {flag}", 125 if name.startswith("docker") else 1)
        flags[flag] = words.pop(0) if allowed[flag] and not equals else value
    return flags, rest
