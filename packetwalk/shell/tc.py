"""``tc qdisc show`` (iproute2 6.1): no device of a cluster has a queue of its own."""

from __future__ import annotations

from packetwalk.shell import devices
from packetwalk.shell.terminal import Terminal, Unknown
from packetwalk.shell.words import Words, chosen


def run(terminal: Terminal, arguments: list[str]) -> str:
    """Print the queueing disciplines."""
    words = Words(arguments)
    if chosen(words.next() if words else "", ("qdisc",)) is None:
        raise Unknown("tc", " ".join(arguments), "qdisc show, qdisc show dev DEVICE")
    command = words.next() if words else "show"
    if chosen(command, ("show", "list", "ls")) is None:
        raise Unknown("tc qdisc", command, "show")
    dev = None
    while words:
        word = words.next()
        if word != "dev":
            raise Unknown("tc qdisc show", word, "dev DEVICE")
        dev = terminal.link(words.next(), 'Cannot find device "{}"', 1).ifname
    found = [link for link in devices.every(terminal) if dev in (None, link.ifname)]
    if any(link.kind in ("tun", "wireguard", "ipip", "openvswitch") for link in found):
        raise Unknown("tc", "the queue of a tunnel", "devices of kind veth, bridge, vxlan")
    return "".join(
        f"qdisc noqueue 0: {f'dev {link.ifname} ' if dev is None else ''}root refcnt 2 \n" for link in found
    )


PROGRAMS = {"tc": run}
