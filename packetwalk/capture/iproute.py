"""What ``ip -j`` and ``bridge -j`` printed, as the entries of ``packetwalk.tables``.

Each function takes the parsed JSON of one command.  Members that the entries do not have (counters,
flags of the card, indexes) are left out; entries of IPv6 too.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from packetwalk.tables import AddrEntry, FdbEntry, LinkEntry, NeighEntry, RouteEntry

Objects = Iterable[Mapping[str, Any]]


def links(printed: Objects, ports: Objects = ()) -> list[LinkEntry]:
    """Read ``ip -j -d link``; ``ports`` is ``bridge -j -d link``, which alone knows hairpin."""
    hairpin = {port["ifname"] for port in ports if port.get("hairpin")}
    return [_link(each, each["ifname"] in hairpin) for each in printed]


def _link(printed: Mapping[str, Any], hairpin: bool) -> LinkEntry:
    info = printed.get("linkinfo", {})
    kind = info.get("info_kind", "lo" if printed["ifname"] == "lo" else "eth")
    data = info.get("info_data", {}) if kind in ("vxlan", "ipip") else {}
    local = data.get("local")
    return LinkEntry(
        printed["ifname"],
        kind,
        printed["mtu"],
        printed.get("address", "") if printed.get("link_type") != "ipip" else "",  # that is its IP address
        printed.get("master"),
        hairpin=hairpin,
        vni=None if data.get("external") else data.get("id"),
        local=None if local == "any" else local,
        link=data.get("link"),
        port=data.get("port"),
    )


def addresses(printed: Objects) -> list[AddrEntry]:
    """Read ``ip -j addr``, without the addresses of the loopback."""
    return [
        AddrEntry(link["ifname"], info["local"], info["prefixlen"])
        for link in printed
        for info in link["addr_info"]
        if info["family"] == "inet" and info["scope"] != "host"
    ]


def routes(printed: Objects) -> list[RouteEntry]:
    """Read ``ip -j route show table all``."""
    return [
        RouteEntry(
            route["dst"],
            route.get("dev", ""),
            route.get("gateway"),
            route.get("type", "unicast"),
            route.get("protocol"),
            route.get("scope"),
            route.get("prefsrc"),
            route.get("metric", 0),
            "onlink" in route.get("flags", ()),
            route.get("table", "main"),
            next((m["mtu"] for m in route.get("metrics", ()) if "mtu" in m), None),
        )
        for route in printed
        if ":" not in route["dst"]
    ]


def neighbours(printed: Objects) -> list[NeighEntry]:
    """Read ``ip -j neigh``."""
    return [
        NeighEntry(each["dst"], each["dev"], each.get("lladdr"), each["state"][0])
        for each in printed
        if ":" not in each["dst"]
    ]


def forwarding(printed: Objects) -> list[FdbEntry]:
    """Read ``bridge -j fdb``, multicast groups left out: only IPv6 and IGMP put them there.

    A kernel that can tell VLANs apart lists a port's MAC once more for each VLAN; it is one entry here.
    """
    entries = (
        FdbEntry(
            each["mac"],
            each["ifname"],
            each.get("dst"),
            each.get("master"),
            tuple(each.get("flags", ())),
            each.get("state", ""),
        )
        for each in printed
        if not int(each["mac"][:2], 16) & 1
    )
    return list(dict.fromkeys(entries))
