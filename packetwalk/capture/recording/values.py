"""The values of a recording: places with what their tools printed, packets with their frames."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from packetwalk.capture.frames import Frame
from packetwalk.errors import BadInput
from packetwalk.tables import Table, every_table
from packetwalk.tables.printed import objects
from packetwalk.tables.table import E
from packetwalk.trace.packet import Packet

VERSION = 1
HEAD = "recording.json"
COMMANDS: Mapping[str, tuple[str, ...]] = {
    name: argv for table in every_table() if not table.second for name, argv in table.files.items()
}
"""What is asked in each namespace, by the name of the file that keeps the answer."""
COMMANDS6: Mapping[str, tuple[str, ...]] = {
    name: argv for table in every_table() if table.second for name, argv in table.files.items()
}
"""What is asked beside where a plan has IPv6."""


class Place(NamedTuple):
    """A namespace: ``files`` are what the tools printed there, by name, as they printed it.

    ``missing`` are the files for which nobody could be asked, so that what they would say is not known; any other that
    is not there was empty, or is of a tool that the machine has no use for.
    """

    netns: str
    node: str
    kind: str
    label: str
    files: Mapping[str, str]
    missing: tuple[str, ...] = ()

    def entries(self, table: Table[E]) -> list[E]:
        """Return the lines of a table."""
        return table.read(self.files)

    def printed(self, name: str) -> list[dict[str, Any]]:
        """Return what a command of ``ip -j`` or ``bridge -j`` printed, parsed; empty when it is not there."""
        return objects(self.files, name)


class Probe(NamedTuple):
    """A packet to send: from the namespace ``src`` to the address ``dst``, port ``dport`` (0 for ICMP)."""

    name: str
    src: str
    dst: str
    dport: int
    packet: Packet = Packet()

    def json(self) -> dict[str, Any]:
        """Return all of it as one object: the packet's fields beside its own."""
        return {
            "name": self.name,
            "src": self.src,
            "dst": self.dst,
            **self.packet.options(),
            "dport": self.dport,
        }

    @classmethod
    def read(cls, fields: Mapping[str, Any]) -> Probe:
        """Return what ``json`` made an object of; BadInput for a packet that cannot be."""
        own = {name: fields[name] for name in ("name", "src", "dst", "dport")}
        return cls(**own, packet=Packet(**{name: fields[name] for name in fields if name not in own}))


class Sent(NamedTuple):
    """A probe and the frames that followed it; where nothing was sent, ``src`` and ``dst`` are empty.

    ``said`` is ``sent``, or the error that the program got; a recording that was written down does not tell.
    ``notes`` say what of its capture is not among the frames, or not whole.
    """

    name: str
    src: str
    dst: str
    dport: int
    packet: Packet
    frames: tuple[Frame, ...]
    said: str = ""
    notes: tuple[str, ...] = ()

    @property
    def probe(self) -> Probe:
        """What was sent, without what followed."""
        return Probe(*self[:5])


class Recording(NamedTuple):
    """Tables and packets of one network; ``about`` says where they come from."""

    about: Mapping[str, Any]
    places: tuple[Place, ...]
    sent: tuple[Sent, ...]

    def place(self, netns: str) -> Place:
        """Return a namespace by name; BadInput if it was not recorded."""
        for each in self.places:
            if each.netns == netns:
                return each
        raise BadInput("namespace of the recording", netns, [p.netns for p in self.places])

    def packet(self, name: str | None = None) -> Sent:
        """Return a packet by name (the first when None); BadInput lists the valid ones."""
        for each in self.sent:
            if name in (None, each.name):
                return each
        raise BadInput("packet of the recording", name, [each.name for each in self.sent])

    def __repr__(self) -> str:
        words = [str(self.about[key]) for key in ("plugin", "mode") if self.about.get(key)]
        packets = [f"{each.name} ({len(each.frames)} frames)" for each in self.sent]
        return (
            f"recording of {' '.join(words) or 'a network'} in {self.about.get('kernel') or 'an unknown kernel'}: "
            f"{len(self.places)} namespaces, {', '.join(packets) or 'no packet'}"
        )
