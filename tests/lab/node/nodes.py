"""Nodes with pods in network namespaces, each with processes, and host names, of its own: what the script finds."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from packetwalk.lab import node
from packetwalk.lab.kernel.build import Lab
from packetwalk.lab.kernel.inventory import operations
from packetwalk.plan.cluster import Cluster
from packetwalk.walks.network import Network
from tests.missing import missing
from tests.waiting import HANGS

NODES = {"kind-worker": ("a", "a2"), "kind-worker2": ("b", "b2")}
BUSYBOX = "busybox"


def tools(folder: Path, name: str) -> tuple[str, str]:
    """Return a shell and a PATH: Debian's tools, or busybox's alone with tcpdump."""
    if name != BUSYBOX:
        return "sh", os.environ["PATH"]
    found = {each: shutil.which(each) for each in ("busybox", "tcpdump")}
    for each, path in found.items():
        if path is None:
            missing(f"{each} is not installed")
    links = folder / "tools"
    links.mkdir()
    listed = subprocess.run(["busybox", "--list"], capture_output=True, text=True, check=True).stdout.split()
    for applet in listed:
        (links / applet).symlink_to(str(found["busybox"]))
    (links / "tcpdump").unlink(missing_ok=True)
    (links / "tcpdump").symlink_to(str(found["tcpdump"]))
    return str(links / "sh"), str(links)


@contextmanager
def started(lab: Lab, host: str, shell: str, path: str, words: Sequence[str]) -> Iterator[subprocess.Popen[str]]:
    """Run the script on a node, as `kubectl debug node` or ssh would; what it leaves behind ends with it."""
    spaces = {name: lab.netns[name].fd for name in (host, *NODES[host])}
    ready = Path(words[-1]).with_suffix(".ready")
    ready.mkdir()
    pods = "".join(
        f"nsenter --net=/proc/self/fd/{spaces[pod]} unshare --uts sh -c 'hostname {pod}; : >{ready}/{pod}; exec sleep {HANGS}' &\n"
        for pod in NODES[host]
    )
    there = "".join(f"until [ -e {ready}/{pod} ]; do sleep 0.1; done\n" for pod in NODES[host])
    program = f"hostname {host}\n{pods}{there}PATH={path} exec {shell} {node.SCRIPT} \"$@\""
    inside = ["nsenter", f"--net=/proc/self/fd/{spaces[host]}", "unshare", "--uts", "--pid", "--fork", "--kill-child", "--mount-proc"]
    process = subprocess.Popen(
        [*inside, "sh", "-c", program, "sh", *words], pass_fds=[*spaces.values()], stderr=subprocess.PIPE, text=True
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def said(stream: IO[str] | None) -> str:
    """Return the next line; empty where there is none any more."""
    return stream.readline() if stream else ""


def recorded(folder: Path, name: str, words: Sequence[str] = (), sent: Sequence[tuple[str, ...]] = (), before: Sequence[str] = ()) -> dict[str, Path]:
    """Record both nodes of a Flannel cluster while each of some pings is sent, by pods' names and with options; the files by node.

    ``before`` are commands on the first.
    """
    shell, path = tools(folder, name)
    network = Network(Cluster(), "flannel", "vxlan")
    files = {host: folder / f"{host}.tgz" for host in NODES}
    with Lab(operations(network)) as lab:
        for line in before:
            lab.netns["kind-worker"].run(line.split())
        one, other = (
            started(lab, host, shell, path, ["-t", "4", *words, "-o", str(file)]) for host, file in files.items()
        )
        with one as first, other as second:
            for process in (first, second):
                line = said(process.stderr)
                assert "listening" in line, line
            for src, dst, *options in sent:
                lab.netns[src].run(["ping", "-c1", "-W1", *options, network.address(dst)], check=False)
            for process in (first, second):
                rest = process.communicate(timeout=HANGS)[1]
                assert process.returncode == 0, rest
    return files
