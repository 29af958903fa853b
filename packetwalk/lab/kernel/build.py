"""Build a plan in the running kernel with the commands the plan itself prints."""

from __future__ import annotations

import platform
import shutil
import subprocess
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from packetwalk.lab.advice import ProgramMissing, absent
from packetwalk.lab.kernel import abilities, keys, laying, stand_ins
from packetwalk.lab.kernel.deeds import Doing
from packetwalk.lab.kernel.laying import WIRE
from packetwalk.lab.kernel.writing import TOOLS
from packetwalk.plan.operation import Operation

if TYPE_CHECKING:
    from packetwalk.lab.kernel.emulators import Program

__all__ = ["WIRE", "Lab"]
MODULES = ("nf_conntrack", "br_netfilter", "tun")
"""What a kernel in modules does not load by itself when its settings or devices are asked for."""


class Lab:
    """Namespaces built from operations; use it with ``with``, and all of it is gone afterwards."""

    def __init__(self, operations: Iterable[Operation]) -> None:
        """Build everything. LabError says in one line what the kernel refused."""
        missing = absent(TOOLS)
        if missing:
            raise ProgramMissing(missing)
        _load()
        self.plan = list(operations)
        self.netns: dict[str, Doing] = {}
        self.emulated = abilities.played(self.plan)
        self.programs: list[Program] = []
        try:
            self._build()
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Lab:
        return self

    def __exit__(self, *_) -> None:
        self.close()

    def close(self) -> None:
        """End the stand-ins, let all namespaces go."""
        for program in self.programs:
            program.close()
        self.programs.clear()
        for namespace in self.netns.values():
            namespace.close()
        self.netns.clear()

    def _build(self) -> None:
        for name in laying.names(self.plan):
            self.netns[name] = Doing(name)
        laying.lay(self.netns, self.plan, self.emulated, self._meet)

    def _meet(self) -> None:
        """Start the stand-ins, and let the peers of WireGuard shake hands."""
        for name in laying.names(self.plan)[1:] if self.emulated else ():
            self.programs += stand_ins.start(self.netns[name], self.plan, self.emulated)
        keys.meet(self.netns, self.plan)

    def rewrite(self, name: str, operations: list[Operation]) -> None:
        """Put the rules of operations in the place of a namespace's own."""
        self.netns[name].run(["nft", "flush", "ruleset"])
        laying.last(self.netns[name], operations)


@cache
def _load() -> None:
    """Load modules, where there are any and this user may; what is missing then is told by its setting."""
    modprobe = shutil.which("modprobe")
    if modprobe and Path("/lib/modules", platform.release()).is_dir():
        subprocess.run([modprobe, "-qa", *MODULES], check=False, stderr=subprocess.DEVNULL, timeout=20)
