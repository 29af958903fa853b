"""A plan that is up in the running kernel, with programs in its pods: what a netns lab works on."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any

from packetwalk.capture.frames import Frame
from packetwalk.capture.output import Output
from packetwalk.capture.recording import Probe, Recording
from packetwalk.errors import BadInput, LabError
from packetwalk.lab import program
from packetwalk.lab.kernel.abilities import lacking
from packetwalk.lab.kernel.build import WIRE, Lab
from packetwalk.lab.kernel.inventory import Named
from packetwalk.lab.kernel.laying import as_made, shrink
from packetwalk.lab.kernel.namespaces import Namespace
from packetwalk.lab.kernel.probing import warming
from packetwalk.lab.kernel.record import Recorder, recording
from packetwalk.lab.kernel.sniff import PROGRAMS_QUIET, QUIET
from packetwalk.lab.kernel.traffic import Servers
from packetwalk.plan.operation import Operation
from packetwalk.tables import SocketEntry

OWN_SYS = ("unshare", "--mount", "sh", "-c", 'mount -t sysfs none /sys && exec "$@"', "sh")


def _played(entry: SocketEntry, lab: Lab) -> bool:
    """Say whether a stand-in has this socket."""
    return entry.protocol == "udp" and entry.process in lab.emulated


class Live:
    """At most one plan at a time; it lives inside the process of ``packetwalk.lab.kernel.remote``."""

    def __init__(self) -> None:
        self._lab: Lab | None = None
        self._servers: list[Servers] = []

    def ready(self) -> None:
        """Do nothing; that it answers is the answer."""

    def build(self, plan: Sequence[Operation]) -> None:
        """Build a plan and let the one before it go; LabError when this kernel cannot."""
        missing = lacking(plan)
        if missing:
            raise LabError(f"not in this kernel: {missing}")
        made = Lab(as_made(plan))
        shrink(made.netns, plan)
        self.close()
        self._lab = made
        self.serve(plan)

    def serve(self, plan: Iterable[Operation]) -> None:
        """Let somebody listen where a plan says so, in the place of who did before."""
        sockets: dict[str, list[SocketEntry]] = defaultdict(list)
        for operation in plan:
            if isinstance(operation.entry, SocketEntry) and not _played(operation.entry, self.lab):
                sockets[operation.netns].append(operation.entry)
        self._servers = [Servers(self.lab.netns[name], entries) for name, entries in sockets.items()]

    def rewrite(self, plan: Iterable[Operation]) -> None:
        """Put the rules of a plan in the place of those that are there, whoever wrote them; all else stays."""
        by_netns: dict[str, list[Operation]] = defaultdict(list)
        for operation in plan:
            by_netns[operation.netns].append(operation)
        for name, operations in by_netns.items():
            self.lab.rewrite(name, operations)

    @property
    def lab(self) -> Lab:
        """What is up; LabError when nothing is."""
        if self._lab is None:
            raise LabError("network namespaces: the cluster is closed")
        return self._lab

    @property
    def inside(self) -> dict[str, Namespace]:
        """The namespaces of the plan; there is no way to name any other."""
        return {name: namespace for name, namespace in self.lab.netns.items() if name != WIRE}

    def played(self) -> list[str]:
        """Return what programs play here: kinds of devices, or other programs."""
        return sorted(self.lab.emulated)

    def execute(self, netns: str, argv: Sequence[str]) -> Output:
        """Run a program inside a namespace; ``/sys`` shows the devices of where it was mounted, so it is mounted there."""
        if netns not in self.inside:
            raise BadInput("network namespace", netns, self.inside)
        own = [*OWN_SYS, *argv] if any("/sys" in word for word in argv) else argv
        return self.inside[netns].inside(partial(program.run, own))

    def capture(
        self,
        probe: Probe,
        named: Mapping[str, Named],
        about: Mapping[str, Any],
        count: int = 0,
        leaves_out: Callable[[Frame], bool] | None = None,
    ) -> Recording:
        """Send a packet, after one that makes the neighbours known, and return what followed.

        ``count`` frames are waited for, a second at most; some frames may be left out, as by ``Recorder``.
        """
        quiet = PROGRAMS_QUIET if self.lab.emulated else QUIET
        with Recorder(self.inside, named, leaves_out) as recorder:
            return recording(
                recorder,
                [recorder.send(probe, warming(probe), count, limit=1, quiet=quiet)],
                emulated=self.played(),
                **about,
            )

    def close(self) -> None:
        """Let all of it go."""
        for server in self._servers:
            server.close()
        self._servers = []
        if self._lab is not None:
            self._lab.close()
            self._lab = None


SERVED = Live
