"""Calls of docker, kind and kubectl; what goes wrong becomes one line that says what to do."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Sequence

from packetwalk.errors import LabError
from packetwalk.lab.advice import ELSEWHERE

KNOWN = (
    (
        r"permission denied.*(docker|/var/run|daemon)",
        "no right to use the Docker engine: `sudo usermod -aG docker $USER`, then log in again",
    ),
    (
        r"cannot connect to the docker daemon|is the docker daemon running|docker daemon is not running",
        "the Docker engine does not run: start Docker Desktop, or `sudo systemctl start docker`",
    ),
    (r"no space left on device", "the disk is full: `docker system df` says what Docker keeps"),
    (r"unknown flag|unknown command|unknown shorthand", "this program is another version than expected"),
)
"""What the programs print, and what it means for the user."""

LOG = r"[EWIF]\d{4} \d\d:|Warning: "
"""What kubectl writes before it says what is wrong: its log (klog's header) and warnings."""

MINUTES = 60.0


def call(argv: Sequence[str], *, text: str | None = None, timeout: float = 10 * MINUTES) -> str:
    """Run a program and return what it printed; LabError, one line, when it fails or is not there.

    ``timeout`` is in seconds.
    """
    done = attempt(argv, text=text, timeout=timeout)
    if done.returncode != 0:
        raise LabError(_said(argv, done.stderr or done.stdout))
    return done.stdout


def attempt(
    argv: Sequence[str], *, text: str | None = None, timeout: float = 10 * MINUTES
) -> subprocess.CompletedProcess[str]:
    """Run a program and return how it ended; LabError when it is not there or takes longer than ``timeout``.

    It has a session of its own: the Ctrl-C that stops this process stops it through us, and never
    reaches the call that cleans up.
    """
    try:
        return subprocess.run(
            list(argv),
            check=False,
            input=text if text is not None else "",
            capture_output=True,
            text=True,
            errors="replace",
            timeout=timeout,
            start_new_session=True,
        )
    except FileNotFoundError:
        advice = ELSEWHERE[f"program {argv[0]}"]
        raise LabError(f"the program {argv[0]} is not on the PATH; install {advice}") from None
    except PermissionError:
        raise LabError(f"the program {argv[0]} may not be run by this user") from None
    except subprocess.TimeoutExpired:
        raise LabError(f"{_short(argv)}: no answer in {timeout:.0f} s") from None


def refusal(text: str) -> str:
    """Return what is known of an error message, or nothing."""
    return next((meaning for pattern, meaning in KNOWN if re.search(pattern, text, re.I | re.S)), "")


def _said(argv: Sequence[str], text: str) -> str:
    known = refusal(text)
    if known:
        return f"{_short(argv)}: {known}"
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    lines = [line for line in lines if not re.match(LOG, line)] or lines or ["failed"]
    said = next((line for line in lines if re.match(r"(docker: )?error", line, re.I)), lines[0])
    after = lines[lines.index(said) + 1 :]
    return f"{_short(argv)}: {said}{' ' + after[0].removeprefix('* ') if said.endswith(':') and after else ''}"


def _short(argv: Sequence[str]) -> str:
    words = [word for word in argv if not word.startswith("-")]
    return " ".join(words[:3])
