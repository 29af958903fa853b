"""What is done in a namespace of the running kernel without a program."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from packetwalk.lab.kernel import carriers, nfacct, openvswitch, quiet
from packetwalk.lab.kernel.namespaces import Namespace
from packetwalk.lab.kernel.site import COUNTED, DATAPATH, LET_THROUGH, QUIETEN, TAKE_IN


def _let_through() -> None:
    """Let the bridges of the calling thread's namespace be no more than switches, that cut no frame (``br_netfilter``)."""
    setting = Path("/proc/sys/net/bridge/bridge-nf-call-iptables")
    if setting.exists():
        setting.write_text("0")


DEEDS: Mapping[str, Callable] = {
    COUNTED: nfacct.counted,
    DATAPATH: openvswitch.build,
    LET_THROUGH: _let_through,
    QUIETEN: quiet.quieten,
    TAKE_IN: carriers.take_in,
}


class Doing(Namespace):
    """A namespace into which a plan is laid."""

    def do(self, deed: str, *about: Any) -> Any:
        """Do something inside and return what came of it."""
        return self.inside(partial(DEEDS[deed], *about))
