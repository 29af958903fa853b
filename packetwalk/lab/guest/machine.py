"""The machine: QEMU with a kernel, a first file system, two shared folders and a console; nothing else."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

from packetwalk.errors import LabError
from packetwalk.lab.guest import kernel
from packetwalk.lab.guest.initramfs import initramfs
from packetwalk.lab.kernel.daemon import end_with

QEMU, BUSYBOX = "qemu-system-x86_64", "busybox"
MEMORY = "1024"  # MiB
FIRST = """\
cd {folder} && {command} > /share/output 2>&1 < /dev/null
echo $? > /share/exit
echo o > /proc/sysrq-trigger
sleep 60
"""
"""What the guest does, by its first process, whose end would be a panic."""
FAILED = ("guest: ", "Kernel panic", "VFS: ", "Out of memory")


def missing() -> list[str]:
    """Return the programs that are not here, and the kernel when it could not be fetched either."""
    programs = [QEMU, BUSYBOX]
    if kernel.unpacked() is None:
        programs += kernel.TOOLS
    return [f"program {name}" for name in programs if shutil.which(name) is None]


def accelerator() -> str:
    """Return how QEMU runs the guest: by the processor (``kvm``) where it can and may, else ``tcg``.

    The device alone does not say that it can: under PVM it is there, and an ordinary guest hangs.
    """
    able = re.search(r"\b(vmx|svm)\b", Path("/proc/cpuinfo").read_text())
    return "kvm" if able and os.access("/dev/kvm", os.R_OK | os.W_OK) else "tcg"


def run(
    argv: Sequence[str],
    share: Path,
    *,
    limit: float,
    environment: Mapping[str, str] | None = None,
    accel: str | None = None,
) -> int:
    """Run a program in a guest, in this folder; return its exit code.

    ``share`` is a folder that the guest sees as ``/share`` and may write to; the program's output is its
    file ``output`` afterwards.  ``limit`` is in seconds.  LabError when something is missing, when the
    guest ends without an answer (the console's last words say why) or when it takes too long.
    """
    lacking = missing()
    if lacking:
        raise LabError(f"guest: {', '.join(lacking)} missing")
    chosen = kernel.get()
    words = [f"{name}={value}" for name, value in (environment or {}).items()]
    (share / "first").write_text(
        FIRST.format(folder=shlex.quote(os.getcwd()), command=shlex.join(["env", *words, *argv]))
    )
    (share / "modules").write_text(str(chosen.modules))
    answer = share / "exit"
    answer.unlink(missing_ok=True)
    first = os.memfd_create("initramfs")  # no file that could stay behind
    try:
        os.write(first, initramfs(chosen, Path(shutil.which(BUSYBOX) or "")))
        _boot(_command(chosen, first, share, accel or accelerator()), first, share, limit)
    finally:
        os.close(first)
    if not answer.exists():
        raise LabError(f"guest: no answer; its console: {_last_words(share)}")
    return int(answer.read_text())


def _command(chosen: kernel.Kernel, first: int, share: Path, accel: str) -> list[str]:
    def folder(tag: str, path: str, *options: str) -> list[str]:
        where = path.replace(",", ",,")
        return ["-virtfs", ",".join(["local", f"path={where}", f"mount_tag={tag}", *options])]

    return [
        *(QEMU, "-nodefaults", "-no-user-config", "-no-reboot", "-display", "none"),
        *("-accel", accel, "-cpu", "max", "-smp", str(min(os.cpu_count() or 1, 4)), "-m", MEMORY),
        *("-kernel", str(chosen.image), "-initrd", f"/proc/self/fd/{first}"),
        *("-append", "console=ttyS0 quiet panic=-1 mitigations=off"),
        *("-serial", f"file:{share / 'console'}"),
        *folder("host", "/", "readonly=on", "security_model=none", "multidevs=remap"),
        *folder("share", str(share), "security_model=none"),
    ]


def _boot(command: list[str], first: int, share: Path, limit: float) -> None:
    """Let QEMU run to its end; it ends with this process, however that ends."""
    with subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        pass_fds=[first],
        preexec_fn=partial(end_with, os.getpid()),  # noqa: PLW1509  (two system calls, no lock)
    ) as machine:
        try:
            _, said = machine.communicate(timeout=limit)
        except subprocess.TimeoutExpired:
            machine.kill()
            raise LabError(
                f"guest: not done after {limit:.0f} s; its console: {_last_words(share)}"
            ) from None
        except BaseException:
            machine.kill()
            raise
    if machine.returncode != 0:
        lines = said.decode(errors="replace").strip().splitlines()
        raise LabError(f"guest: {QEMU}: {lines[-1] if lines else f'exit code {machine.returncode}'}")


def _last_words(share: Path) -> str:
    """Return the line of the console that tells most: the first of an error, else the last."""
    console = share / "console"
    lines = console.read_text(errors="replace").split("\n") if console.exists() else []
    said = [line.strip() for line in lines if line.strip()]
    told = [line for line in said if any(word in line for word in FAILED)]
    return (told[:1] or said[-1:] or ["empty"])[0]
