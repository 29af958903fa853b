"""A site takes the place of the one before when it is whole, and a build says how far it is."""

from __future__ import annotations

import sys
import threading
from pathlib import Path
from types import SimpleNamespace

import pytest

from book import build
from tests import ROOT


def site(folder: Path, text: str) -> Path:
    (folder / "deep").mkdir(parents=True)
    (folder / "deep" / "index.html").write_text(text)
    return folder


@pytest.mark.parametrize("exchanges", [True, False])
def test_a_new_site_takes_the_place_of_the_old_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, exchanges: bool
) -> None:
    if not exchanges:
        monkeypatch.setattr(build, "_exchange", lambda *_: False)
    for text in ("first", "second"):
        build.swap(site(tmp_path / "beside" / "html", text), tmp_path / "made" / "html")
        assert (tmp_path / "made" / "html" / "deep" / "index.html").read_text() == text
        assert list((tmp_path / "beside").iterdir()) == []


@pytest.mark.skipif(sys.platform != "linux", reason="renameat2 is Linux's")
def test_no_reader_finds_nothing_meanwhile(tmp_path: Path) -> None:
    build.swap(site(tmp_path / "new", "0"), tmp_path / "html")
    page, missed, ends = tmp_path / "html" / "deep" / "index.html", [], threading.Event()

    def read() -> None:
        while not ends.is_set():
            if not page.is_file():
                missed.append(1)

    reader = threading.Thread(target=read)
    reader.start()
    for number in range(1, 50):
        build.swap(site(tmp_path / "new", str(number)), tmp_path / "html")
    ends.set()
    reader.join()
    assert page.read_text() == "49" and missed == []


def test_a_build_that_fails_leaves_the_site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    build.swap(site(tmp_path / "new", "old"), tmp_path / "html")
    monkeypatch.setattr(build, "SITE", tmp_path / "html")
    monkeypatch.setattr(build, "BESIDE", tmp_path / "beside")
    monkeypatch.setattr(sys, "argv", ["build.py", "--no-such-option"])
    monkeypatch.setitem(sys.modules, "rfc3987_syntax", None)
    import click

    monkeypatch.setattr(click, "echo", click.echo)
    with pytest.raises(SystemExit) as left:
        build.main()
    assert left.value.code
    assert (tmp_path / "html" / "deep" / "index.html").read_text() == "old"


def test_it_says_how_far_it_is(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "book" / "_ext"))
    monkeypatch.delitem(sys.modules, "progress", raising=False)
    import progress  # type: ignore[import-not-found]

    heard = {}
    progress.setup(SimpleNamespace(connect=lambda event, does, **_: heard.setdefault(event, does)))
    heard["env-before-read-docs"](None, SimpleNamespace(found_docs=range(12)), ["page"] * 12)
    for _ in range(12):
        heard["doctree-read"](None, None)
        heard["html-page-context"](None, "page", "", {}, object())
    heard["html-page-context"](None, "search", "", {}, None)
    heard["build-finished"](None, None)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "Read 3 of 12 pages" and "Wrote 12 of 12 pages" in lines
    assert len(lines) == 9 and lines[-1].startswith("Making ")
