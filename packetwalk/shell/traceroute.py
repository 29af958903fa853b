"""``traceroute``: UDP packets with a growing time to live; times are made."""

from __future__ import annotations

from ipaddress import AddressValueError, IPv4Address

from packetwalk.shell.answers import ARP_WAITS, Answer, answer
from packetwalk.shell.output import Output
from packetwalk.shell.terminal import Failure, Terminal, Unknown
from packetwalk.shell.words import Words
from packetwalk.trace.packet import Packet
from packetwalk.wire.icmp import UNREACHABLE

FIRST_PORT = 33434
SIZE = 60
MARKS = {0: "!N", 1: "!H", 2: "!P", 4: "!F", 10: "!X", 13: "!X"}
VALUES = {"-m": "30", "-q": "3", "-w": "5.0,3.0,10.0"}


def run(terminal: Terminal, arguments: list[str]) -> Output:
    """Print the hops."""
    words, options, target, numeric = Words(arguments), dict(VALUES), "", False
    while words:
        word = words.next()
        if word in VALUES:
            options[word] = words.next()
        elif word == "-n":
            numeric = True
        elif word.startswith("-"):
            raise Unknown("traceroute", word, ", ".join(["-n", *VALUES]))
        else:
            target = word
    try:
        target = str(IPv4Address(target))
    except AddressValueError:
        raise Failure(f"{target}: Temporary failure in name resolution", 2) from None
    most, queries, wait = int(options["-m"]), int(options["-q"]), options["-w"]
    patience = _longest(wait, len(arguments) - arguments[::-1].index(wait) if "-w" in arguments else 0)
    lines = [f"traceroute to {target} ({target}), {most} hops max, {SIZE} byte packets"]
    for ttl in range(1, most + 1):
        goal = f"{target}:{FIRST_PORT + (ttl - 1) * queries}"
        came = answer(terminal.state.send(terminal.name, goal, Packet("udp", SIZE - 28, ttl=ttl)))
        if came.kind == "local":
            return Output("\n".join([*lines, f"connect: {came.refusal}"]) + "\n", 1)
        told = not came.late or patience > ARP_WAITS
        lines.append(f"{ttl:2}  {_hop(came, queries, numeric) if told else ' '.join('*' * queries)}")
        if told and came.icmp is not None and came.icmp.type == UNREACHABLE:
            break
    return Output("\n".join(lines) + "\n")


def _longest(wait: str, number: int) -> float:
    """Return for how many seconds an answer is waited for: MAX of MAX,HERE,NEAR (traceroute(8)).

    The other two shorten it once another probe was answered, by its round trip: here an answer takes no time.
    ``number`` is the place of the argument, as the program tells it when it is wrong.
    """
    try:
        longest, *_ = factors = [float(each) for each in wait.replace("/", ",").split(",")]
    except ValueError:
        factors = []
    if not 1 <= len(factors) <= 3:
        raise Failure(f"Cannot handle `-w' option with arg `{wait}' (argc {number})", 2)
    return longest


def _hop(came: Answer, queries: int, numeric: bool) -> str:
    if came.icmp is None:
        return " ".join("*" * queries)
    name = came.source if numeric else f"{came.source} ({came.source})"
    mark = MARKS.get(came.icmp.code, "") if came.icmp.type == UNREACHABLE else ""
    return f"{name}  " + "  ".join([f"0.100 ms{' ' if mark else ''}{mark}"] * queries)


PROGRAMS = {"traceroute": run}
