"""``ethtool -i`` (6.1): the driver of a device."""

from __future__ import annotations

from packetwalk.shell import devices
from packetwalk.shell.terminal import Failure, Terminal, Unknown

DRIVERS = {"veth": ("veth", "1.0", "yes"), "vxlan": ("vxlan", "0.1", "no"), "bridge": ("bridge", "2.3", "no")}
"""By kind: name, version, whether it has statistics of its own."""


def run(terminal: Terminal, arguments: list[str]) -> str:
    """Print who drives a device."""
    if len(arguments) != 2 or arguments[0] not in ("-i", "--driver"):
        raise Unknown("ethtool", " ".join(arguments), "-i DEVICE")
    link = terminal.ns.links.get(arguments[1])
    if link is None:
        raise Failure("Cannot get driver information: No such device", 71)
    if devices.kind(link) not in DRIVERS:
        raise Unknown("ethtool", f"-i {link.ifname}", f"devices of kind {', '.join(DRIVERS)}")
    name, version, statistics = DRIVERS[devices.kind(link)]
    bus = "N/A" if link.kind == "bridge" else ""
    firmware = "N/A" if link.kind == "bridge" else ""
    return (
        f"driver: {name}\nversion: {version}\nfirmware-version: {firmware}\nexpansion-rom-version: \n"
        f"bus-info: {bus}\nsupports-statistics: {statistics}\nsupports-test: no\n"
        "supports-eeprom-access: no\nsupports-register-dump: no\nsupports-priv-flags: no\n"
    )


PROGRAMS = {"ethtool": run}
