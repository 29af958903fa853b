"""Prove modes in a guest: the command ``packetwalk prove``, once for each, in one boot."""

from __future__ import annotations

import json
import shlex
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from packetwalk.capture import recording
from packetwalk.capture.recording import Recording
from packetwalk.cni import plugins
from packetwalk.errors import LabError
from packetwalk.lab.guest import kernel, machine
from packetwalk.lab.kernel.patience import VARIABLE
from packetwalk.plan.operation import Operation
from packetwalk.proof.results import Result
from packetwalk.tables import LinkEntry
from packetwalk.walks.scenario import network

GROUND = "guest"
DEVICES = {"ipip", "wireguard", "openvswitch"}
PATIENCE = 5  # times that of this machine, where the processor does not help
LIMIT = 1200.0  # seconds for one mode
Mode = tuple[str, str]


def wanted() -> list[Mode]:
    """Return the modes that need what many kernels lack."""
    return [
        (plugin.name, mode.name)
        for plugin in plugins().values()
        for mode in plugin.modes
        if DEVICES
        & {op.entry.kind for op in _plan(plugin.name, mode.name) if isinstance(op.entry, LinkEntry)}
    ]


def _plan(plugin: str, mode: str) -> list[Operation]:
    model = network(plugin, mode)
    return model.plan(model.nodes[0].name)


def prove(modes: Sequence[Mode], share: Path, accel: str | None = None) -> list[Result]:
    """Return the guest's results for modes (plugin, mode); its recordings are below ``share`` afterwards.

    LabError when the guest cannot be, or gave no results for a mode.
    """
    chosen = accel or machine.accelerator()
    again = shlex.join([sys.executable, "-m", "packetwalk", "prove"])
    script = "\n".join(
        f"{again} {plugin} {mode} --format json --save /share/{plugin}-{mode} > /share/{plugin}-{mode}.json"
        for plugin, mode in modes
    )
    patience = PATIENCE if chosen == "tcg" else 1
    machine.run(
        ["sh", "-c", script],
        share,
        limit=LIMIT * len(modes),
        environment={VARIABLE: str(patience)},
        accel=chosen,
    )
    return [result for mode in modes for result in _results(mode, share)]


def _results(mode: Mode, share: Path) -> Iterator[Result]:
    """Yield what the guest found itself, without what it replayed."""
    printed = (share / f"{'-'.join(mode)}.json").read_text()
    if not printed.strip():
        said = (share / "output").read_text().strip().splitlines() or ["it printed nothing"]
        raise LabError(f"guest: {' '.join(mode)}: {said[-1]}")
    for each in json.loads(printed):
        result = Result(**each)
        if result.where in ("kernel", "emulated"):
            yield result._replace(where=GROUND)
        elif not result.where:
            yield result


def recordings(modes: Sequence[Mode], share: Path) -> Iterator[tuple[str, Recording]]:
    """Yield the guest's recordings, by name; they say which package its kernel came from."""
    found = kernel.get()
    version = found.version.partition("-")[0]
    guest = {"ground": GROUND, "kernel": f"Linux {version}", "package": found.package}
    for plugin, mode in modes:
        for folder in sorted((share / f"{plugin}-{mode}").glob("*")):
            made = recording.read(folder)
            yield folder.name, made._replace(about={**made.about, **guest})
