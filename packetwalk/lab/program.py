"""Run a learner's program: what it prints as it comes, for a limited time, up to a limited size."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import subprocess
import time
from collections.abc import Sequence

from packetwalk.capture.output import Output

SECONDS = 20.0
CHARACTERS = 200_000
LAST_WORDS = 1.0  # seconds a stopped program has to print its summary
_running: set[subprocess.Popen[bytes]] = set()


def run(argv: Sequence[str], seconds: float = SECONDS, characters: int = CHARACTERS) -> Output:
    """Run a program without input; its output and errors come as one text, as on a terminal.

    Exit codes as a shell's: 127 when there is no such program, 124 when it ran out of time.
    """
    line = " ".join(argv)
    try:
        process = subprocess.Popen(
            list(argv),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            env={**os.environ, "LC_ALL": "C"},
        )
    except OSError as error:
        reason = "command not found" if isinstance(error, FileNotFoundError) else error.strerror
        return Output(f"{argv[0]}: {reason}\n", 127, line)
    _running.add(process)
    try:
        text, reason = _read(process, seconds, characters)
    finally:
        _running.discard(process)
    code = 124 if reason else process.returncode
    if reason and text and not text.endswith("\n"):
        text += "\n"
    return Output(text + reason, code, line)


def stop() -> None:
    """Interrupt every program that runs now, as Ctrl-C does: each has its last words, and ``run`` returns."""
    for process in tuple(_running):
        _signal(process, signal.SIGINT)


def _read(process: subprocess.Popen[bytes], seconds: float, characters: int) -> tuple[str, str]:
    """Return what was printed, and why it was stopped if it was."""
    assert process.stdout is not None
    pipe = process.stdout.fileno()
    chunks: list[bytes] = []
    kept, reason, end = 0, "", time.monotonic() + seconds
    while True:
        ready = select.select([pipe], [], [], 0.02)[0]
        if ready:
            chunk = os.read(pipe, 1 << 16)
            if not chunk:
                break
            if kept < characters:
                chunks.append(chunk[: characters - kept])
            kept += len(chunk)
        elif process.poll() is not None:
            break  # a daemon it left behind holds the pipe open
        if not reason and (kept > characters or time.monotonic() > end):
            reason = f"(stopped: more than {characters} characters)\n"
            if kept <= characters:
                reason = f"(stopped after {seconds:g} seconds)\n"
            _signal(process, signal.SIGINT)
            end = time.monotonic() + LAST_WORDS
        elif reason and time.monotonic() > end:
            _signal(process, signal.SIGKILL)
    process.wait()
    process.stdout.close()
    return b"".join(chunks).decode(errors="replace"), reason


def _signal(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, number)
