"""Devices that stand on others: what is sent by one goes out by the device below, and what comes in below comes up.

A VLAN's device stands on the card whose frames it tags, a bond on its ports, a macvlan or an ipvlan on a card that may
be in another namespace.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from packetwalk.capture.recording import Place, Recording

ON_LINK = ("vlan", "macvlan", "ipvlan", "macvtap")
"""Kinds whose ``link`` is the device below."""
ON_PORTS = ("bond", "team")
"""Kinds whose ports are below."""
KINDS = (*ON_LINK, *ON_PORTS)

End = tuple[str, str]  # namespace, device


class Standing(NamedTuple):
    """A device that stands on others: its kind, and the devices that may be below."""

    kind: str
    below: frozenset[End]


def standing(recording: Recording) -> Mapping[End, Standing]:
    """Return the devices that stand on others; a number names a device below that is in another namespace."""
    out: dict[End, Standing] = {}
    for place in recording.places:
        for each in place.printed("link.json"):
            kind, name = each.get("linkinfo", {}).get("info_kind"), each["ifname"]
            if kind in ON_LINK:
                below = _below(recording, place, each)
            elif kind in ON_PORTS:
                ports = (port for port in place.printed("link.json") if port.get("master") == name)
                below = frozenset((place.netns, port["ifname"]) for port in ports)
            else:
                continue
            out[place.netns, name] = Standing(kind, below)
    return out


def _below(recording: Recording, place: Place, printed: Mapping) -> frozenset[End]:
    if "link" in printed:
        return frozenset({(place.netns, printed["link"])})
    return frozenset(
        (other.netns, each["ifname"])
        for other in recording.places
        if other.node == place.node and other.netns != place.netns
        for each in other.printed("link.json")
        if each.get("ifindex") == printed.get("link_index", 0)
        and each.get("linkinfo", {}).get("info_kind") not in ON_LINK
    )
