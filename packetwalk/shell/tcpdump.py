"""``tcpdump`` (4.99.3) as a command: it listens until somebody sends, which no command here does meanwhile."""

from __future__ import annotations

from packetwalk.shell.options import read
from packetwalk.shell.terminal import Failure, Terminal, Unknown

FLAGS = "AbdDefhHIJKlLnNOpqStuUvxX#"
VALUES = "BcCEFGijMQrsTVwWyzZ"


def run(terminal: Terminal, arguments: list[str]) -> str:
    """Refuse a device that is not there; say where the packets of one can be seen."""
    options, _ = read("tcpdump", arguments, FLAGS, VALUES, {}, 1)
    device = options.get("i")
    if device is not None and device != "any" and device not in terminal.ns.links:
        raise Failure(f"tcpdump: {device}: No such device exists\n(No such device exists)")
    raise Unknown(
        "tcpdump",
        " ".join(arguments),
        "what a packet shows on a device, by the handle's own tcpdump(DEVICE, FROM, TO)",
    )


PROGRAMS = {"tcpdump": run}
