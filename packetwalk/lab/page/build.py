"""``make kernel``: Debian's kernel and tools, made into the guest that a page takes up."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from packetwalk.errors import LabError
from packetwalk.lab.making import told
from packetwalk.lab.page import guest
from packetwalk.lab.page.debian import PROGRAMS, ask, fetch, pinned
from packetwalk.lab.page.initrd import image, initrd

AGENT = Path(__file__).with_name("agent.c")
MUSL = "usr/lib/i386-linux-musl"
COMPILED = ["-m32", "-march=i686", "-Os", "-std=gnu11", "-static", "-no-pie", "-fno-pie", "-fno-stack-protector", "-s", "-nostdinc", "-nostdlib"]
FIRMWARE = "usr/share/seabios/bios.bin"
PACKED = "-19"  # more needs more memory in the page, which unpacks it
SNAPSHOT = "https://snapshot.debian.org/binary"


def main() -> int:
    """Make the guest; 2, and one line that says why, where that cannot be done."""
    return told("kernel", _make)


def _make() -> None:
    missing = [name for name in PROGRAMS if shutil.which(name) is None]
    if missing:
        raise LabError(f"programs are missing: {', '.join(missing)}")
    _fill(guest.home())
    print(f"Made {guest.home()}")


def _fill(home: Path) -> None:
    """Put all of the guest into its folder, the state last: what is there is whole."""
    places = fetch(home / "packages")
    with tempfile.TemporaryDirectory(prefix=".making-", dir=home) as folder:
        work = Path(folder)
        (work / "initrd").write_bytes(initrd(places, _agent(places, work)))
        bios = places["seabios"] / FIRMWARE
        shutil.copyfile(bios, work / guest.BIOS)
        (work / guest.SOURCES).write_text(sources())
        print("Booting it once, to keep its state: a minute of work", flush=True)
        files = [image(places), work / "initrd", bios, work / "state"]
        ask(["node", str(guest.SCRIPT), "save", *map(str, files)], patience=1800)
        ask(["zstd", "-q", PACKED, str(work / "state"), "-o", str(work / guest.STATE)])
        for name in (guest.BIOS, guest.SOURCES, guest.STATE):
            os.replace(work / name, home / name)


def _agent(places: Mapping[str, Path], work: Path) -> bytes:
    """Return the agent, compiled for the guest; it needs no library there."""
    musl = places["musl-dev"]
    library = next(places["libgcc-12-dev"].rglob("libgcc.a"))
    own = ask(["gcc", "-print-file-name=include"]).strip()
    headers = ["-isystem", str(musl / "usr/include/i386-linux-musl"), "-isystem", own]
    first, last = ([str(musl / MUSL / name) for name in names] for names in (("crt1.o", "crti.o"), ("crtn.o",)))
    libraries = [str(musl / MUSL / "libc.a"), str(library)]
    out = work / "agent"
    ask(["gcc", *COMPILED, *headers, *first, str(AGENT), *libraries, *last, "-o", str(out)])
    return out.read_bytes()


def sources() -> str:
    """Return which programs are in the guest, by package and version, and where their sources are."""
    groups = ("kernel", "firmware", "tools", "libraries", "compiler")
    lines = [
        f"{name} {version} {SNAPSHOT}/{name}/"
        for group in groups
        for name, version in pinned()[group].items()
    ]
    head = "Debian's packages in the guest (architecture i386), each with its version and where its sources are kept:\n"
    return head + "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.exit(main())
