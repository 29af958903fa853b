"""Serve a folder on this machine only, compressed, until Ctrl-C: `python book/serve.py _build/html`."""

from __future__ import annotations

import gzip
import mimetypes
import sys
from functools import lru_cache
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

FIRST_PORT = 8000
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
        if not path.is_file() or "gzip" not in self.headers.get("Accept-Encoding", "") or not kind.startswith(COMPRESSIBLE):
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


def open_server(folder: Path, first_port: int = FIRST_PORT) -> Server:
    """Bind the first free port of ten from `first_port`, else any free one."""

    def handler(*args: object) -> Handler:
        return Handler(*args, directory=str(folder))  # type: ignore[arg-type]

    for port in (*range(first_port, first_port + 10), 0):
        try:
            return Server(("127.0.0.1", port), handler)
        except OSError:
            continue
    raise SystemExit("No free port on 127.0.0.1")


def main() -> None:
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else "_build/html")
    if not (folder / "index.html").is_file():
        raise SystemExit(f"Nothing is built in {folder}: run `make build` first.")
    server = open_server(folder.resolve())
    print(f"The book is at http://127.0.0.1:{server.server_port}/ (Ctrl-C ends)", flush=True)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        print()
    finally:
        server.server_close()


if __name__ == "__main__":
    main()
