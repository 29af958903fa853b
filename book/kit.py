"""Pack the built book, the labs and what they need into one archive for a room without internet: `make kit`.

Wheels are those that book/kit-requirements.txt pins by their digests, for Linux on x86-64 and each Python below; what
is pure serves elsewhere too. They are fetched once and kept in `_build/.kit`; the archive is written whole or not at
all.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

ROOT = Path(__file__).parents[1]
SITE, KEPT, OUT = ROOT / "_build" / "html", ROOT / "_build" / ".kit", ROOT / "_build"
PINS = ROOT / "book" / "kit-requirements.txt"
PYTHONS = ("3.11.14", "3.12.12", "3.13.9")
PLATFORMS = ("manylinux_2_28_x86_64", "manylinux_2_17_x86_64", "manylinux2014_x86_64")
PACKED = re.compile(r"\.(whl|zip|gz|tgz|woff2|png|pdf)$")
PIP = (sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check")
LEFT_OUT = re.compile(r"^exclude = \[\n.*?^\]\n", re.MULTILINE | re.DOTALL)
DATA = "[tool.setuptools.package-data]\n"
KERNEL = "ipython_kernel_config.py"
BESIDE = f'\n[tool.setuptools.data-files]\n"etc/ipython" = ["{KERNEL}"]\n'
"""What kernels of an environment read that has the wheel: a cell that runs late is told its step."""
VERSION = re.compile(r'^__version__ = "([^"]+)"$', re.MULTILINE)
MARK = "+labs"
"""Behind the version of a wheel that has all rooms of the package, those that labs need among them."""


def version() -> str:
    """Return the version of the package that is here."""
    found = VERSION.search((ROOT / "packetwalk" / "__init__.py").read_text())
    assert found is not None
    return found[1]


def labs_wheel(into: Path) -> Path:
    """Make a wheel of the whole package, labs' rooms and data included, and return it."""
    with TemporaryDirectory() as made:
        source = Path(made)
        shutil.copytree(
            ROOT / "packetwalk", source / "packetwalk", ignore=shutil.ignore_patterns("__pycache__")
        )
        shutil.copy(ROOT / "LICENSE", source)
        told = source / "packetwalk" / "__init__.py"
        told.write_text(VERSION.sub(rf'__version__ = "\1{MARK}"', told.read_text()))
        text = LEFT_OUT.sub("", (ROOT / "pyproject.toml").read_text())
        shutil.copy(ROOT / "labs" / "ipython" / KERNEL, source)
        (source / "pyproject.toml").write_text(text.replace(DATA, f'{DATA}"*" = ["*"]\n') + BESIDE)
        _call(*PIP, "wheel", source, "--no-deps", "--no-build-isolation", "--no-index", "--wheel-dir", into)
    return into / f"packetwalk-{version()}{MARK}-py3-none-any.whl"


def wheels() -> list[Path]:
    """Return the wheels of all that the labs need, fetched if they are not here; SystemExit without a network."""
    kept = KEPT / hashlib.sha256(f"{PINS.read_text()}{PYTHONS}{PLATFORMS}".encode()).hexdigest()[:10]
    if not kept.is_dir():
        shutil.rmtree(KEPT, ignore_errors=True)
        KEPT.mkdir(parents=True)
        unfinished = kept.with_name("unfinished")
        try:
            for python in PYTHONS:
                print(f"Fetching wheels for Python {python}", flush=True)
                which = ("--no-deps", "--require-hashes", "--requirement", PINS, "--dest", unfinished)
                where = ("--only-binary=:all:", "--implementation=cp", f"--python-version={python}")
                _call(*PIP, "download", *which, *where, *(f"--platform={each}" for each in PLATFORMS))
            unfinished.rename(kept)
        finally:
            shutil.rmtree(unfinished, ignore_errors=True)
    return sorted(kept.glob("*.whl"))


def images() -> str:
    """Return which container images and files a lab on kind needs, a line each."""
    from packetwalk.lab.kind.running.images import files, parts
    from packetwalk.lab.plugins import installations

    of = installations().values()
    held = parts(of)
    whose = {
        image: [name for name in held if image in held[name]] for part in held.values() for image in part
    }
    lines = [
        f"{each.image}  {each.digest or 'by its tag alone'}  ({', '.join(of)})" for each, of in whose.items()
    ]
    fetched = [f"{file.url}  sha256:{file.sha256}" for file in files(of, "amd64")]
    return "\n".join(["# Images; of those by their tag alone no digest is pinned, and what a registry gives is not checked", *lines, "", "# Files", *fetched, ""])


def contents(made: Path) -> dict[str, Path | str]:
    """Return what goes into the archive, by its name there; a text is written as it stands."""
    own = labs_wheel(made)
    held: dict[str, Path | str] = {
        f"site/{_name(path, SITE)}": path for path in SITE.rglob("*") if path.is_file()
    }
    for path in (ROOT / "labs").rglob("*"):
        if path.suffix in (".py", ".ipynb", ".md", ".cfg", ".yaml") and ".ipynb_checkpoints" not in path.parts:
            held[f"labs/{_name(path, ROOT / 'labs')}"] = path
    held |= {f"wheels/{path.name}": path for path in (*wheels(), own)}
    own_digest = hashlib.sha256(own.read_bytes()).hexdigest()
    own_pin = f"packetwalk=={version()}{MARK} --hash=sha256:{own_digest}"
    held["requirements.txt"] = f"{PINS.read_text()}{own_pin}\n"
    held["images.txt"] = images()
    held["serve.py"] = ROOT / "book" / "serve.py"
    held["README.md"] = ROOT / "book" / "kit.md"
    return held | {name: ROOT / name for name in ("LICENSE", "LICENSE-text")}


def pack(target: Path) -> int:
    """Write the archive and return its bytes; what was there stays until the new one is whole."""
    unfinished = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        with TemporaryDirectory() as made, ZipFile(unfinished, "w") as packed:
            for name, each in sorted(contents(Path(made)).items()):
                entry = ZipInfo(f"{target.stem}/{name}", (2026, 1, 1, 0, 0, 0))
                entry.external_attr = 0o100644 << 16
                kind = ZIP_STORED if PACKED.search(name) else ZIP_DEFLATED
                packed.writestr(entry, each if isinstance(each, str) else each.read_bytes(), kind, 9)
        unfinished.rename(target)
    finally:
        unfinished.unlink(missing_ok=True)
    return target.stat().st_size


def _name(path: Path, folder: Path) -> str:
    return path.relative_to(folder).as_posix()


def _call(*words: str | Path) -> None:
    done = subprocess.run(words, capture_output=True, check=False, text=True)
    if done.returncode:
        last = (done.stderr.strip() or done.stdout.strip() or "no word").splitlines()[-1]
        raise SystemExit(f"make kit: pip {words[len(PIP)]} failed: {last}")


def main() -> None:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that what is half written goes
    if not (SITE / "index.html").is_file():
        raise SystemExit(f"Nothing is built in {SITE}: run `make kit`, or `make build` first.")
    if not (SITE / "lite").is_dir():
        print("The book has no labs in the page: the kit is packed without them.")
    target = OUT / f"packetwalk-kit-{version()}.zip"
    print(f"{target.relative_to(ROOT)}: {pack(target) / 1e6:.0f} MB")


if __name__ == "__main__":
    main()
