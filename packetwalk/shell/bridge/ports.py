"""``bridge link``: the ports of bridges, and how they behave."""

from __future__ import annotations

from typing import Any

from packetwalk.shell import devices
from packetwalk.shell.ip.options import IpOptions
from packetwalk.shell.terminal import Failure, Terminal, Unknown
from packetwalk.shell.words import Words, chosen
from packetwalk.tables import LinkEntry

DETAILS = (
    "    hairpin {hairpin} guard off root_block off fastleave off learning {learning} flood {flood} "
    "mcast_flood {mcast_flood} bcast_flood {bcast_flood} mcast_router 1 mcast_to_unicast off neigh_suppress off "
    "vlan_tunnel off isolated {isolated} locked off \n"
)
SWITCHES = [
    "guard",
    "hairpin",
    "fastleave",
    "root_block",
    "learning",
    "learning_sync",
    "flood",
    "mcast_flood",
    "bcast_flood",
    "mcast_to_unicast",
    "neigh_suppress",
    "vlan_tunnel",
    "isolated",
    "locked",
]
STATES = ("disabled", "listening", "learning", "forwarding", "blocking")
KNOWN = f"state STATE; {', '.join(devices.PORT)}, each on|off"
OTHER = ("cost", "priority", "state", "mcast_router", "hwmode", "backup_port", "nobackup_port")


def run(terminal: Terminal, words: Words, options: IpOptions) -> str:
    """Run a command of ``bridge link``."""
    word = words.next() if words else "show"
    command = chosen(word, ("set", "change", "show", "lst", "list", "help"))
    if command is None:
        raise Failure(f'Command "{word}" is unknown, try "bridge link help".', 255)
    if command in ("set", "change"):
        return _set(terminal, words)
    if command == "help":
        raise Unknown("bridge link", command, f"show, set dev DEVICE; {KNOWN}")
    return _show(terminal, words, options)


def _show(terminal: Terminal, words: Words, options: IpOptions) -> str:
    dev = master = None
    while words:
        word = words.next()
        if word == "master":
            master = terminal.link(words.next(), code=255).ifname
        else:
            dev = terminal.link(words.next() if word == "dev" else word, code=255).ifname
    ports = [
        link
        for link in devices.every(terminal)
        if link.master
        and _bridge(terminal, link)
        and dev in (None, link.ifname)
        and master in (None, link.master)
    ]
    if options.json:
        return options.as_json([_json(terminal, link) for link in ports])
    return "".join(_text(terminal, link, options) for link in ports)


def _bridge(terminal: Terminal, link: LinkEntry) -> bool:
    return terminal.ns.links[str(link.master)].kind == "bridge"


def _end(terminal: Terminal, link: LinkEntry) -> str | None:
    """Return the other end's name: a number of another namespace is taken for one of this one."""
    end = devices.other_end(terminal, link)
    if not isinstance(end, int):
        return end
    names = {number: name for name, number in devices.numbers(terminal.ns).items()}
    return names.get(end, f"if{end}")


def _json(terminal: Terminal, link: LinkEntry) -> dict[str, Any]:
    out: dict[str, Any] = {"ifindex": devices.numbers(terminal.ns)[link.ifname]}
    end = _end(terminal, link)
    out |= {"link": end} if end else {}
    out |= {"ifname": link.ifname, "flags": devices.flags(terminal, link).split(","), "mtu": link.mtu}
    state = terminal.state.network.fabric.port_state[terminal.ns.name, link.ifname]
    return {**out, "master": link.master, "state": state, "priority": 32, "cost": 2}


def _text(terminal: Terminal, link: LinkEntry, options: IpOptions) -> str:
    told = _json(terminal, link)
    name = f"{link.ifname}@{told['link']}" if "link" in told else link.ifname
    text = (
        f"{told['ifindex']}: {name}: <{','.join(told['flags'])}> mtu {told['mtu']} master {told['master']} "
        f"state {told['state']} priority {told['priority']} cost {told['cost']} \n"
    )
    return text + (DETAILS.format(**devices.switches(link)) if options.details else "")


def _set(terminal: Terminal, words: Words) -> str:
    dev, state = "", None
    asked: dict[str, Any] = {}
    while words:
        word = words.next()
        if word == "dev":
            dev = words.next()
        elif word in ("self", "master"):
            continue
        elif word in SWITCHES:
            value = words.next()
            if value not in ("on", "off"):
                raise Failure(f'Error: argument of "{word}" must be one of "off", "on", not "{value}"', 234)
            if word not in devices.PORT:
                raise Unknown("bridge link set", word, KNOWN)
            asked[word] = value == "on"
        elif word == "state":
            state = _state(words.next())
        else:
            raise Unknown("bridge link set", word, KNOWN)
    if not dev:
        raise Failure("Device is a required argument.", 255)
    link = terminal.link(dev, 'Cannot find bridge device "{}"', 255)
    if not link.master or not _bridge(terminal, link):
        raise Failure("RTNETLINK answers: Operation not supported", 255)
    if state is not None:
        if state != "disabled" and not terminal.state.network.fabric.carrier[terminal.ns.name, link.ifname]:
            raise Failure("RTNETLINK answers: Network is down", 255)
        # without a spanning tree no port stays blocked (br_port_state_selection)
        asked["state"] = "forwarding" if state == "blocking" else state
    new = link._replace(**asked)
    if new != link:
        terminal.state.replace(terminal.name, link, new)
    return ""


def _state(text: str) -> str:
    if text.lower() in STATES:
        return text.lower()
    if not text.isdigit():
        raise Failure("Error: invalid STP port state", 255)
    if int(text) >= len(STATES):
        raise Failure("RTNETLINK answers: Invalid argument", 255)
    return STATES[int(text)]
