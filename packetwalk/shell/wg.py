"""``wg show`` (wireguard-tools 1.0): nothing, where no device is WireGuard's."""

from __future__ import annotations

from packetwalk.shell.terminal import Terminal, Unknown


def run(terminal: Terminal, arguments: list[str]) -> str:
    """Print the devices."""
    if arguments not in ([], ["show"], ["show", "all"]) or terminal.ns.wireguard:
        raise Unknown("wg", " ".join(arguments), "show, where no device is WireGuard's")
    return ""


PROGRAMS = {"wg": run}
