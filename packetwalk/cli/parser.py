"""The one parser of the command line: each mistake is one line and exit code 2."""

from __future__ import annotations

import argparse
import re
import sys
from typing import Any, NoReturn

from packetwalk.plan.rules import IPTABLES, RULES


class Parser(argparse.ArgumentParser):
    """A parser whose errors are one line and exit code 2; its help keeps the lines of its text."""

    def __init__(self, **options: Any) -> None:
        super().__init__(formatter_class=argparse.RawDescriptionHelpFormatter, **options)
        self._commands: Any = None

    def error(self, message: str) -> NoReturn:
        """Print the message on one line and leave with 2."""
        sys.stderr.write(f"{self.prog}: {message}\n")
        raise SystemExit(2)

    def command(self, name: str, text: str) -> Parser:
        """Add a sub-command and return its parser; the first line of its text is what its list says."""
        if self._commands is None:
            self._commands = self.add_subparsers(metavar="COMMAND", parser_class=Parser)
            self.set_defaults(run=self._none)
        return self._commands.add_parser(name, help=text.partition("\n")[0], description=text)

    def _none(self, _: argparse.Namespace) -> NoReturn:
        self.error(f"a command is missing; valid: {', '.join(self._commands.choices)}")

    def mode(self, nargs: str | None = None) -> None:
        """Add a plugin and its mode; ``nargs`` is ``?`` where they may be left out."""
        more = "; all when left out" if nargs else ""
        for name in ("plugin", "mode"):
            self.add_argument(name, nargs=nargs, help=f"as `packetwalk list` names it{more}")

    def rules(self) -> None:
        """Add ``--rules``."""
        self.add_argument(
            "--rules", choices=RULES, default=IPTABLES, help="who writes the rules; iptables when left out"
        )

    def release(self) -> None:
        """Add ``--release``."""
        self.add_argument("--release", metavar="NAME", help="of the plugin, or kube-proxy-1.35; `packetwalk list` has them")

    def ipv6(self) -> None:
        """Add ``-6``."""
        self.add_argument("-6", dest="ipv6", action="store_true", help="by IPv6, of a cluster with both families")

    def policy(self) -> None:
        """Add ``--policy``."""
        self.add_argument(
            "--policy",
            nargs="+",
            metavar="PATH",
            help="manifests of policies, and of the cluster's pods by name: files, folders, or - for standard input",
        )

    def formats(self, *names: str) -> None:
        """Add ``--format``; the first is meant where nobody names one."""
        self.add_argument(
            "--format", choices=names, default=names[0], help="the first unless you say another"
        )


def whole(text: str) -> int:
    """Read a whole number, for ``type=`` of an argument."""
    if not re.fullmatch(r"[+-]?[0-9]{1,18}", text):
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number")
    return int(text)
