"""Network namespaces in the running kernel: as root, or as an ordinary user in a user namespace."""

from __future__ import annotations

from collections.abc import Sequence

from packetwalk.capture.output import Output
from packetwalk.capture.recording import Recording
from packetwalk.lab.command import piped
from packetwalk.lab.grounds.ground import Filters
from packetwalk.lab.grounds.measure import Measurement, measure
from packetwalk.lab.grounds.planned import Planned
from packetwalk.lab.kernel.inventory import named, operations
from packetwalk.lab.kernel.remote import Remote
from packetwalk.lab.kernel.rootless import missing_programs
from packetwalk.lab.manifests import Settings
from packetwalk.plan.rules import IPTABLES
from packetwalk.proof.compare import frames
from packetwalk.trace.packet import Packet
from packetwalk.walks.network import Network


class NetnsGround(Planned):
    """The plan built by ``packetwalk.lab.kernel.build`` in a process of its own; its end is their end."""

    ground, preference = "netns", 20

    def __init__(self, plugin: str, mode: str, rules: str = IPTABLES) -> None:
        self._remote = Remote()
        try:
            super().__init__(plugin, mode, rules)
        except BaseException:
            self.close()
            raise

    @classmethod
    def missing(cls) -> tuple[str, ...]:
        """Return the programs that are missing; rights are found out by trying."""
        return missing_programs()

    def _bring_up(self, network: Network, settings: Settings) -> None:
        self._remote.call("build", operations(network))

    def execute(self, netns: str, argv: Sequence[str], filters: Filters = ()) -> Output:
        """Run a program inside, for 20 seconds at most; as ``Ground.execute``."""
        return self._remote.call("execute", netns, piped(argv, filters))

    def record_packet(self, src: str, dst: str, packet: Packet) -> Recording:
        """Send one packet from a real socket and capture every device; as ``Ground.record_packet``.

        As many frames as the model knows of are waited for: on a busy machine they come late.
        """
        count = sum(1 for _ in frames.modelled(self.network.send(src, dst, packet)))
        return self._remote.call("capture", self.probe(src, dst, packet), named(self.network), self.about, count)

    def measure(self, src: str = "a", dst: str = "b", seconds: int = 1) -> Measurement:
        """Measure, as ``Ground.measure``; where a program stands in for a device, the note says so."""
        played = self._remote.call("played")
        return measure(self, src, dst, seconds, note=f"stand-in: {', '.join(played)}" if played else "")

    def close(self) -> None:
        """End the process; its namespaces go with it."""
        self._remote.close()


GROUND = NetnsGround
