"""Recordings and captures into which somebody has put anything, drawn from a seed.

``python -m tests.capture.mutations SEED COUNT`` draws as many and says what each did: read or refused in one line; a
traceback, more than LIMIT seconds of work or markup in a page is a finding, printed with its number.
"""

from __future__ import annotations

import gzip
import io
import json
import random
import resource
import shutil
import signal
import sys
import tarfile
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from copy import deepcopy
from html.parser import HTMLParser
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from packetwalk.capture.joining import join
from packetwalk.capture.recording import Recording, read
from packetwalk.errors import BadInput
from packetwalk.walks.replay import replay
from packetwalk.why import load, why
from packetwalk.why.dropped import opened
from packetwalk.why.page import overview, row
from packetwalk.widgets.markup import element
from packetwalk.widgets.tools.why import lines
from tests import ROOT
from tests.capture.joining import files

MARK = "pwn"
MARKUP = f"<{MARK}>", f'"><{MARK} x="', f"</script><{MARK}>", f"]]><{MARK}/>", f"'onload={MARK}//<{MARK}>"
WORDS = (
    None,
    True,
    -1,
    0,
    3.5,
    "",
    "x",
    *MARKUP,
    "10.0.0.1",
    "999.1.1.1",
    "fe80::1",
    "02:00:00:00:00:zz",
    "eth0\n",
)
VALUES = (*WORDS, "\ud800", 2**70, "a" * 100_000, [], {}, [[]], [{}], {"a": []})
LIMIT = 1.0
"""Seconds of this process's work for one step: reading, a walk, a page, what becomes of a packet and what would mend it."""
HANGS = 60
"""Seconds after which a step is ended."""


class Finding(AssertionError):
    """What a mutated recording must not do."""


def mutated(folder: Path, kind: str, drawn: random.Random) -> str:
    """Change one file of a recording, of those that end in ``kind``; return its name."""
    source = sorted(path for path in folder.rglob(f"*{kind}"))
    file = drawn.choice(source)
    change = {".json": _object, ".txt": _text, ".pcapng": _bytes}[kind]
    change(file, drawn)
    return str(file.relative_to(folder))


def asked(open_: Callable[[], Recording], *, timed: bool = True) -> bool:
    """Read a recording, replay two of its packets, ask why and make the pages of it; say whether it was not refused.

    Finding for markup that a page carries or, ``timed``, work of more than LIMIT seconds; any other error is one, too.
    """
    step = _measured if timed else _plainly
    try:
        recording = step("read", open_)
        step("overview", lambda: json.dumps(overview(load(recording))).encode())
        for sent in recording.sent[:2]:
            walk = step("replay", lambda name=sent.name: replay(recording, name))
            json.dumps(walk.to_json()).encode()
            plain(step("page", lambda walk=walk: element(walk)))
        ends = recording.places[0].netns, recording.places[-1].netns
        step("matrix", lambda: row(load(recording), overview(load(recording))["machines"][0]))
        answer = step("why", lambda: why(recording, *ends))
        assert str(answer).encode()
        plain(lines(answer))
    except BadInput as error:
        if "\n" in str(error):
            raise Finding(f"more than one line: {error}") from None
        return False
    return True


def _plainly(_: str, step: Callable[[], Any]) -> Any:
    return step()


def _measured(what: str, step: Callable[[], Any]) -> Any:
    began = time.process_time()
    try:
        return step()
    finally:
        took = time.process_time() - began
        if took > LIMIT:
            raise Finding(f"{what} took {took:.1f} s of work")


class _Tags(HTMLParser):
    """Reads a page as a browser does, and finds what a recording brought in."""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if MARK in tag or any(MARK in name or name.startswith("on") for name, _ in attrs):
            raise Finding(f"markup in a page: <{tag} {attrs}>")


def plain(page: str) -> None:
    """Refuse a page in which markup of a recording is markup."""
    tags = _Tags()
    tags.feed(page)
    tags.close()
    page.encode()


def _object(file: Path, drawn: random.Random) -> None:
    told = json.loads(file.read_text())
    for _ in range(drawn.choice((1, 1, 3))):
        place = drawn.choice([each for each in _places(told) if each] or [()])
        if place:
            _change(told, place, drawn)
    file.write_text(json.dumps(told))


def _places(value: Any, here: tuple = ()) -> Iterator[tuple]:
    yield here
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, each in inside:
        yield from _places(each, (*here, key))


def _change(value: Any, place: tuple, drawn: random.Random) -> None:
    for key in place[:-1]:
        value = value[key]
    if drawn.random() < 0.25:
        del value[place[-1]]
    else:
        value[place[-1]] = deepcopy(drawn.choice(VALUES))  # what is changed again is nobody else's


