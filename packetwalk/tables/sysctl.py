"""Settings of the kernel (``sysctl``)."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from typing import NamedTuple

from packetwalk.tables.drawing import Around, Pick
from packetwalk.tables.printed import TextTable
from packetwalk.tables.table import Contents, Part, Recorded, Sides


class SysctlEntry(NamedTuple):
    """A kernel setting (``sysctl KEY``)."""

    key: str
    value: str

    def __str__(self) -> str:
        return f"{self.key} = {self.value}"

    def argv(self) -> list[list[str]]:
        """Return ``sysctl -w``."""
        return [["sysctl", "-w", f"{self.key}={self.value}"]]


class SysctlTable(TextTable[SysctlEntry]):
    """The settings that somebody has changed."""

    def key(self, entry: SysctlEntry) -> str:
        """Return the setting's name."""
        return entry.key

    def hold(self, written: Iterable[SysctlEntry]) -> list[SysctlEntry]:
        """Return the settings; forwarding of the machine, when it changes, is that of each device, and says whether
        redirects are believed (``inet_forward_change``)."""
        held: dict[str, SysctlEntry] = {}
        for entry in written:
            key = FORWARD if entry.key == "net.ipv4.conf.all.forwarding" else entry.key
            if key == FORWARD and entry.value != (held[key].value if key in held else "0"):
                held = {name: each for name, each in held.items() if not FORWARDING.fullmatch(name)}
                held.pop(BELIEVES, None)
            held[key] = SysctlEntry(key, entry.value)
        return list(held.values())

    def part(self, entry: SysctlEntry) -> Part:
        """Return the setting alone."""
        return Part(f"sysctl/{entry.key}", f"sysctl {entry.key}", lambda other: other.key == entry.key)

    def draw(self, pick: Pick, around: Around) -> list[str] | None:
        """Return ``sysctl -w`` of a setting that the way of packets depends on."""
        dev = "all" if pick.chance(30) else pick.one_of(("all", *around.names))
        key, values = pick.one_of(
            (
                ("net.ipv4.ip_forward", "01"),
                (f"net.ipv4.conf.{dev}.forwarding", "01"),
                (f"net.ipv4.conf.{dev}.rp_filter", "012"),
                (f"net.ipv4.conf.{dev}.proxy_arp", "01"),
                (f"net.ipv4.conf.{dev}.accept_local", "01"),
                (f"net.ipv4.conf.{dev}.arp_ignore", "0128"),
                (f"net.ipv4.conf.{dev}.arp_announce", "012"),
                (f"net.ipv4.conf.{dev}.arp_filter", "01"),
                (f"net.ipv4.conf.{dev}.src_valid_mark", "01"),
                (f"net.ipv4.conf.{dev}.route_localnet", "01"),
                (f"net.ipv4.conf.{dev}.send_redirects", "01"),
                (f"net.ipv4.conf.{dev}.shared_media", "01"),
                (f"net.ipv4.conf.{dev}.accept_redirects", "01"),
                (f"net.ipv4.conf.{dev}.secure_redirects", "01"),
                ("net.ipv4.icmp_echo_ignore_all", "01"),
                ("net.ipv4.icmp_echo_ignore_broadcasts", "01"),
                ("net.ipv4.ip_default_ttl", ("64", "32", "128")),
                ("net.ipv4.ip_no_pmtu_disc", "01"),
                ("net.bridge.bridge-nf-call-iptables", "01"),
            )
        )
        return ["sysctl", "-w", f"{key}={pick.one_of(tuple(values))}"]

    def sides(self, model: Contents, recorded: Recorded, played: Collection[str] = ()) -> Sides | None:
        """Return the recorded settings; one that the plan does not write may be what it likes."""
        if not self.is_recorded(recorded.files):
            return None
        theirs, written = recorded.entries(self), {each.key: each for each in model.entries(self)}
        return Sides([str(written.get(each.key, each)) for each in theirs], [str(each) for each in theirs])

    def parse(self, text: str) -> Iterator[SysctlEntry]:
        """Yield the settings; one that is not there is told on a line of its own form."""
        for line in text.splitlines():
            key, equals, value = line.partition(" = ")
            if equals and is_read(key) and not NUMBER.fullmatch(value):
                raise ValueError(f"sysctl: {line[:80]!r} is no setting")
            if equals:
                yield SysctlEntry(key, value)

    def text(self, contents: Contents) -> str:
        """Return the settings that are asked for, with the kernel's value where nobody has changed it."""
        values = DEFAULTS | {entry.key: entry.value for entry in contents.entries(self)}
        return "".join(f"{SysctlEntry(key, values[key])}\n" for key in DEFAULTS)


FORWARD = "net.ipv4.ip_forward"
"""Whether the machine forwards, also called ``net.ipv4.conf.all.forwarding``."""
FORWARDING = re.compile(r"net\.ipv4\.conf\.(.+)\.forwarding")
"""Whether it forwards what comes in by a device."""
BELIEVES = "net.ipv4.conf.all.accept_redirects"
"""Whether redirects are believed: usually where the machine does not forward."""
NUMBER = re.compile(r"-?[0-9]{1,10}")
OF_DEVICE = re.compile(r"net\.ipv4\.conf\.(.+)\.([^.]+)")
"""A setting of IPv4 for a device, or for ``all``."""
DEFAULTS = {
    "net.ipv4.ip_forward": "0",
    "net.ipv4.conf.all.rp_filter": "0",
    "net.bridge.bridge-nf-call-iptables": "1",
}
"""The settings that are recorded in every namespace, with the kernel's values."""
SECOND_FAMILY = {
    "net.ipv6.conf.all.forwarding": "0",
    "net.ipv6.conf.all.hop_limit": "64",
    "net.bridge.bridge-nf-call-ip6tables": "1",
}
"""The settings of IPv6 that the data path reads, where a cluster has it."""
MACHINE = DEFAULTS | {
    "net.ipv4.icmp_echo_ignore_all": "0",
    "net.ipv4.icmp_echo_ignore_broadcasts": "1",
    "net.ipv4.ip_default_ttl": "64",
}
"""The settings of a whole machine that the data path reads, with the kernel's values."""
DEVICE = {
    "accept_local": "0",
    "accept_redirects": "1",
    "arp_accept": "0",
    "arp_announce": "0",
    "arp_filter": "0",
    "arp_ignore": "0",
    "forwarding": "0",
    "proxy_arp": "0",
    "route_localnet": "0",
    "rp_filter": "0",
    "secure_redirects": "1",
    "send_redirects": "1",
    "shared_media": "1",
    "src_valid_mark": "0",
}
"""The settings of a device that the data path reads, with the kernel's values (``ipv4_devconf``)."""


EVERY = "net.ipv4.ip_default_ttl"
"""A recording that tells this one tells all of a machine, and those of a device that somebody has changed."""


def is_read(key: str) -> bool:
    """Say whether the data path asks for a setting."""
    of_device = OF_DEVICE.fullmatch(key)
    return of_device[2] in DEVICE if of_device else key in MACHINE


def usual_value(key: str) -> str:
    """Return the kernel's value of a setting that nobody has changed."""
    of_device = OF_DEVICE.fullmatch(key)
    return DEVICE.get(of_device[2], "0") if of_device else (MACHINE | SECOND_FAMILY).get(key, "0")


SETTINGS = SysctlTable(
    "sysctl",
    "sysctl -a",
    (SysctlEntry,),
    rank=200,
    files={"sysctl.txt": ("sysctl", *DEFAULTS)},
    hidden=True,
    usual=True,
    chances=2,
)
