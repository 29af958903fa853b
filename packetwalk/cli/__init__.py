"""The ``packetwalk`` command: one file per sub-command, found by looking into ``commands``."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from packetwalk import __version__
from packetwalk.cli.commands import commands
from packetwalk.cli.parser import Parser
from packetwalk.errors import BadInput, LabError

STOPPED = 130
"""The exit code after Ctrl-C: 128 and the signal's number, as a shell has it."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code: 0, 1 for a difference, 2 for wrong input."""
    parsed = _parser().parse_args(arguments)
    try:
        return parsed.run(parsed) or 0
    except (BadInput, LabError) as error:
        reason = str(error)
    except OSError as error:
        reason = f"{error.filename or 'output'}: {error.strerror or error}"
    except KeyboardInterrupt:
        sys.stderr.write("packetwalk: stopped; nothing was kept\n")
        return STOPPED
    sys.stderr.write(f"packetwalk: {reason}\n")
    return 2


def _parser() -> Parser:
    parser = Parser(prog="packetwalk", description="Walk packets through Kubernetes networks.")
    parser.add_argument("--version", action="version", version=f"packetwalk {__version__}")
    for name, command in commands().items():
        sub = parser.command(name, command.__doc__ or "")
        sub.set_defaults(run=command.run)
        command.arguments(sub)
    return parser
