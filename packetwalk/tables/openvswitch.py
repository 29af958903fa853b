"""Flows of an Open vSwitch datapath (``ovs-dpctl dump-flows``)."""

from __future__ import annotations

from typing import NamedTuple

from packetwalk.tables.program import NoCommand
from packetwalk.tables.table import Table


class TunnelKey(NamedTuple):
    """The tunnel key of a flow: network number and outer addresses."""

    vni: int
    src: str
    dst: str


class FlowEntry(
    NamedTuple(
        "_Flow",
        [
            ("in_port", str),
            ("tunnel", TunnelKey | None),
            ("src", str),
            ("dst", str),
            ("actions", tuple[tuple[str, TunnelKey | None], ...]),
        ],
    ),
    NoCommand,
):
    """A flow of an Open vSwitch datapath (``ovs-dpctl dump-flows``): what it matches, what it does.

    ``actions`` are (port, tunnel key to set or None); none of them is a drop.
    """

    __slots__ = ()

    def __str__(self) -> str:
        tunnel = self.tunnel
        key = f"tunnel(tun_id={tunnel.vni:#x},src={tunnel.src},dst={tunnel.dst})," if tunnel else ""
        actions = ",".join(_action(*action) for action in self.actions) or "drop"
        return f"{key}in_port({self.in_port}),eth(src={self.src},dst={self.dst}), actions:{actions}"


def _action(port: str, tunnel: TunnelKey | None) -> str:
    if tunnel is None:
        return port
    key = f"tun_id={tunnel.vni:#x},src={tunnel.src},dst={tunnel.dst},tos=0x0,ttl=64,flags(df)"
    return f"set(tunnel({key})),{port}"


FLOWS = Table[FlowEntry]("flow", "ovs-dpctl --names dump-flows datapath", (FlowEntry,), rank=160, by="weaver")
