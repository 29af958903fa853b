"""``make real``: build the pinned real programs, or take those of the right version that are on the PATH."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from packetwalk.errors import LabError
from packetwalk.lab.advice import advice
from packetwalk.lab.making import told
from packetwalk.lab.real.programs import ETCD, Source, built, home, missing, sources

TELL = 10.0  # seconds between two lines of progress where nobody looks at a terminal


def main() -> int:
    """Build what is missing; 2, and one line that says why, where that cannot be done."""
    return told("real", _make)


def _make() -> None:
    for source in sources():
        _take(source)
    for source in sources():
        _build(source)
    for each in advice(missing()):
        print(f"still missing, {ETCD}: {each}")


def _take(source: Source) -> None:
    """Put programs of the right version that are on the PATH into their place."""
    for name in source.programs:
        found = None if name in built(source) else _of_the_path(source, name)
        if found:
            source.place.mkdir(parents=True, exist_ok=True)
            beside = source.place / f".{name}-{os.getpid()}"
            beside.symlink_to(found)
            os.replace(beside, source.place / name)
            print(f"{name} {source.version}: taken, {found}")


def _build(source: Source) -> None:
    """Build what is still missing of a source, each program whole or not at all."""
    wanted = [name for name in source.programs if name not in built(source)]
    if not wanted:
        print(f"{', '.join(source.programs)} {source.version}: there, {source.place}")
        return
    _has_go(source)
    home().mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="building-", dir=home()) as folder:
        _compile(source, wanted, Path(folder))
        source.place.mkdir(exist_ok=True)
        for name in wanted:
            os.replace(Path(folder, name), source.place / name)


def _of_the_path(source: Source, name: str) -> str | None:
    """Return the program of this name on the PATH if it is of the pinned version."""
    found = shutil.which(name)
    if not found:
        return None
    environment = {key: value for key, value in os.environ.items() if not key.startswith("CNI_")}
    try:
        done = subprocess.run(
            [found, *source.asks.get(name, ())],
            check=False,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=20,
            env=environment,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    said = re.search(r"(?:^|\s)v?(\d+\.\d+\.\d+\S*)", done.stdout + done.stderr)
    return found if said and f"v{said[1]}" == source.version else None


def _has_go(source: Source) -> None:
    """LabError unless there is a Go, and one that is new enough."""
    need = ".".join(map(str, source.go))
    go = shutil.which("go")
    if go is None:
        raise LabError(f"{source.name} {source.version} is built with Go {need} or newer: https://go.dev/dl")
    said = subprocess.run([go, "env", "GOVERSION"], check=False, capture_output=True, text=True).stdout
    has = tuple(map(int, re.findall(r"\d+", said)[:3]))
    if has < source.go:
        raise LabError(f"{source.name} {source.version} needs Go {need} or newer; {go} is {said.strip()}")
    if source.cgo and shutil.which("gcc") is None:
        raise LabError(f"{source.name} {source.version} also needs a C compiler: sudo apt-get install gcc libc6-dev")


def _compile(source: Source, wanted: Sequence[str], folder: Path) -> None:
    numbers = source.version.lstrip("v").split(".")
    stamps = " ".join(f"-X {name}={text.format(*numbers)}" for name, text in source.stamps.items())
    common = ["-mod=readonly", "-trimpath", "-buildvcs=false"]
    environment = os.environ | {"CGO_ENABLED": str(int(source.cgo)), "GOWORK": "off", "GOFLAGS": ""}
    packages = [f"{source.module}/{source.programs[name]}".removesuffix("/.") for name in wanted]
    title = f"{', '.join(wanted)} {source.version}"
    print(f"{title}: fetching")
    listed = _go(["list", "-deps", *common[:1], *packages], source, environment)
    for name, package in zip(wanted, packages, strict=True):
        argv = ["build", "-v", *common, "-ldflags", f"-s -w {stamps}", "-o", str(folder / name), package]
        _watched(argv, source, environment, f"{name} {source.version}", len(listed.split()))


def _go(argv: list[str], source: Source, environment: dict[str, str]) -> str:
    done = subprocess.run(
        ["go", *argv], check=False, cwd=source.folder, env=environment, capture_output=True, text=True
    )
    if done.returncode:
        raise LabError(f"go {argv[0]} of {source.name}: {_last(done.stderr)}")
    return done.stdout


def _watched(
    argv: list[str], source: Source, environment: dict[str, str], title: str, most: int
) -> None:
    """Run the compiler and tell how far it is; packages that it has compiled before it does not name."""
    begun, told, count, said = time.monotonic(), 0.0, 0, [""]
    process = subprocess.Popen(
        ["go", *argv], cwd=source.folder, env=environment, stderr=subprocess.PIPE, text=True
    )
    terminal = sys.stdout.isatty()
    try:
        assert process.stderr is not None
        for line in process.stderr:
            count, said = count + 1, [*said[-20:], line]
            now = time.monotonic()
            if now - told > (0.2 if terminal else TELL):
                told = now
                text = f"{title}: {count} of at most {most} packages, {now - begun:.0f} s"
                print(f"\r{text}" if terminal else text, end="" if terminal else "\n", flush=True)
        process.wait()
    except BaseException:
        process.kill()
        process.wait()
        raise
    if process.returncode:
        raise LabError(f"go build of {title}: {_last(''.join(said))}")
    clear = "\r" if terminal else ""
    print(f"{clear}{title}: built in {time.monotonic() - begun:.0f} s", flush=True)


def _last(text: str) -> str:
    lines = text.strip().splitlines()
    return lines[-1] if lines else "failed"


if __name__ == "__main__":
    sys.exit(main())
