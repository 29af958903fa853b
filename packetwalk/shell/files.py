"""``cat`` and ``ls`` of what the kernel shows of the network: settings, devices, routes, neighbours."""

from __future__ import annotations

from collections.abc import Callable

from packetwalk.capture.output import Output
from packetwalk.shell import devices, settings
from packetwalk.shell.options import read
from packetwalk.shell.terminal import Terminal, Unknown
from packetwalk.shell.words import prefix
from packetwalk.tables import LinkEntry
from packetwalk.tables.neighbour import NEIGHBOURS
from packetwalk.tables.route import ROUTES
from packetwalk.wire.address import ipv4_to_int

UP, GATEWAY, HOST, REJECT = 1, 2, 4, 0x200
ROUTE_HEAD = "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT"
WIDTH = 127  # of a line of /proc/net/route
KNOWN = "/proc/sys/net, /proc/net/route, /proc/net/arp, /sys/class/net"


def _little(number: int) -> str:
    """Return an address as the kernel prints one of the network's byte order."""
    return f"{int.from_bytes(number.to_bytes(4), 'little'):08X}"


def _routes(terminal: Terminal) -> str:
    """``fib_route_seq_show``: the main table."""
    lines = [ROUTE_HEAD]
    for route in terminal.entries(ROUTES):
        if route.table != "main":
            continue
        dst = prefix(route.dst)
        flags = UP | (GATEWAY if route.gateway else 0) | (HOST if dst.length == 32 else 0)
        flags |= REJECT if route.type in ("unreachable", "prohibit") else 0
        gateway = _little(ipv4_to_int(route.gateway)) if route.gateway else "00000000"
        lines.append(
            f"{route.dev or '*'}\t{_little(dst.base)}\t{gateway}\t{flags:04X}\t0\t0\t{route.metric}\t"
            f"{_little(dst.mask)}\t0\t0\t0"
        )
    return "".join(f"{line:<{WIDTH}}\n" for line in lines)


def _arp(terminal: Terminal) -> str:
    """``arp_seq_show``: neighbours but those without ARP."""
    out = "IP address       HW type     Flags       HW address            Mask     Device\n"
    for entry in terminal.entries(NEIGHBOURS):
        flags = 0 if entry.lladdr is None else 6 if entry.state == "PERMANENT" else 2
        address = entry.lladdr or "00:00:00:00:00:00"
        out += f"{entry.dst:<16} 0x{1:<10x}0x{flags:<10x}{address:<17}     *        {entry.dev}\n"
    return out


def _device(terminal: Terminal, link: LinkEntry) -> dict[str, str]:
    """Return the files of a device below ``/sys/class/net``."""
    number = devices.numbers(terminal.ns)[link.ifname]
    end = devices.other_end(terminal, link)
    here = devices.numbers(terminal.ns)
    lower = end if isinstance(end, int) else here.get(str(end), number)
    told = devices.described(terminal, link, mode=False)
    return {
        "address": told.get("address", ""),
        "ifindex": str(number),
        "iflink": str(here.get(link.link or "", lower)),
        "mtu": str(link.mtu),
        "operstate": told["operstate"].lower(),
        "carrier": "1",
        "tx_queue_len": str(told["txqlen"]),
    }


WHOLE: dict[str, Callable[[Terminal], str]] = {"/proc/net/route": _routes, "/proc/net/arp": _arp}


def content(terminal: Terminal, path: str) -> str | None:
    """Return the text of a file, or None where the kernel has none of that name; Unknown elsewhere."""
    if path in WHOLE:
        return WHOLE[path](terminal)
    parts = tuple(part for part in path.split("/") if part)
    if parts[:3] == ("proc", "sys", "net"):
        value = settings.every(terminal).get(parts[2:])
        if value is None and terminal.ns.name and _unsure(terminal, parts[2:]):
            raise Unknown("cat", path, KNOWN)
        return None if value is None else f"{value}\n"
    if parts[:3] == ("sys", "class", "net") and len(parts) == 5:
        link = terminal.ns.links.get(parts[3])
        if link is None:
            return None
        files = _device(terminal, link)
        if parts[4] not in files:
            raise Unknown("cat", path, f"{', '.join(files)} of a device")
        return f"{files[parts[4]]}\n"
    raise Unknown("cat", path, KNOWN)


def _unsure(terminal: Terminal, path: tuple[str, ...]) -> bool:
    """Say whether a kernel may have a setting that is not known here."""
    groups = ("ipv4", "ipv6", "netfilter", "core", "unix")
    return len(path) == 3 and path[1] in groups and settings.may_be(path)


def cat(terminal: Terminal, arguments: list[str]) -> Output:
    """Print files, or what another program printed."""
    _, words = read("cat", arguments, "u", "", {}, 1)
    if not words:
        return Output(terminal.text)
    out = errors = ""
    for path in words:
        text = terminal.text if path == "-" else content(terminal, path)
        if text is None:
            errors += f"cat: {path}: No such file or directory\n"
        else:
            out += text
    return Output(errors + out, 1 if errors else 0, errors=len(errors))


def ls(terminal: Terminal, arguments: list[str]) -> str:
    """List the devices, or the settings of a folder."""
    _, words = read("ls", arguments, "1", "", {}, 2)
    if len(words) != 1:
        raise Unknown("ls", " ".join(arguments), "/sys/class/net, folders of /proc/sys/net/ipv4/conf")
    parts = tuple(part for part in words[0].split("/") if part)
    if parts == ("sys", "class", "net"):
        names = list(terminal.ns.links)
    elif parts[:5] == ("proc", "sys", "net", "ipv4", "conf"):
        below = [path for path in settings.every(terminal) if path[: len(parts) - 2] == parts[2:]]
        names = list(dict.fromkeys(path[len(parts) - 2] for path in below if len(path) > len(parts) - 2))
    else:
        raise Unknown("ls", words[0], "/sys/class/net, folders of /proc/sys/net/ipv4/conf")
    return "".join(f"{name}\n" for name in sorted(names))


PROGRAMS = {"cat": cat, "ls": ls}
