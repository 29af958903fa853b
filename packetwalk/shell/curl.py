"""``curl`` (7.88.1): whether a TCP connection comes about, and what the pods' server would say on it."""

from __future__ import annotations

from typing import NamedTuple

from packetwalk import wire
from packetwalk.capture.output import Output
from packetwalk.datapath.run import Run
from packetwalk.shell import curl_options
from packetwalk.shell.answers import ARP_WAITS, answer
from packetwalk.shell.curl_options import CurlAsked, Url, Wrong
from packetwalk.shell.hosts import address
from packetwalk.shell.terminal import Terminal, Unknown
from packetwalk.trace.packet import Packet
from packetwalk.wire.icmp import UNREACHABLE

VERSION = "curl/7.88.1"
REFUSED = "Couldn't connect to server"
NO_ROUTE = "No route to host"
ERRNO = {0: "Network is unreachable", 2: "Protocol not available", 3: "Connection refused"}
"""What connect() fails with for the code of ICMP's "destination unreachable" (``icmp_err_convert``)."""


class Heard(NamedTuple):
    """What one URL brought: the page, the words of -v, the error's text with its number, the HTTP code."""

    page: str = ""
    verbose: tuple[str, ...] = ()
    error: str = ""
    code: int = 0
    status: str = "000"


class Failed(NamedTuple):
    """Why connect() failed, after how many seconds, and whether before a packet left."""

    why: str
    seconds: float
    at_once: bool = False


def run(terminal: Terminal, arguments: list[str]) -> Output:
    """Ask for pages; the server knows ``/clientip`` (whom it sees), and its own name for all else."""
    asked = curl_options.asked(arguments)
    errors = pages = ""
    code = 0
    for text in asked.urls:
        told = _told(terminal, asked, text)
        if "v" in asked.flags:
            errors += "".join(f"{line}\n" for line in told.verbose)
        if told.error and not asked.quiet:
            errors += f"curl: ({told.code}) {told.error}\n"
        pages += ("" if asked.thrown else told.page) + curl_options.written(asked.written, told.status)
        code = told.code
    return Output(errors + pages, code, errors=len(errors))


def _told(terminal: Terminal, asked: CurlAsked, text: str) -> Heard:
    try:
        url = curl_options.url(text)
    except Wrong as wrong:
        return Heard("", (f"* {wrong}", "* Closing connection -1"), str(wrong), wrong.code)
    host = address(url.host)
    if host is None:
        why = f"Could not resolve host: {url.host}"
        return Heard("", (f"* {why}", "* Closing connection 0"), why, 6)
    talk = (f"*   Trying {host}:{url.port}...",)
    sent = terminal.state.send(terminal.name, f"{host}:{url.port}", Packet("tcp"), closes=True)
    failed = _failed(sent)
    limit, _ = asked.limit
    if failed is None or failed.seconds >= limit:
        return _talk(sent, asked, url, host, talk) if _open(sent) else _late(asked, url, host, talk)
    text = f"Failed to connect to {host} port {url.port} after {round(failed.seconds * 1000)} ms: {REFUSED}"
    how = (
        f"Immediate connect fail for {host}"
        if failed.at_once
        else f"connect to {host} port {url.port} failed"
    )
    return Heard("", (*talk, f"* {how}: {failed.why}", f"* {text}", "* Closing connection 0"), text, 7)


def _late(asked: CurlAsked, url: Url, host: str, talk: tuple[str, ...]) -> Heard:
    """Return what is said where nothing comes; ``-m`` ends all, ``--connect-timeout`` the connection."""
    limit, whole = asked.limit
    ms = round(limit * 1000)
    if whole:
        text = f"Connection timed out after {ms} milliseconds"
        return Heard("", (*talk, f"* {text}", "* Closing connection 0"), text, 28)
    why = "Timeout was reached" if asked.connect else REFUSED
    talk += (f"* ipv4 connect timeout after {ms}ms, move on!",) if asked.connect else ()
    text = f"Failed to connect to {host} port {url.port} after {ms} ms: {why}"
    return Heard("", (*talk, f"* {text}", "* Closing connection 0"), text, 28)


def _failed(sent: Run) -> Failed | None:
    """Return why no connection came about, where somebody said so."""
    came = answer(sent)
    if came.kind == "local":
        return Failed(came.refusal, 0, at_once=True)
    if came.kind == "error" and came.icmp is not None:
        why = ERRNO.get(came.icmp.code, NO_ROUTE) if came.icmp.type == UNREACHABLE else NO_ROUTE
        return Failed(why, ARP_WAITS if came.late else 0)
    return Failed("Connection refused", 0) if _refused(sent) else None


def _refused(sent: Run) -> bool:
    """Say whether the answer was a reset."""
    last = [trace.steps[-1] for trace in sent.traces if trace.disposition == "delivered"]
    heads = [head for step in last if step.netns == sent.client for head in step.after]
    return any(isinstance(head, wire.Tcp) and "R" in head.flags for head in heads)


BESIDE = ("arp", "copy", "redirect")
"""What is sent beside a connection, and may be lost without ending it."""


def _open(sent: Run) -> bool:
    """Say whether every packet of the handshake arrived, up to the client's own acknowledgement."""
    return any(trace.name == "ack" for trace in sent.traces) and all(
        trace.disposition == "delivered" for trace in sent.traces if trace.name not in BESIDE
    )


def _talk(sent: Run, asked: CurlAsked, url: Url, host: str, talk: tuple[str, ...]) -> Heard:
    """Ask the server, which knows GET alone and closes a connection on which something else comes."""
    talk += (f"* Connected to {host} ({host}) port {url.port} (#0)",)
    if url.scheme == "https":
        why = f"OpenSSL SSL_connect: SSL_ERROR_SYSCALL in connection to {host}:{url.port} "
        if "v" in asked.flags:
            raise Unknown("curl", "-v https://", "-v http://")
        return Heard("", (), why, 35)
    method = "HEAD" if "I" in asked.flags else "GET"
    port = "" if url.port == "80" else f":{url.port}"
    asks = (
        f"{method} {url.path} HTTP/1.1",
        f"Host: {host}{port}",
        f"User-Agent: {VERSION}",
        "Accept: */*",
        "",
    )
    talk += tuple(f"> {line}\r" for line in asks)
    if method == "HEAD":
        why = "Empty reply from server"
        return Heard("", (*talk, f"* {why}", "* Closing connection 0"), why, 52)
    page = _page(sent, url.path)
    head = ("HTTP/1.1 200 OK", f"Content-Length: {len(page)}", "Connection: close", "")
    talk += (*(f"< {line}\r" for line in head), f"{{ [{len(page)} bytes data]", "* Closing connection 0")
    shown = "".join(f"{line}\r\n" for line in head) if "i" in asked.flags else ""
    return Heard(shown + page, talk, status="200")


def _page(sent: Run, path: str) -> str:
    last = sent.traces[0].steps[-1]
    if path != "/clientip":
        return last.netns
    ip = next(head for head in last.after if isinstance(head, wire.Ipv4))
    tcp = next(head for head in last.after if isinstance(head, wire.Tcp))
    return f"{ip.src}:{tcp.sport}"


PROGRAMS = {"curl": run}