def _text(file: Path, drawn: random.Random) -> None:
    file.write_text(_words(file.read_text(), drawn))


def _words(text: str, drawn: random.Random) -> str:
    changed = text.splitlines() or [""]
    number = drawn.randrange(len(changed))
    words = changed[number].split(" ")
    words[drawn.randrange(len(words))] = str(drawn.choice(WORDS))
    changed[number] = " ".join(words)
    return "\n".join(changed)


def _bytes(file: Path, drawn: random.Random) -> None:
    file.write_bytes(_spoilt(file.read_bytes(), drawn))


def _spoilt(content: bytes, drawn: random.Random) -> bytes:
    data = bytearray(content)
    for _ in range(drawn.choice((1, 3, 10))):
        if data:
            data[drawn.randrange(len(data))] = drawn.randrange(256)
    cut = drawn.randrange(len(data) + 1) if drawn.random() < 0.2 else len(data)
    return bytes(data[:cut])


def of_a_folder(place: Path, name: str, drawn: random.Random) -> Callable[[], Recording]:
    """Return what opens a recording of the book with one file changed."""
    shutil.copytree(ROOT / "recordings" / name, place / "r")
    mutated(place / "r", drawn.choice((".json", ".txt", ".pcapng")), drawn)
    return lambda: read(place / "r")


def of_nodes(place: Path, name: str, drawn: random.Random) -> Callable[[], Recording]:
    """Return what joins the files of a recording's nodes, one of them changed inside."""
    paths = _node_files(place, name)
    spoilt = drawn.choice(paths)
    with tarfile.open(spoilt) as tar:
        held = {each.name: tar.extractfile(each).read() for each in tar}  # type: ignore[union-attr]
    inside = drawn.choice(sorted(each for each in held if held[each]))
    is_text = not inside.endswith(".pcap")
    held[inside] = (
        _words(held[inside].decode(), drawn).encode(errors="replace")
        if is_text
        else _spoilt(held[inside], drawn)
    )
    files.write(spoilt, {each.partition("/")[2]: content for each, content in held.items()})
    return lambda: join(paths)


def of_an_archive(place: Path, name: str, drawn: random.Random) -> Callable[[], Recording]:
    """Return what opens the archive of a recording, with bytes of it changed, or of what it unpacks to."""
    held = io.BytesIO()
    with tarfile.open(fileobj=held, mode="w") as tar:
        tar.add(ROOT / "recordings" / name, name)
    data = held.getvalue()
    inside = drawn.random() < 0.7
    packed = gzip.compress(_spoilt(data, drawn) if inside else data, 1)
    (place / "0").write_bytes(packed if inside else _spoilt(packed, drawn))
    return lambda: opened(place, [f"{drawn.choice(('r', *MARKUP))}.tgz"])


def _node_files(place: Path, name: str) -> list[Path]:
    recording = read(ROOT / "recordings" / name)
    return [
        files.write(place / f"{node}.tgz", files.contents(recording, node)) for node in files.nodes(recording)
    ]


Form = Callable[[Path, str, random.Random], Callable[[], Recording]]
FORMS: tuple[Form, ...] = (of_a_folder, of_a_folder, of_a_folder, of_a_folder, of_nodes, of_an_archive)


def draw(seed: str, number: int, place: Path) -> tuple[str, Callable[[], Recording]]:
    """Return what was drawn, in words, and what opens it."""
    drawn = random.Random(f"{seed} {number}")
    name = drawn.choice(sorted(path.name for path in (ROOT / "recordings").iterdir() if path.is_dir()))
    form = drawn.choice(FORMS)
    return f"{form.__name__} {name}", form(place, name, drawn)


def main(seed: str, first: int, count: int) -> None:
    """Draw ``count`` mutations from number ``first`` on, and print each finding, then the counts."""
    told: Counter[str] = Counter()

    def late(*_: Any) -> None:
        raise Finding(f"more than {HANGS} s")

    signal.signal(signal.SIGALRM, late)
    for number in range(first, first + count):
        with TemporaryDirectory() as place:
            signal.alarm(HANGS)
            what = ""
            try:
                what, open_ = draw(seed, number, Path(place))
                told["read" if asked(open_) else "refused"] += 1
            except Exception:
                told["findings"] += 1
                print(f"{seed} {number} {what}\n{traceback.format_exc()[-3000:]}", flush=True)
            signal.alarm(0)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(f"seed {seed}, from {first}, {count}: {dict(told)}, {peak} MB", flush=True)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
