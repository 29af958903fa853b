"""Devices as text: ``ip -d link``, or busybox's ``ip link`` with what /sys/class/net says of them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from packetwalk.tables.table import Files
from packetwalk.tables.text.words import pairs, unread

TEXTS = ("link.txt", "device.txt")
HEADING = re.compile(
    r"(?P<ifindex>\d+): (?P<ifname>\S+?)(?:@(?P<other>\S+))?: <(?P<flags>\S*)> mtu (?P<mtu>\d+)(?P<rest>.*)"
)
NOT_A_KIND = ("alias", "altname", "vf", "RX:", "TX:", "prog/xdp", "link", "promiscuity")
"""What else stands at the start of a line below a device."""
PORT = {"state": "state", "hairpin": "hairpin", "learning": "learning", "flood": "flood"}
PORT |= {name: name for name in ("mcast_flood", "bcast_flood", "isolated")}
"""What ``bridge -d link`` says of a port, in the words of ``ip -d link``."""
FILES = {"hairpin_mode": "hairpin", "unicast_flood": "flood", "multicast_flood": "mcast_flood"}
FILES |= {"broadcast_flood": "bcast_flood", "learning": "learning", "isolated": "isolated"}
"""The same, by the name of the file in ``brport``."""
STATES = ("disabled", "listening", "learning", "forwarding", "blocking")
ETHERNET, LOOPBACK, IPIP, GRE = "1", "772", "768", "778"
"""Hardware types (``if_arp.h``)."""


def heading(line: str) -> dict[str, str] | None:
    """Return what the first line of a device says, by name; None for the lines below it."""
    found = HEADING.fullmatch(line.rstrip()) if line[:1].isdigit() else None
    if line[:1].isdigit() and found is None:
        raise unread("ip link", line)
    return {name: text for name, text in found.groupdict().items() if text} if found else None


def objects(texts: Files) -> dict[str, list[dict[str, Any]]]:
    """Return the devices and the ports of bridges as ``ip -j -d link`` and ``bridge -j -d link`` print them.

    What a device's kind has of its own only ``ip -d`` tells; to which of two namespaces the number of a veth's other
    end belongs, busybox does not tell.
    """
    known = _by_device(texts.get("device.txt", ""))
    links: list[dict[str, Any]] = []
    ports: list[dict[str, Any]] = []
    for head, below in _blocks(texts["link.txt"]):
        link = _link(head, below)
        facts = known.get(link["ifname"], {})
        if facts and "linkinfo" not in link:
            link = _by_facts(link, facts)
        links.append(link)
        words = next((line.split() for line in below if line.split()[:1] == ["bridge_slave"]), [])
        port = _port(pairs(words, PORT)) or _port(_of_files(facts))
        if port:
            ports.append({"ifname": link["ifname"], "flags": link["flags"], **port})
    return {"link.json": links, **({"port.json": ports} if ports or known else {})}


def _blocks(text: str) -> Iterable[tuple[dict[str, str], list[str]]]:
    """Return each device's first line and those below it."""
    out: list[tuple[dict[str, str], list[str]]] = []
    for line in text.splitlines():
        if head := heading(line):
            out.append((head, []))
        elif line.strip():
            if not out or not line[:1].isspace():
                raise unread("ip link", line)
            out[-1][1].append(line)
    return out


def _link(head: Mapping[str, str], below: Iterable[str]) -> dict[str, Any]:
    out: dict[str, Any] = {"ifindex": int(head["ifindex"]), "ifname": head["ifname"]}
    other = head.get("other", "")
    if re.fullmatch(r"if\d+", other):
        out["link_index"] = int(other[2:])
    elif other and other != "NONE":
        out["link"] = other
    out |= {"flags": head["flags"].split(","), "mtu": int(head["mtu"])}
    out |= pairs(head.get("rest", "").split(), {"master": "master"})
    for line in below:
        words = line.split()
        if words[0].startswith("link/"):
            out["link_type"] = words[0][len("link/") :]
            out |= {"address": words[1]} if words[1:] else {}
        elif words[0] not in NOT_A_KIND and not words[0].endswith("_slave") and "linkinfo" not in out:
            data = _data(words[0], words[1:])
            out["linkinfo"] = {"info_kind": words[0], **({"info_data": data} if data else {})}
    return out


def _data(kind: str, words: list[str]) -> dict[str, Any]:
    """Return ``info_data`` of the kinds of which the model knows more than the name."""
    if kind == "vxlan":
        found: dict[str, Any] = pairs(words, {"id": "id", "local": "local", "dev": "link", "dstport": "port"})
        numbers = {name: int(found[name]) for name in ("id", "port") if found.get(name, "").isdigit()}
        external = {"external": True} if "external" in words else {}
        return found | numbers | external | {"learning": "nolearning" not in words}
    return dict(pairs(words, {"remote": "remote", "local": "local"})) if kind == "ipip" else {}


def _by_device(text: str) -> dict[str, dict[str, str]]:
    """Return what /sys says, by device and file: lines ``DEVICE FILE VALUE``."""
    out: dict[str, dict[str, str]] = {}
    for line in text.splitlines():
        name, _, said = line.partition(" ")
        file, _, value = said.partition(" ")
        if file == "uevent":
            file, _, value = value.partition("=")
        out.setdefault(name, {})[file] = value
    return out


def _by_facts(link: dict[str, Any], facts: Mapping[str, str]) -> dict[str, Any]:
    """Return a device with its kind, and the number of its other end, as /sys tells them."""
    kind = _kind(link, facts)
    other = facts.get("iflink", "")
    if kind == "veth" and other.isdigit():
        link = {name: value for name, value in link.items() if name != "link"} | {"link_index": int(other)}
    return link | ({"linkinfo": {"info_kind": kind}} if kind else {})


def _kind(link: Mapping[str, Any], facts: Mapping[str, str]) -> str:
    """Return the kind: most say it themselves; a veth names its other end by number, a dummy asks no ARP."""
    hardware = facts.get("type", "")
    if "DEVTYPE" in facts:
        return facts["DEVTYPE"]
    if "tun_flags" in facts:
        return "tun"
    if hardware in (IPIP, GRE):
        return {IPIP: "ipip", GRE: "gre"}[hardware]
    if hardware == ETHERNET and "NOARP" in link["flags"]:
        return "dummy"
    if hardware == ETHERNET and facts.get("iflink", facts.get("IFINDEX")) != facts.get("IFINDEX"):
        return "veth"
    return "" if hardware in (ETHERNET, LOOPBACK) else "unknown"


def _of_files(facts: Mapping[str, str]) -> dict[str, str]:
    out = {name: facts[f"brport/{file}"] for file, name in FILES.items() if f"brport/{file}" in facts}
    state = facts.get("brport/state", "")
    return out | ({"state": STATES[int(state)]} if state.isdigit() and int(state) < len(STATES) else {})


def _port(said: Mapping[str, str]) -> dict[str, Any]:
    return {name: value if name == "state" else value in ("on", "1") for name, value in said.items()}
