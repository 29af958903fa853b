"""``traceroute`` (2.1.2): probes with a growing time to live; times are made, all else is what they met."""

from __future__ import annotations

from packetwalk.capture.output import Output
from packetwalk.shell import traceroute_options
from packetwalk.shell.answers import ARP_WAITS, Answer, answer
from packetwalk.shell.terminal import Terminal
from packetwalk.shell.traceroute_options import TracerouteAsked
from packetwalk.trace.packet import Packet
from packetwalk.walks.refusal import FORBIDDEN, forbidden
from packetwalk.wire.icmp import UNREACHABLE

HEADERS = 28  # bytes of an IP header and one of UDP or ICMP
MARKS = {0: "!N", 1: "!H", 2: "!P", 4: "!F", 10: "!X", 13: "!X"}


def run(terminal: Terminal, arguments: list[str]) -> Output:
    """Print the hops."""
    if arguments in (["-V"], ["--version"]):
        return Output(traceroute_options.VERSION)
    asked = traceroute_options.asked(terminal, arguments)
    size = asked.length if asked.proto != "tcp" else traceroute_options.LENGTH
    lines = [f"traceroute to {asked.name} ({asked.target}), {asked.most} hops max, {size} byte packets"]
    for ttl in range(asked.first, asked.most + 1):
        hop = [_probe(terminal, asked, ttl, number) for number in range(asked.queries)]
        if hop[0].refusal == FORBIDDEN:
            return Output(f"{lines[0]}\nsend: {FORBIDDEN}\n", 1)
        if hop[0].kind == "local":
            # UDP's first line stands already when connect() fails, the others' is lost
            head = lines if asked.proto == "udp" else [""]
            return Output("\n".join([*head, f"connect: {hop[0].refusal}"]) + "\n", 1)
        told = [came if not came.late or asked.patience > ARP_WAITS else Answer("none") for came in hop]
        lines.append(f"{ttl:2} {_hop(told, asked)}")
        if any(_ends(came) for came in told):
            break
    return Output("\n".join(lines) + "\n")


def _probe(terminal: Terminal, asked: TracerouteAsked, ttl: int, number: int) -> Answer:
    """Send one probe; the port of UDP grows with each, unless it was chosen (``-U``)."""
    port = asked.port
    if asked.grows:
        port = (port + (ttl - asked.first) * asked.queries + number - 1) % 65535 + 1
    goal = asked.target if asked.proto == "icmp" else f"{asked.target}:{port}"
    size = 0 if asked.proto == "tcp" else max(asked.length - HEADERS, 1)
    packet = Packet(asked.proto, size, ttl=ttl, df=asked.df)
    run = terminal.state.send(terminal.name, goal, packet)
    return Answer("local", refusal=FORBIDDEN) if forbidden(run) else answer(run)


def _ends(came: Answer) -> bool:
    return came.kind == "reply" or (came.icmp is not None and came.icmp.type == UNREACHABLE)


def _hop(told: list[Answer], asked: TracerouteAsked) -> str:
    """Return what is printed of a hop (``print_probe``): its name where it is another than before."""
    text, last = "", ""
    for came in told:
        if not came.source:
            text += " *"
            continue
        if came.source != last:
            text += f" {came.source if asked.numeric else f'{_name(came.source)} ({came.source})'}"
            last = came.source
        text += "  0.100 ms"
        if came.icmp is not None and came.icmp.type == UNREACHABLE:
            mark = MARKS.get(came.icmp.code, "")
            text += f" {mark}" if mark else ""
    return text


def _name(address: str) -> str:
    return "localhost" if address == "127.0.0.1" else address


PROGRAMS = {"traceroute": run}
