"""``ping`` (iputils 20221126): times are made, 0.1 ms each; all else is what the model's packets did."""

from __future__ import annotations

from packetwalk.capture.output import Output
from packetwalk.datapath import pmtu
from packetwalk.datapath.run import Run
from packetwalk.shell import ping_options
from packetwalk.shell.answers import ARP_WAITS, Answer, answer, message
from packetwalk.shell.hosts import HOSTS
from packetwalk.shell.ping_options import PingAsked
from packetwalk.shell.terminal import Terminal
from packetwalk.trace.packet import LARGEST, Packet
from packetwalk.walks.refusal import NO_ROOM

TIME = "0.100"
MOST, LONGEST = LARGEST["icmp"], 65535
ICMP, HEADERS = 8, 28  # bytes of an ICMP header, and with one of IP
STAMP = 16  # bytes of data that hold the time at which a packet was sent
VERBOSE = (
    "ping: sock4.fd: 3 (socktype: SOCK_RAW), sock6.fd: 4 (socktype: SOCK_RAW), hints.ai_family: AF_UNSPEC\n\n"
    "ai->ai_family: AF_INET, ai->ai_canonname: '{}'\n"
)
EVERYBODY = "255.255.255.255"
NOT_BROADCAST = "Do you want to ping broadcast? Then -b. If not, check your local firewall rules"


def run(terminal: Terminal, arguments: list[str]) -> Output:
    """Send echo requests, one after the other."""
    if arguments == ["-V"]:
        return Output(ping_options.VERSION)
    asked = ping_options.asked(terminal, arguments)
    target, size = asked.target, asked.size
    if target == EVERYBODY:
        return Output(f"ping: {NOT_BROADCAST}\n", 2)
    lines = [f"PING {asked.name} ({target}){asked.via or ''} {size}({size + HEADERS}) bytes of data."]
    received = errors = 0
    line, sent = "first", None
    for number in range(1, asked.number + 1):
        if asked.late and not line:
            lines.append(f"no answer yet for icmp_seq={number - 1}")
        came, sent = _sent(terminal, asked, sent)
        if came.kind == "local" and not came.mtu and came.refusal != NO_ROOM:
            broadcast = came.refusal == "Permission denied"  # ping takes EACCES for that
            return Output(f"ping: {NOT_BROADCAST if broadcast else f'connect: {came.refusal}'}\n", 2)
        line = _line(came, number, asked)
        received += came.kind == "reply"
        errors += bool(line) and came.kind != "reply" and came.refusal != NO_ROOM
        if line and not asked.quiet:
            lines.append(line)
    said = asked.said + (VERBOSE.format(asked.name) if asked.verbose else "")
    return _summary(asked, said, lines, received, errors)


def _sent(terminal: Terminal, asked: PingAsked, before: Run | None) -> tuple[Answer, Run | None]:
    """Send one request, if its size lets it leave, from the socket of the one ``before``."""
    length = asked.size + HEADERS
    if asked.size > MOST:  # no IP packet is so long; a little more than that is told, much more is not
        silent = length > LONGEST + HEADERS - ICMP
        return Answer("none") if silent else Answer("local", mtu=_limit(terminal, asked.target)), before
    df = asked.hint == "do" or (asked.hint == "want" and length <= _limit(terminal, asked.target))
    packet = Packet(size=asked.size or 1, df=df, ttl=asked.ttl, tos=asked.tos)
    run = terminal.state.send(terminal.name, asked.target, packet, after=before)
    return answer(run), run


def _limit(terminal: Terminal, target: str) -> int:
    """Return the MTU of the way that the packet takes: what is longer is cut, without DF."""
    route = terminal.ns.fib.lookup(target)
    if route is None or route.dev not in terminal.ns.mtus:
        return 0
    known = terminal.state.paths.find(terminal.name, route, target)
    return known.mtu if known else pmtu.of_route(terminal.ns, route)


def _line(came: Answer, number: int, asked: PingAsked) -> str:
    if came.kind == "reply":
        source = came.source if asked.name not in HOSTS else f"{asked.name} ({came.source})"
        ident = " ident=1" if asked.verbose else ""
        time = f" time={TIME} ms" if asked.size >= STAMP else ""
        return f"{asked.size + ICMP} bytes from {source}: icmp_seq={number}{ident} ttl={came.ttl}{time}"
    if (
        came.refusal == NO_ROOM
    ):  # tried again for as long as an answer is waited for; of the only one it says nothing
        return f"ping: sendmsg: {NO_ROOM}" if asked.number > 1 else ""
    if came.kind == "local":
        return f"ping: local error: message too long, mtu={came.mtu}"
    if came.icmp is not None and not (came.late and asked.wait < ARP_WAITS):
        return f"From {came.source} icmp_seq={number} {message(came.icmp)}"
    return ""


def _summary(asked: PingAsked, said: str, lines: list[str], received: int, errors: int) -> Output:
    failed = f" +{errors} errors," if errors else ""
    loss = f"{(asked.number - received) * 100 / asked.number:.6g}% packet loss"
    took = round((asked.number - 1) * asked.interval * 1000)
    timed = received and asked.size >= STAMP
    lines += [
        "",
        f"--- {asked.name} ping statistics ---",
        f"{asked.number} packets transmitted, {received} received,{failed} {loss}, time {took}ms",
        f"rtt min/avg/max/mdev = {TIME}/{TIME}/{TIME}/0.000 ms" if timed else "",
    ]
    return Output(said + "\n".join(lines) + "\n", 0 if received else 1, errors=len(said))


PROGRAMS = {"ping": run}
