"""``conntrack`` (conntrack-tools 1.4.7): list, count and forget the connections of the packets sent so far."""

from __future__ import annotations

from packetwalk.capture.output import Output
from packetwalk.shell import conntrack_options
from packetwalk.shell.conntrack_options import KNOWN, ConntrackAsked, failed
from packetwalk.shell.terminal import Terminal, Unknown
from packetwalk.shell.tracked import tracked

HEAD = "conntrack v1.4.7 (conntrack-tools):"
SAYS_NOTHING = {"expect": "expectation", "conntrack": "connection tracking"}


def run(terminal: Terminal, arguments: list[str]) -> Output:
    """Run one command; its first line is told beside the output, so that it passes pipes by."""
    if arguments in (["-V"], ["--version"]):
        return Output("conntrack v1.4.7 (conntrack-tools)\n")
    asked = conntrack_options.asked(arguments)
    if not asked.command:
        raise Unknown("conntrack", " ".join(arguments), KNOWN)
    if asked.table not in SAYS_NOTHING:
        raise failed(f"unknown type `{asked.table}'")
    return COMMANDS[asked.command](terminal, asked)


def _list(terminal: Terminal, asked: ConntrackAsked) -> Output:
    if asked.table == "expect":
        return _headed("0 expectations have been shown.", "")
    lines = [each.line(extended=asked.extended) for each in tracked(terminal) if asked.holds(each)]
    return _headed(f"{len(lines)} flow entries have been shown.", "".join(f"{line}\n" for line in lines))


def _delete(terminal: Terminal, asked: ConntrackAsked) -> Output:
    if asked.table == "expect":
        raise Unknown("conntrack", "-D expect", KNOWN)
    gone = [each for each in tracked(terminal) if asked.holds(each)]
    entries = frozenset(each.entry for each in gone)
    terminal.state.forget(terminal.name, entries.__contains__)
    said = _headed(
        f"{len(gone)} flow entries have been deleted.", "".join(f"{each.line()}\n" for each in gone)
    )
    return Output(said, 0 if gone else 1, errors=said.errors)


def _flush(terminal: Terminal, asked: ConntrackAsked) -> Output:
    if asked.table == "conntrack":
        terminal.state.forget(terminal.name, lambda _: True)
    return _headed(f"{SAYS_NOTHING[asked.table]} table has been emptied.", "")


def _count(terminal: Terminal, asked: ConntrackAsked) -> Output:
    return Output(f"{len(tracked(terminal)) if asked.table == 'conntrack' else 0}\n")


def _headed(first: str, lines: str) -> Output:
    head = f"{HEAD} {first}\n"
    return Output(head + lines, errors=len(head))


COMMANDS = {"L": _list, "D": _delete, "F": _flush, "C": _count}
PROGRAMS = {"conntrack": run}
