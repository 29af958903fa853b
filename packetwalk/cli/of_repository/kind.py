"""Carry the labs' kind clusters to rooms without internet, and tidy up.

packetwalk kind save FOLDER      where there is internet
packetwalk kind load FOLDER      where there is none
packetwalk kind delete flannel
packetwalk kind config flannel   to make the cluster by hand
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

from packetwalk.cli.output import show
from packetwalk.cli.parser import Parser
from packetwalk.errors import LabError
from packetwalk.lab.rooms import room


def arguments(parser: Parser) -> None:
    """Add the commands that can follow its name."""

    def command(name: str, lines: Callable[[argparse.Namespace], list[str]], text: str) -> Parser:
        sub = parser.command(name, text)
        sub.set_defaults(run=run, lines=lines)
        return sub

    saving = command("save", _save, "Pull all images and files and write them to a folder.")
    saving.add_argument("folder", type=Path, help="it must not exist yet")
    loading = command("load", _load, "Check and load what `packetwalk kind save` wrote.")
    loading.add_argument("folder", type=Path, help="what `packetwalk kind save` wrote")
    deleting = command("delete", _delete, "Remove the cluster that a lab left.")
    deleting.add_argument("plugin", help="whose cluster it is, as `packetwalk list` names it")
    configuring = command("config", _config, "Print kind's configuration of a plugin's cluster.")
    configuring.add_argument("plugin", help="as `packetwalk list` names it")
    command("lock", _lock, "Say what the registries have for each pinned image.")


def run(parsed: argparse.Namespace) -> None:
    """Do it and print what was done."""
    show("\n".join(parsed.lines(parsed)))


def _save(parsed: argparse.Namespace) -> list[str]:
    from packetwalk.lab.plugins import installations

    images = room("lab.kind.running.images")
    return images.save(parsed.folder, installations().values())


def _load(parsed: argparse.Namespace) -> list[str]:
    images = room("lab.kind.running.images")
    return images.load(parsed.folder)


def _lock(_: argparse.Namespace) -> list[str]:
    from packetwalk.lab.plugins import installations

    images = room("lab.kind.running.images")
    return images.lock(installations().values())


def _config(parsed: argparse.Namespace) -> list[str]:
    from packetwalk.lab.plugins import installation

    return installation(parsed.plugin).configuration().splitlines()


def _delete(parsed: argparse.Namespace) -> list[str]:
    from packetwalk.lab.plugins import installation

    cluster = room("lab.kind.running.cluster").KindCluster(installation(parsed.plugin))
    if cluster.exists() and not cluster.ours():
        raise LabError(f"the cluster {cluster.name} was not made here and is left alone")
    cluster.delete()
    return [f"{cluster.name} is gone"]
