"""``ping`` (iputils 20221126): times are made, 0.1 ms each; all else is what the model's packets did."""

from __future__ import annotations

from ipaddress import AddressValueError, IPv4Address

from packetwalk.errors import BadInput
from packetwalk.shell.answers import ARP_WAITS, Answer, answer, message
from packetwalk.shell.output import Output
from packetwalk.shell.terminal import Failure, Terminal, Unknown
from packetwalk.shell.words import Words
from packetwalk.trace.packet import LARGEST, Packet

VALUES = {"-c": "1", "-s": "56", "-M": "want", "-W": "10", "-t": "64", "-i": "1"}
FLAGS = ("-n", "-q", "-D")
TIME = "0.100"
MOST = LARGEST["icmp"]
NOT_BROADCAST = "Do you want to ping broadcast? Then -b. If not, check your local firewall rules"
HEADERS = 28  # bytes of IP and ICMP


def run(terminal: Terminal, arguments: list[str]) -> Output:
    """Send echo requests, one after the other."""
    options, target = _read(arguments)
    count, size, wait = int(options["-c"]), int(options["-s"]), float(options["-W"])
    hard = options["-M"] == "do"
    lines = [f"PING {target} ({target}) {size}({size + 28}) bytes of data."]
    received = errors = 0
    for number in range(1, count + 1):
        known = terminal.state.path_mtu(terminal.name, target)
        if hard and known and size + HEADERS > known:
            came = Answer("local", mtu=known)
        else:
            df = hard or (options["-M"] == "want" and size + HEADERS <= (known or _limit(terminal, target)))
            packet = Packet(size=size or 1, df=df, ttl=int(options["-t"]))
            came = answer(terminal.state.send(terminal.name, target, packet))
        if came.icmp is not None and came.icmp.mtu:
            terminal.state.learn_path(terminal.name, target, came.icmp.mtu)
        if came.kind == "local" and not came.mtu:
            broadcast = came.refusal == "Permission denied"  # ping takes EACCES for that
            return Output(f"ping: {NOT_BROADCAST if broadcast else f'connect: {came.refusal}'}\n", 2)
        line = _line(came, number, size, wait)
        received += came.kind == "reply"
        errors += bool(line) and came.kind != "reply"
        if line and "-q" not in arguments:
            lines.append(line)
    return _summary(target, lines, count, received, errors)


def _read(arguments: list[str]) -> tuple[dict[str, str], str]:
    words, options, target = Words(arguments), dict(VALUES), ""
    if not words:
        raise Failure("ping: usage error: Destination address required")
    while words:
        word = words.next()
        if word[:2] in VALUES:
            options[word[:2]] = word[2:] or words.next("ping: option requires an argument")
        elif word.startswith("-") and word not in FLAGS:
            raise Unknown("ping", word, ", ".join([*VALUES, *FLAGS]))
        elif not word.startswith("-"):
            target = word
    for name in ("-c", "-s", "-t"):
        if not options[name].isdigit():
            raise Failure(f"ping: invalid argument: '{options[name]}'")
    if "-c" not in "".join(arguments):
        raise Unknown("ping", "no end", "-c COUNT, so that it ends")
    if int(options["-s"]) > MOST:
        raise BadInput("size in bytes", options["-s"], [f"0 to {MOST}"])
    try:
        return options, str(IPv4Address(target))
    except AddressValueError:
        raise Failure(f"ping: {target}: Temporary failure in name resolution", 2) from None


def _limit(terminal: Terminal, target: str) -> int:
    """Return the MTU of the device that the packet leaves by: what is longer is cut, without DF."""
    route = terminal.ns.fib.lookup(target)
    return terminal.ns.mtus.get(route.dev, 0) if route else 0


def _line(came: Answer, number: int, size: int, wait: float) -> str:
    if came.kind == "reply":
        return f"{size + 8} bytes from {came.source}: icmp_seq={number} ttl={came.ttl} time={TIME} ms"
    if came.kind == "local":
        return f"ping: local error: message too long, mtu={came.mtu}"
    if came.icmp is not None and not (came.late and wait < ARP_WAITS):
        return f"From {came.source} icmp_seq={number} {message(came.icmp)}"
    return ""


def _summary(target: str, lines: list[str], count: int, received: int, errors: int) -> Output:
    failed = f" +{errors} errors," if errors else ""
    loss = f"{(count - received) * 100 / count:.6g}% packet loss"
    lines += [
        "",
        f"--- {target} ping statistics ---",
        f"{count} packets transmitted, {received} received,{failed} {loss}, time {(count - 1) * 1000}ms",
        f"rtt min/avg/max/mdev = {TIME}/{TIME}/{TIME}/0.000 ms" if received else "",
    ]
    return Output("\n".join(lines) + "\n", 0 if received else 1)


PROGRAMS = {"ping": run}
