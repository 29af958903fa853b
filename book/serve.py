"""Serve a folder, compressed, until Ctrl-C: `python book/serve.py _build/html`.

On this machine only; `--room` lets others in. It needs nothing but Python, so that a kit can take it along; there the
folder is `site` beside it.
"""

from __future__ import annotations

import argparse
import gzip
import mimetypes
import socket
import subprocess
import sys
from functools import lru_cache
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

FIRST_PORT = 8000
HERE, ALL = "127.0.0.1", "0.0.0.0"
NOBODY = ("192.0.2.1", 9)  # an address for documents: nothing is sent, the kernel only chooses the way
COMPRESSIBLE = ("text/", "application/json", "application/javascript", "image/svg+xml")
mimetypes.add_type("text/javascript", ".js")
mimetypes.add_type("font/woff2", ".woff2")


@lru_cache(maxsize=256)
def compressed(path: str, modified: int) -> bytes:
    """Return a file's bytes compressed; `modified` (ns) makes a changed file a new entry."""
    return gzip.compress(Path(path).read_bytes(), 6)


class Handler(SimpleHTTPRequestHandler):
    """Static files, with gzip for browsers that take it."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        path = Path(self.translate_path(self.path))
        if path.is_dir() and self.path.endswith("/"):
            path /= "index.html"
        kind = self.guess_type(str(path))
        if (
            not path.is_file()
            or "gzip" not in self.headers.get("Accept-Encoding", "")
            or not kind.startswith(COMPRESSIBLE)
        ):
            super().do_GET()
            return
        body = compressed(str(path), path.stat().st_mtime_ns)
        self.send_response(200)
        self.send_header("Content-Type", f"{kind}; charset=utf-8")
        self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Vary", "Accept-Encoding")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Keep the terminal for the address; a missing page shows in the browser."""


class Server(ThreadingHTTPServer):
    """One thread per request, none of which outlives Ctrl-C."""

    daemon_threads = True
    allow_reuse_address = True

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing of a browser that closed its connection, raise whatever else."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]


def open_server(folder: Path, first_port: int = FIRST_PORT, host: str = HERE) -> Server:
    """Bind the first free port of ten from `first_port`, else any free one."""

    def handler(*args: object) -> Handler:
        return Handler(*args, directory=str(folder))  # type: ignore[arg-type]

    for port in (*range(first_port, first_port + 10), 0):
        try:
            return Server((host, port), handler)
        except OSError:
            continue
    raise SystemExit(f"No free port on {host}")


def address() -> str:
    """Return this machine's address towards others; where it has no way there, a card's own, else its name."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        try:
            asking.connect(NOBODY)
            return asking.getsockname()[0]
        except OSError:
            return next(iter(_cards()), socket.gethostname())


def _cards() -> list[str]:
    """Return the addresses of this machine's cards (`hostname -I`, Linux)."""
    try:
        told = subprocess.run(["hostname", "-I"], capture_output=True, text=True, check=False).stdout
    except OSError:
        return []
    return [each for each in told.split() if ":" not in each]


def main() -> None:
    beside = Path(__file__).with_name("site")
    parser = argparse.ArgumentParser(description="Serve the book, compressed, until Ctrl-C.")
    parser.add_argument(
        "folder", nargs="?", type=Path, default=beside if beside.is_dir() else Path("_build/html")
    )
    parser.add_argument("--room", action="store_true", help="also for other machines of this network")
    asked = parser.parse_args()
    if not (asked.folder / "index.html").is_file():
        raise SystemExit(f"Nothing is built in {asked.folder}: run `make build` first.")
    server = open_server(asked.folder.resolve(), host=ALL if asked.room else HERE)
    print(f"The book is at http://{HERE}:{server.server_port}/ (Ctrl-C ends)", flush=True)
    if asked.room:
        print(f"For the room: http://{address()}:{server.server_port}/", flush=True)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        print()
    finally:
        server.server_close()


if __name__ == "__main__":
    main()
