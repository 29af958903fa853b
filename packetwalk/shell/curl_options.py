"""What ``curl`` is asked for (7.88.1), with its own messages for wrong values."""

from __future__ import annotations

import re
from typing import NamedTuple

from packetwalk.shell.terminal import Failure, Unknown

FLAGS = {
    "silent": "s",
    "show-error": "S",
    "verbose": "v",
    "include": "i",
    "head": "I",
    "insecure": "k",
    "location": "L",
    "fail": "f",
    "globoff": "g",
    "no-buffer": "N",
    "ipv4": "4",
}
VALUES = {"max-time": "m", "connect-timeout": "", "output": "o", "write-out": "w", "header": "H"}
KNOWN = ", ".join(f"-{letter}" if letter else f"--{name}" for name, letter in (FLAGS | VALUES).items())
HELP = "curl: try 'curl --help' or 'curl --manual' for more information"
WRITTEN = re.compile(r"%\{(\w+)\}|\\([nrt])")
PORTS = {"http": "80", "https": "443"}
OTHERS = [
    "dict",
    "ftp",
    "ftps",
    "gopher",
    "gophers",
    "imap",
    "imaps",
    "ldap",
    "ldaps",
    "mqtt",
    "pop3",
    "pop3s",
    "rtmp",
    "rtsp",
    "scp",
    "sftp",
    "smb",
    "smbs",
    "smtp",
    "smtps",
    "telnet",
    "tftp",
    "file",
]
LONGEST = 132  # seconds until the kernel gives a connection up (tcp_syn_retries)


class Wrong(Exception):
    """A URL that is none, with the number of curl's error."""

    def __init__(self, message: str, code: int) -> None:
        super().__init__(message)
        self.code = code


class CurlAsked(NamedTuple):
    """``urls`` as they were written; how many seconds all may take, and the connection alone."""

    urls: tuple[str, ...]
    flags: frozenset[str]
    most: float
    connect: float
    written: str
    thrown: bool

    @property
    def limit(self) -> tuple[float, bool]:
        """Return how many seconds are waited at most, and whether it is ``-m`` that ends it."""
        if self.most and (not self.connect or self.most <= self.connect):
            return self.most, True
        return self.connect or LONGEST, False

    @property
    def quiet(self) -> bool:
        """Say whether errors are not told."""
        return "s" in self.flags and "S" not in self.flags


class Url(NamedTuple):
    """What a URL names."""

    scheme: str
    host: str
    port: str
    path: str


def asked(arguments: list[str]) -> CurlAsked:
    """Read the command line."""
    if not arguments:
        raise Failure(HELP, 2)
    flags, values, urls, queue = set(), {"max-time": "", "connect-timeout": ""}, [], list(arguments)
    letters = {letter: name for name, letter in (FLAGS | VALUES).items() if letter}
    while queue:
        word = queue.pop(0)
        if not word.startswith("-") or word == "-":
            urls.append(word)
            continue
        long = word.startswith("--")
        names = [word[2:]] if long else list(word[1:])
        while names:
            option = names.pop(0)
            name = option if long else letters.get(option, "")
            if name not in FLAGS and name not in VALUES:
                raise Unknown("curl", word, KNOWN)
            if name in FLAGS:
                flags.add(FLAGS[name])
                continue
            if not names and not queue:
                raise Failure(f"curl: option {word}: requires parameter\n{HELP}", 2)
            values[name] = "".join(names) or queue.pop(0)
            names = []
            if name in ("max-time", "connect-timeout"):
                _seconds(values[name], word)
    thrown = values.get("output")
    if thrown not in (None, "/dev/null", "-"):
        raise Unknown("curl", f"-o {thrown}", "-o /dev/null; there are no files")
    if not urls:
        raise Failure(f"curl: no URL specified!\n{HELP}", 2)
    most, connect = (float(values[name] or 0) for name in ("max-time", "connect-timeout"))
    written = values.get("write-out", "")
    _known(written)
    return CurlAsked(tuple(urls), frozenset(flags), most, connect, written, thrown == "/dev/null")


def _seconds(text: str, option: str) -> None:
    if re.fullmatch(r"-\d+(\.\d*)?", text, re.ASCII):
        raise Failure(f"curl: option {option}: expected a positive numerical parameter\n{HELP}", 2)
    if not re.fullmatch(r"\d+(\.\d*)?|\.\d+", text, re.ASCII):
        raise Failure(f"curl: option {option}: expected a proper numerical parameter\n{HELP}", 2)


def _known(text: str) -> None:
    for match in WRITTEN.finditer(text):
        if match[1] not in (None, "http_code", "response_code"):
            raise Unknown("curl", f"-w {match[0]}", "%{http_code}, %{response_code}")


def written(text: str, code: str) -> str:
    """Return what ``-w`` prints at the end."""
    special = {"n": "\n", "r": "\r", "t": "\t"}
    return WRITTEN.sub(lambda match: special[match[2]] if match[2] else code, text)


def url(text: str) -> Url:
    """Take a URL apart; Wrong for one that is none."""
    match = re.fullmatch(
        r"(?:([A-Za-z][A-Za-z0-9+.-]*):/{1,3})?(?:[^/@]*@)?([^/:?#]*)(?::([^/?#]*))?(.*)", text
    )
    if not match or re.search(r"[\s\0-\x1f]", text):
        raise _bad()
    scheme = (match[1] or "http").lower()
    if scheme in OTHERS or text.startswith("[") or re.search(r"[{}\[\]]", text):
        raise Unknown("curl", text, "http://HOST[:PORT][/PATH]")
    if scheme not in PORTS:
        raise Wrong(f'Protocol "{scheme}" not supported or disabled in libcurl', 1)
    port = match[3] or PORTS[scheme]
    if not match[2] or not re.fullmatch(r"[0-9]+", port) or int(port) > 65535:
        raise _bad()
    if int(port) == 0:
        raise Unknown("curl", text, "ports 1 to 65535")
    path = match[4].partition("#")[0]
    return Url(scheme, match[2], str(int(port)), path if path.startswith("/") else f"/{path}")


def _bad() -> Wrong:
    return Wrong("URL using bad/illegal format or missing URL", 3)
