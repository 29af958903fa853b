"""``curl``: whether a TCP connection comes about, and what the pods' server would say on it."""

from __future__ import annotations

import re
from ipaddress import AddressValueError, IPv4Address

from packetwalk import wire
from packetwalk.datapath.run import Run
from packetwalk.shell.answers import ARP_WAITS
from packetwalk.shell.terminal import Failure, Terminal, Unknown
from packetwalk.shell.words import Words
from packetwalk.trace.packet import Packet

FLAGS = ("-s", "-S", "-sS", "-v", "-4", "--silent", "--show-error")
VALUES = ("-m", "--max-time", "--connect-timeout")


def run(terminal: Terminal, arguments: list[str]) -> str:
    """Ask for one page; the server knows ``/clientip`` (whom it sees), and its own name for all else."""
    words, url, patience = Words(arguments), "", 132
    while words:
        word = words.next()
        if word in VALUES:
            patience = int(float(words.next()))
        elif word.startswith("-") and word not in FLAGS:
            raise Unknown("curl", word, ", ".join([*FLAGS, *VALUES]))
        elif not word.startswith("-"):
            url = word
    match = re.fullmatch(r"(?:http://)?([^/:]+)(?::(\d+))?(/.*)?", url)
    if not match:
        raise Failure("curl: try 'curl --help' or 'curl --manual' for more information", 2)
    host, port, path = match[1], match[2] or "80", match[3] or "/"
    try:
        IPv4Address(host)
    except AddressValueError:
        raise Failure(f"curl: (6) Could not resolve host: {host}", 6) from None
    sent = terminal.state.send(terminal.name, f"{host}:{port}", Packet("tcp"), closes=True)
    request = sent.traces[0]
    here = request.disposition == "no_route" and request.steps[-1].netns == terminal.name
    late = any(trace.disposition == "neighbor_unreachable" for trace in sent.traces) and patience < ARP_WAITS
    if not late and (here or _told(sent) or _refused(sent)):
        raise Failure(
            f"curl: (7) Failed to connect to {host} port {port} after 0 ms: Couldn't connect to server", 7
        )
    if not _open(sent):
        raise Failure(f"curl: (28) Connection timed out after {patience}000 milliseconds", 28)
    return _page(sent, path)


def _told(sent: Run) -> bool:
    """Say whether an ICMP error came back, which ends a connection that is being made."""
    return any(
        trace.name == "error" and trace.disposition == "delivered" and trace.steps[-1].netns == sent.client
        for trace in sent.traces
    )


def _refused(sent: Run) -> bool:
    """Say whether the answer was a reset."""
    last = [trace.steps[-1] for trace in sent.traces if trace.disposition == "delivered"]
    heads = [head for step in last if step.netns == sent.client for head in step.after]
    return any(isinstance(head, wire.Tcp) and "R" in head.flags for head in heads)


def _open(sent: Run) -> bool:
    """Say whether every packet of the handshake arrived, up to the client's own acknowledgement."""
    return any(trace.name == "ack" for trace in sent.traces) and all(
        trace.disposition == "delivered" for trace in sent.traces if trace.name not in ("arp", "copy")
    )


def _page(sent: Run, path: str) -> str:
    last = sent.traces[0].steps[-1]
    if path != "/clientip":
        return last.netns
    ip = next(head for head in last.after if isinstance(head, wire.Ipv4))
    tcp = next(head for head in last.after if isinstance(head, wire.Tcp))
    return f"{ip.src}:{tcp.sport}"


PROGRAMS = {"curl": run}
