"""The small server: this machine only, compressed, on the next port if one is taken."""

from __future__ import annotations

import gzip
from pathlib import Path
from urllib.request import Request, urlopen

import pytest

from tests.book.site import served, server_module


def test_serves_compressed_to_who_takes_it(tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text("<p>Packet Walk</p>" * 50)
    with served(tmp_path) as address:
        plain = urlopen(f"{address}/index.html").read()
        asked = Request(f"{address}/", headers={"Accept-Encoding": "gzip"})
        with urlopen(asked) as answer:
            assert answer.headers["Content-Encoding"] == "gzip"
            assert gzip.decompress(answer.read()) == plain


def test_changed_page_is_served_as_it_is_now(tmp_path: Path) -> None:
    page = tmp_path / "index.html"
    asked = {"Accept-Encoding": "gzip"}
    with served(tmp_path) as address:
        for text in ("before", "after, longer"):
            page.write_text(text)
            assert (
                gzip.decompress(urlopen(Request(f"{address}/index.html", headers=asked)).read())
                == text.encode()
            )


def test_takes_the_next_port() -> None:
    serve = server_module()
    first = serve.open_server(Path(), 8700)
    second = serve.open_server(Path(), 8700)
    assert first.server_port != second.server_port
    assert {first.server_address[0], second.server_address[0]} == {"127.0.0.1"}
    first.server_close()
    second.server_close()


def test_lets_a_room_in_only_when_it_is_asked_to() -> None:
    serve = server_module()
    server = serve.open_server(Path(), 8700, serve.ALL)
    assert server.server_address[0] == "0.0.0.0"
    server.server_close()


def test_a_room_without_a_way_out_is_told_a_cards_address(monkeypatch: pytest.MonkeyPatch) -> None:
    serve = server_module()
    monkeypatch.setattr(serve, "NOBODY", ("255.255.255.255", 9))  # the kernel refuses it at once
    monkeypatch.setattr(serve, "_cards", lambda: ["192.168.7.5", "10.0.0.1"])
    assert serve.address() == "192.168.7.5"
