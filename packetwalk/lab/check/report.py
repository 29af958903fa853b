"""What a learner hands in: a small text that says who, which lab, which steps; signed where a key is set.

A signature (HMAC-SHA-256 over the lines above it) says that whoever made the text had the key, and that nobody has
changed it since. A learner whose own environment holds the key has it, too.
"""

from __future__ import annotations

import getpass
import hashlib
import hmac
import os
import re
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from packetwalk.errors import BadInput, LabError

if TYPE_CHECKING:
    from packetwalk.lab.check.progress import Progress
    from packetwalk.lab.grounds.ground import Ground

KEY, FOLDER, WHO = "PACKETWALK_CLASS_KEY", "PACKETWALK_CLASS", "PACKETWALK_WHO"
EPOCH = "SOURCE_DATE_EPOCH"  # as reproducible-builds.org has it
HEAD, SIGNATURE, UNSIGNED = "packetwalk report 1", "signature", "unsigned: no key was set"
ENDING = ".report.txt"
FIELDS = ("who", "lab", "ground", "at", "made")
LARGEST = 20_000
STEP = re.compile(r"step (\w+): (done|brought|open), tries (\d+), hints (\d+)")


class ReportedStep(NamedTuple):
    """One step in a report: ``state`` is done, brought (passed over by a checkpoint) or open."""

    name: str
    state: str
    tries: int
    hints: int


class HandedIn(NamedTuple):
    """A report, as it was made or read; ``text`` is what is handed in."""

    who: str
    lab: str
    ground: str
    at: str
    made: str
    steps: tuple[ReportedStep, ...]
    text: str

    def __repr__(self) -> str:
        return self.text.rstrip("\n")

    @property
    def done(self) -> int:
        """How many steps are done."""
        return sum(each.state == "done" for each in self.steps)

    def signed(self, key: str) -> bool | None:
        """Say whether the signature is one by this key; None where there is no signature."""
        return signed(self.text, key)


def reported(progress: Progress, cluster: Ground, who: str = "", key: str = "", folder: str | Path = "") -> HandedIn:
    """Return the report of a lab, and write it into a folder where one is named or set; LabError where it cannot be."""
    name = learner(who)
    steps = [
        ReportedStep(each, "done" if step.done else "brought" if step.brought else "open", step.tries, step.hints)
        for each, step in progress.steps.items()
    ]
    head = dict(zip(FIELDS, (name, progress.lab, cluster.ground, progress.at or "end", moment()), strict=True))
    lines = [HEAD, *(f"{field}: {value}" for field, value in head.items())]
    lines += [f"step {each.name}: {each.state}, tries {each.tries}, hints {each.hints}" for each in steps]
    done = HandedIn(**head, steps=tuple(steps), text=sealed("\n".join(lines), key))
    keep(done.text, f"{done.who}-{done.lab}", folder)
    return done


def learner(who: str = "") -> str:
    """Return whom a report is of: who is given or set, else the user's name."""
    return " ".join((who or os.environ.get(WHO, "") or _user()).split()) or "somebody"


def moment() -> str:
    """Return the time now, as reports tell it; SOURCE_DATE_EPOCH, in seconds, stands for it where it is set."""
    fixed = os.environ.get(EPOCH, "")
    now = datetime.fromtimestamp(int(fixed), UTC) if fixed.isdecimal() else datetime.now(UTC)
    return now.strftime("%Y-%m-%dT%H:%M:%SZ")


def signed(text: str, key: str) -> bool | None:
    """Say whether the last line of a text is its signature by this key; None where it says that there is none."""
    body, _, last = text.rstrip("\n").rpartition("\n")
    if last == UNSIGNED:
        return None
    return hmac.compare_digest(last, f"{SIGNATURE}: {_sign(body, key)}")


def sealed(body: str, key: str = "") -> str:
    """Return a text with its last line: the signature by a key that is given or set, else that there is none."""
    secret = key or os.environ.get(KEY, "")
    return f"{body}\n{f'{SIGNATURE}: {_sign(body, secret)}' if secret else UNSIGNED}\n"


def read(path: Path) -> HandedIn:
    """Read a report that was handed in; BadInput, with the file, for what is none."""
    text = opened(path)
    lines = text.splitlines()
    head = dict(line.split(": ", 1) for line in lines[1 : 1 + len(FIELDS)] if ": " in line)
    steps = [STEP.fullmatch(line) for line in lines[1 + len(FIELDS) : -1]]
    if lines[:1] != [HEAD] or tuple(head) != FIELDS or not all(steps) or not steps:
        raise BadInput("report", str(path), [f"the text of check.report(), which begins with {HEAD!r}"])
    read = [ReportedStep(each[1], each[2], int(each[3]), int(each[4])) for each in steps if each]
    return HandedIn(**head, steps=tuple(read), text=text)


def opened(path: Path) -> str:
    """Return the text of a file that was handed in; BadInput, with the file, for one that is none, or says nothing of a signature."""
    try:
        with path.open(encoding="utf-8") as file:
            text = file.read(LARGEST)
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "is no text"
        raise BadInput("report", str(path), [f"a file that can be read ({reason})"]) from None
    last = (text.splitlines() or [""])[-1]
    if last != UNSIGNED and not re.fullmatch(rf"{SIGNATURE}: [0-9a-f]{{64}}", last):
        raise BadInput("report", str(path), ["a last line that is a signature or says that there is none"])
    return text


def _sign(body: str, key: str) -> str:
    return hmac.new(key.encode(), body.encode(), hashlib.sha256).hexdigest()


def _user() -> str:
    try:
        return os.environ.get("JUPYTERHUB_USER") or getpass.getuser()
    except (KeyError, OSError, ImportError):
        return ""


def keep(text: str, name: str, folder: str | Path = "") -> None:
    """Write a report where a folder is named or set, in the place of an earlier one of its name.

    It is there whole or not at all. LabError where it cannot be written.
    """
    where = Path(folder or os.environ.get(FOLDER, ""))
    if where == Path():
        return
    name = re.sub(r"[^\w.-]+", "-", name).strip(".-") + ENDING
    try:
        where.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".packetwalk-", dir=where) as beside:
            file = Path(beside) / name
            file.write_text(text, encoding="utf-8")
            file.replace(where / name)
    except OSError as error:
        raise LabError(f"report: {error.filename or where}: {error.strerror}") from None
