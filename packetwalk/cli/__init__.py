"""The ``packetwalk`` command: one file per sub-command, found by looking into ``commands``."""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

STOPPED = 130
"""The exit code after Ctrl-C: 128 and the signal's number, as a shell has it."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code: 0, 1 for a difference, 2 for wrong input."""
    try:
        return _told(arguments)
    except KeyboardInterrupt:
        _ignore_ctrl_c()
        sys.stderr.write("packetwalk: stopped; nothing was kept\n")
        return STOPPED


def _ignore_ctrl_c() -> None:
    """Let whoever presses it again, perhaps just now, be told once."""
    try:
        import signal

        signal.signal(signal.SIGINT, signal.SIG_IGN)
    except KeyboardInterrupt:
        _ignore_ctrl_c()


def _told(arguments: Sequence[str] | None) -> int:
    """Do what the command line says; an error is one line and 2."""
    from packetwalk.errors import BadInput, LabError

    try:
        return _run(arguments)
    except (BadInput, LabError) as error:
        reason = str(error)
    except OSError as error:
        reason = f"{error.filename or 'output'}: {error.strerror or error}"
    sys.stderr.write(f"packetwalk: {reason}\n")
    return 2


def _run(arguments: Sequence[str] | None) -> int:
    """Read the command line and do what it says.

    All that is needed is imported inside of functions: what stands at the top of this file cannot be stopped in a
    line.
    """
    from packetwalk import __version__
    from packetwalk.cli.commands import commands
    from packetwalk.cli.parser import Parser

    parser = Parser(prog="packetwalk", description="Walk packets through Kubernetes networks.")
    parser.add_argument("--version", action="version", version=f"packetwalk {__version__}")
    for name, command in commands().items():
        sub = parser.command(name, command.__doc__ or "")
        sub.set_defaults(run=command.run)
        command.arguments(sub)
    parsed = parser.parse_args(arguments)
    return parsed.run(parsed) or 0
