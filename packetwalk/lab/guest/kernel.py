"""The guest's kernel: Debian's package, fetched with apt and unpacked into a folder; never installed."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from packetwalk.errors import LabError

META = "linux-image-amd64"
TOOLS = ("apt-get", "depmod")  # apt-cache and dpkg come with apt-get
KEPT_DRIVERS = ("net", "virtio")
PATIENCE = 600  # seconds for a download


class Kernel(NamedTuple):
    """An unpacked package: ``version`` is the package's, ``release`` what ``uname -r`` says in the guest."""

    folder: Path
    version: str
    release: str

    @property
    def package(self) -> str:
        """The name and version of the package."""
        return f"linux-image-{self.release} {self.version}"

    @property
    def image(self) -> Path:
        """The file to boot."""
        return self.folder / "boot" / f"vmlinuz-{self.release}"

    @property
    def modules(self) -> Path:
        """The folder of its modules, with the lists of ``depmod``."""
        return self.folder / "lib" / "modules" / self.release

    def with_needed(self, names: Iterable[str]) -> list[Path]:
        """Return the files of modules and of all they need, in the order of loading.

        LabError when one is missing, as 9p is in Debian's kernel for clouds.
        """
        needs = dict(line.split(":", 1) for line in (self.modules / "modules.dep").read_text().splitlines())
        files = {Path(file).stem: file for file in needs}
        out: dict[str, None] = {}
        for name in names:
            if name not in files:
                raise LabError(f"guest: kernel {self.release} has no module {name}")
            out |= dict.fromkeys([*reversed(needs[files[name]].split()), files[name]])
        return [self.modules / file for file in out]


def cache() -> Path:
    """Return the folder that keeps unpacked kernels."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "packetwalk" / "guest"


def unpacked() -> Kernel | None:
    """Return the kernel that was fetched last, or None."""
    found = [path for path in cache().glob("*_*") if (path / "lib" / "modules").is_dir()]
    if not found:
        return None
    folder = max(found, key=lambda path: path.stat().st_mtime)
    version, _, release = folder.name.partition("_")
    return Kernel(folder, version, release)


def get() -> Kernel:
    """Return an unpacked kernel, fetched when there is none; LabError says what hinders.

    A newer one is fetched once the folder is removed.
    """
    return unpacked() or _fetch()


def _fetch() -> Kernel:
    missing = [tool for tool in TOOLS if shutil.which(tool) is None]
    if missing:
        raise LabError(f"guest: no kernel, and programs to fetch Debian's are missing: {', '.join(missing)}")
    depends = re.search(r"Depends: (linux-image-(\S+))", _ask(["apt-cache", "depends", META]))
    if depends is None:
        raise LabError(f"guest: no package {META} (apt-get update, on Debian for amd64)")
    package, release = depends.groups()
    cache().mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".new", dir=cache()) as work:
        _ask(["apt-get", "download", "-qq", package], work)
        file = next(Path(work).glob("*.deb"))
        version = _ask(["dpkg", "--field", str(file), "Version"]).strip()
        made = Kernel(Path(work) / "kernel", version, release)
        _ask(["dpkg", "-x", str(file), str(made.folder)])
        _prune(made)
        _ask(["depmod", "-b", str(made.folder), release])
        made.folder.chmod(0o755)
        target = cache() / f"{version}_{release}"
        shutil.rmtree(target, ignore_errors=True)
        return made._replace(folder=made.folder.rename(target))


def _prune(kernel: Kernel) -> None:
    """Remove the drivers of hardware that the guest does not have: nine tenths of the package."""
    for folder in (kernel.folder / "usr", kernel.modules / "kernel" / "sound"):
        shutil.rmtree(folder, ignore_errors=True)
    for folder in (kernel.modules / "kernel" / "drivers").iterdir():
        if folder.name not in KEPT_DRIVERS:
            shutil.rmtree(folder)
    shutil.rmtree(kernel.modules / "kernel" / "drivers" / "net" / "ethernet", ignore_errors=True)
    shutil.rmtree(kernel.modules / "kernel" / "drivers" / "net" / "wireless", ignore_errors=True)


def _ask(argv: Sequence[str], folder: str | None = None) -> str:
    try:
        done = subprocess.run(argv, cwd=folder, capture_output=True, text=True, check=False, timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        raise LabError(f"guest: {' '.join(argv)}: not done after {PATIENCE} s") from None
    if done.returncode != 0:
        said = done.stderr.strip().splitlines()
        raise LabError(f"guest: {' '.join(argv)}: {said[-1] if said else 'failed'}")
    return done.stdout
