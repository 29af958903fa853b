"""Devices of a plan in a namespace: by kind, what is done when, and what stands in for them."""

from __future__ import annotations

from packetwalk.lab.kernel.site import Site
from packetwalk.tables import LinkEntry

Commands = list[list[str]]


class Maker:
    """How most kinds are made: with all other devices, and nothing afterwards."""

    def first(self, link: LinkEntry, namespace: Site) -> Commands:
        """Return the commands for the time when devices are made, NICs first.

        The kernel counts the namespaces behind devices as these come up.
        """
        return link.argv()

    def then(self, link: LinkEntry) -> Commands:
        """Return the commands for the time when all devices of all namespaces are there."""
        return []


class LoopbackMaker(Maker):
    """The loopback, which only has to come up."""

    def first(self, link: LinkEntry, namespace: Site) -> Commands:
        """Return nothing."""
        return []

    def then(self, link: LinkEntry) -> Commands:
        """Return what brings it up."""
        return link.argv()


class VethMaker(Maker):
    """A veth: the end whose command makes both, then the other one."""

    def first(self, link: LinkEntry, namespace: Site) -> Commands:
        """Return what makes both ends."""
        return link.argv() if link.creates else []

    def then(self, link: LinkEntry) -> Commands:
        """Return what the other end gets."""
        return [] if link.creates else link.argv()


class IpipMaker(Maker):
    """An IP-in-IP device: the kernel's own is not there where the module came after the namespace."""

    def first(self, link: LinkEntry, namespace: Site) -> Commands:
        """Return what makes it, the kernel's own too if need be."""
        missing = not link.local and link.ifname not in namespace.devices()
        return [*([["ip", "link", "add", link.ifname, "type", "ipip"]] if missing else []), *link.argv()]


class StandInMaker(Maker):
    """A TUN device in the place of another kind, for a program."""

    def first(self, link: LinkEntry, namespace: Site) -> Commands:
        """Return what makes it."""
        return [
            ["ip", "tuntap", "add", link.ifname, "mode", "tun"],
            ["ip", "link", "set", link.ifname, "mtu", str(link.mtu), "up"],
        ]


MAKERS = {"lo": LoopbackMaker(), "veth": VethMaker(), "ipip": IpipMaker()}
USUAL, PLAYED = Maker(), StandInMaker()


def maker(kind: str, played: bool) -> Maker:
    """Return how a kind of device is made, or what a program plays in its place."""
    return PLAYED if played else MAKERS.get(kind, USUAL)
