"""Network and mount namespaces that live only in this process's file descriptors.

Nothing is mounted under /run/netns and no process holds a namespace: when this process ends, in
whatever way (also ``kill -9``), the kernel takes its namespaces, their devices and rules away.
"""

from __future__ import annotations

import ctypes
import os
import socket
import subprocess
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeVar

from packetwalk.errors import LabError
from packetwalk.lab.advice import ProgramMissing, absent
from packetwalk.lab.kernel.patience import FACTOR

CLONE_NEWNET, CLONE_NEWNS, CLONE_FS = 0x40000000, 0x00020000, 0x00000200
MS_REC, MS_PRIVATE = 0x4000, 0x40000
PATIENCE = 20.0 * FACTOR  # seconds for one program
T = TypeVar("T")
_libc = ctypes.CDLL(None, use_errno=True)


def _call(name: str, *arguments: int | bytes | None) -> None:
    if getattr(_libc, name)(*arguments) != 0:
        error = ctypes.get_errno()
        raise LabError(f"{name}: {os.strerror(error)}")


def _in_thread(work: Callable[[], T]) -> T:
    """Run ``work`` in a thread of its own, whose namespace may change, and return its result."""
    result: list[T] = []
    failure: list[BaseException] = []

    def run() -> None:
        try:
            result.append(work())
        except BaseException as error:
            failure.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    if failure:
        raise failure[0]
    return result[0]


def mount(kind: str, place: Path | str) -> None:
    """Mount an empty file system in memory (``tmpfs``, ``ramfs``) in the mount namespace of the calling thread."""
    _call("mount", b"none", str(place).encode(), kind.encode(), 0, None)


def _fresh_run() -> int:
    """Return a new mount namespace with an empty /run; the calling thread stays in it."""
    _call("unshare", CLONE_NEWNS)
    _call("mount", b"none", b"/", None, MS_REC | MS_PRIVATE, None)
    mount("tmpfs", "/run")
    return os.open("/proc/thread-self/ns/mnt", os.O_RDONLY | os.O_CLOEXEC)


class Namespace:
    """One network namespace, kept by ``fd``; closing it is its end."""

    _mounts: int | None = None

    def __init__(self, name: str) -> None:
        """Make it. LabError without the right to (root, or inside ``unshare -Urn``)."""

        def make() -> int:
            _call("unshare", CLONE_NEWNET)
            return os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)

        self.name, self.fd = name, _in_thread(make)
        self._mounts: int | None = None

    @property
    def path(self) -> str:
        """A path by which ``ip ... netns PATH`` finds it, also where ``/proc`` counts from outside."""
        return f"/proc/{os.readlink('/proc/self')}/fd/{self.fd}"

    def inside(self, work: Callable[[], T]) -> T:
        """Run a function inside; sockets it opens stay inside.

        The calling thread goes in and comes back; into a mount namespace only a new thread can go.
        """

        def there() -> T:
            self.enter()
            return work()

        if self._mounts is not None:
            return _in_thread(there)
        home = os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
        try:
            return there()
        finally:
            _call("setns", home, CLONE_NEWNET)
            os.close(home)

    def enter(self) -> None:
        """Take the calling thread inside, for good."""
        _call("setns", self.fd, CLONE_NEWNET)
        if self._mounts is not None:
            _call("unshare", CLONE_FS)
            _call("setns", self._mounts, CLONE_NEWNS)

    def own_run(self) -> None:
        """Give all that goes inside from now on an empty /run: what programs leave there nobody else sees."""
        if self._mounts is None:
            self._mounts = _in_thread(_fresh_run)

    def devices(self) -> list[str]:
        """Return the names of its devices."""
        return [name for _, name in self.inside(socket.if_nameindex)]

    def run(self, argv: list[str], text: str = "", *, check: bool = True) -> str:
        """Run a program inside and return what it printed; LabError when it fails."""

        def start() -> subprocess.CompletedProcess[str]:
            return subprocess.run(
                argv, check=False, input=text, capture_output=True, text=True, timeout=PATIENCE
            )

        try:
            done = self.inside(start)
        except FileNotFoundError:
            raise ProgramMissing(absent(argv[:1]) or f"{argv[0]}: not found") from None
        except subprocess.TimeoutExpired:
            raise LabError(f"{self.name}: {' '.join(argv)}: not done after {PATIENCE:.0f} s") from None
        if check and done.returncode != 0:
            said = (done.stderr or done.stdout).strip().splitlines()
            raise LabError(f"{self.name}: {' '.join(argv)}: {said[0] if said else 'failed'}")
        return done.stdout

    def sysctl(self, settings: Mapping[str, str]) -> None:
        """Write kernel settings of this namespace; a key has dots, devices in it may have them too."""

        def write() -> None:
            for key, value in settings.items():
                try:
                    Path("/proc/sys", key.replace(".", "/")).write_text(value)
                except OSError as error:
                    raise LabError(f"{self.name}: sysctl {key}: {error.strerror}") from None

        if settings:
            self.inside(write)

    def close(self) -> None:
        """Let it go."""
        os.close(self.fd)
        if self._mounts is not None:
            os.close(self._mounts)
