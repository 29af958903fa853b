"""Record packets and tables of live namespaces: the taps, the sender, and what the tools print."""

from __future__ import annotations

import platform
import shutil
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

from packetwalk.capture.frames import Frame
from packetwalk.capture.recording import COMMANDS, COMMANDS6, VERSION, Place, Probe, Recording, Sent
from packetwalk.lab.kernel import probing
from packetwalk.lab.kernel.empty import PRINTS_NOTHING
from packetwalk.lab.kernel.inventory import Named
from packetwalk.lab.kernel.namespaces import Namespace
from packetwalk.lab.kernel.probing import Warm, beside, is_ipv4, is_ipv6
from packetwalk.lab.kernel.sniff import QUIET, Sniffer
from packetwalk.lab.kernel.traffic import send
from packetwalk.tables.sysctl import OF_DEVICE

IP = ("ip", "-j")
SYS = Path("/proc/sys")


class Recorder:
    """Taps on every device of some namespaces; use it with ``with``."""

    def __init__(
        self,
        namespaces: Mapping[str, Namespace],
        named: Mapping[str, Named],
        leaves_out: Callable[[Frame], bool] | None = None,
    ) -> None:
        """Open the taps; frames that ``leaves_out`` (``beside``) says of belong to no packet's story."""
        self._namespaces, self._named, self._leaves_out = dict(namespaces), named, leaves_out or beside
        self._sniffer = Sniffer(self._namespaces)

    def __enter__(self) -> Recorder:
        return self

    def __exit__(self, *_) -> None:
        self.close()

    @property
    def lost(self) -> dict[str, int]:
        """How many frames each namespace's taps had no room for, where any were lost."""
        return self._sniffer.lost

    def close(self) -> None:
        """Give the taps back."""
        self._sniffer.close()

    def send(
        self,
        probe: Probe,
        warm: Warm | None = None,
        count: int = 0,
        limit: float = 0.5,
        quiet: float = QUIET,
        closing: int = 0,
        pause: float = 0,
    ) -> Sent:
        """Send a packet and return it with every frame that followed, but those of BGP sessions.

        A TCP connection stays open so long: what closes it could not be told apart where it is encrypted.

        ``warm`` goes before; what it causes is not recorded.  ``count`` frames with
        IPv4 are waited for, if they are slow to come, for ``limit`` seconds; ``quiet`` seconds without a
        frame are the end.  ``closing`` frames follow when the connection is closed, and are waited for too,
        so that they are not taken for the next packet's; ``pause`` are seconds between the two packets.
        """
        here = self._namespaces[probe.src]
        if warm is not None:
            send(here, warm.dst, probe.dport, warm.packet, answered=warm.answered)
        self._sniffer.collect(self._counts, warm.frames if warm else 0, limit)
        time.sleep(pause)
        with ExitStack() as hold:
            said = send(here, probe.dst, probe.dport, probe.packet, hold=hold)
            sent = probing.sent(probe, self._sniffer.collect(self._counts, count, limit, quiet), self._leaves_out)
            sent = sent._replace(said=said)
        if closing:
            self._sniffer.collect(self._counts, closing, limit)
        return sent

    def _counts(self, frame: Frame) -> bool:
        return (is_ipv4(frame) or is_ipv6(frame)) and not self._leaves_out(frame)

    def places(
        self, names: Iterable[str] | None = None, without: Iterable[str] = (), *, ipv6: bool = False
    ) -> tuple[Place, ...]:
        """Return the tables of the namespaces (of all), as the tools print them now, but for some files.

        Those of IPv6 are asked for where they are wanted.
        """
        chosen = self._namespaces if names is None else names
        left = (*without, *(() if ipv6 else COMMANDS6))
        return tuple(
            Place(name, *self._named[name], files=tables(self._namespaces[name], left)) for name in chosen
        )


def tables(namespace: Namespace, without: Iterable[str] = ()) -> dict[str, str]:
    """Return what each tool prints in a namespace, but for some files; a missing tool is left out."""
    every = {**COMMANDS, **COMMANDS6}
    wanted = {name: argv for name, argv in every.items() if name not in without and shutil.which(argv[0])}
    objects = {name: argv[2:] for name, argv in wanted.items() if argv[:2] == IP and argv[2][0] != "-"}
    lines = "".join(f"{' '.join(words)}\n" for words in objects.values())
    printed = namespace.run([*IP, "-b", "-"], lines, check=False).splitlines(keepends=True)
    at_once = dict(zip(objects, printed, strict=True)) if len(printed) == len(objects) else {}
    return {name: at_once.get(name) or _printed(namespace, argv) for name, argv in wanted.items()}


def _printed(namespace: Namespace, argv: Sequence[str]) -> str:
    """Return what a tool prints; what ``sysctl`` prints is read where it reads it, and nothing is known without a tool."""
    prints_nothing = PRINTS_NOTHING.get(tuple(argv))
    if prints_nothing and namespace.inside(prints_nothing):
        return ""
    if argv[0] != "sysctl":
        return namespace.run(list(argv), check=False)

    return namespace.inside(partial(_settings, argv[1:]))


def _settings(always: Sequence[str]) -> str:
    devices = [path.name for path in SYS.joinpath("net/ipv4/conf").glob("*")]
    return probing.settings(always, devices, _setting)


def _setting(key: str) -> str | None:
    """Return a setting's value; None where the kernel has no such setting. A device's name may hold a dot."""
    of_device = OF_DEVICE.fullmatch(key)
    parts = ("net", "ipv4", "conf", *of_device.groups()) if of_device else key.split(".")
    path = SYS.joinpath(*parts)
    return path.read_text().strip() if path.exists() else None


def recording(
    recorder: Recorder, sent: Iterable[Sent], *, whole: bool = True, without: Iterable[str] = (), **about: Any
) -> Recording:
    """Return a recording of what was sent, with the tables as they are afterwards, but for some files.

    Unless it is to be ``whole``, only with those of namespaces that a packet saw.
    """
    every = tuple(sent)
    lost = {"lost": recorder.lost} if recorder.lost else {}
    head = {"version": VERSION, "ground": "netns", "kernel": kernel(), **lost, **about}
    seen = dict.fromkeys(name for each in every for name in (each.src, *(f.netns for f in each.frames)))
    places = recorder.places(None if whole else seen, without, ipv6=bool(about.get("ipv6")))
    return Recording(head, places, every)


def kernel() -> str:
    """Return the name of the running kernel, ``Linux 6.18.44``."""
    return f"Linux {platform.release().partition('-')[0]}"
