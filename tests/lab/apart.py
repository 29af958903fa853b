"""A network and a /run of a test's own: what is left there was left by the test, whoever else is on the machine."""

from __future__ import annotations

import subprocess

PLACE = (
    "unshare",
    "--net",
    "--mount",
    "sh",
    "-c",
    "mount -t tmpfs none /run && echo there && exec sleep infinity",
)


class Apart:
    """A fresh network namespace with only its loopback, and a fresh /run, until ``close``."""

    def __init__(self) -> None:
        self._holder = subprocess.Popen(PLACE, stdout=subprocess.PIPE, text=True)
        assert self._holder.stdout is not None and self._holder.stdout.readline() == "there\n"
        self.pid = self._holder.pid
        self.inside = ["nsenter", "--target", str(self.pid), "--net", "--mount", "--wd=."]

    def run(self, *argv: str) -> str:
        """Return what a program prints inside."""
        return subprocess.run([*self.inside, *argv], capture_output=True, text=True, check=True).stdout

    def left(self) -> list[str]:
        """Return the devices other than the loopback, and the namespaces that have a name."""
        links = [line for line in self.run("ip", "-o", "link").splitlines() if ": lo: " not in line]
        return links + self.run("ip", "netns").splitlines()

    def close(self) -> None:
        """Let go of both."""
        self._holder.kill()
        self._holder.communicate()
