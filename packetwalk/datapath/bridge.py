"""The Linux bridge: learn where a MAC was seen, send a frame to that port, or to all.

Mirrors ``br_handle_frame_finish``, ``br_flood`` and, when net.bridge.bridge-nf-call-iptables is 1,
``br_netfilter_hooks.c``: a bridged IPv4 frame visits the hooks PREROUTING, FORWARD and POSTROUTING
as if the bridge were a router, without losing time to live.
"""

from __future__ import annotations

from packetwalk import wire
from packetwalk.datapath import arp, hooks, ip, link
from packetwalk.datapath.netns import Netns
from packetwalk.datapath.run import Run, Skb
from packetwalk.tables import FdbEntry, LinkEntry
from packetwalk.tables.fdb import FORWARDING
from packetwalk.tables.neighbour import NEIGHBOURS

UP = ("up",)


def receive(run: Run, ns: Netns, skb: Skb, dev: str) -> None:
    """Take a frame that came in by a port of a bridge."""
    port, eth = ns.links[dev], skb.stack[0]
    name = port.master or ""
    learn(run, ns, name, eth.src, port.ifname)
    filtered = eth.type == 0x0800 and ns.filters_bridged
    if filtered:
        skb.bridged, skb.ports = True, (port.ifname, None)
        asked = skb.ip.dst
        if not ip.prerouting(run, ns, skb, name):
            return
        if skb.ip.dst != asked and redirected(run, ns, skb, name):
            return
    if eth.dst == arp.BROADCAST:
        flood(run, ns, skb, name, port, upwards=True)
        return
    entry = find(run, ns, name, skb.stack[0].dst)
    if entry is None:
        flood(run, ns, skb, name, port, upwards=False)
    elif entry.state == "permanent":
        run.emit(ns, skb, "fdb", name, entry, ("bridge-up", entry.mac))
        skb.frag_max_size = 0  # ip_rcv starts with an empty control block
        run.step(skb, ns.devices[name].ingress[UP])
        link.up(run, ns, skb, name)
    elif entry.ifname == port.ifname and not port.hairpin:
        run.drop(ns, skb, port.ifname, entry, ("same-port", entry.mac))
    else:
        run.emit(ns, skb, "fdb", name, entry, ("bridge-port", entry.mac, entry.ifname))
        skb.ports = (port.ifname, entry.ifname)
        if not filtered or (
            hooks.hook(run, ns, skb, "FORWARD", name, name)
            and hooks.hook(run, ns, skb, "POSTROUTING", None, name)
        ):
            out(run, ns, skb, entry.ifname)


def redirected(run: Run, ns: Netns, skb: Skb, name: str) -> bool:
    """Follow a destination that PREROUTING changed (``br_nf_pre_routing_finish``).

    To a host behind the same bridge the frame is bridged on, with the sender's MAC and all its
    time to live; a neighbour that is not known to be reachable is reached by the bridge's own
    interface, as the sender itself is (hairpin).  Else it is addressed to the bridge, so that the machine routes it.
    """
    route = ns.fib.lookup(skb.ip.dst, skb.mark)
    if route is None or route.dev != name or route.type != "unicast":
        skb.wear(skb.stack[0]._replace(dst=ns.links[name].address))
        return False
    ip.lookup(run, ns, skb, skb.ip.dst)
    sender, hop = skb.stack[0].src, route.gateway or skb.ip.dst
    before = run.learnt.get((ns.name, NEIGHBOURS.name, name, hop))
    neighbour = arp.resolve(run, ns, skb, name, hop)
    if neighbour.lladdr is None:
        run.drop(ns, skb, name, neighbour, ("neigh-failed", skb.ip.dst, name), "neighbor_unreachable")
        return True
    own = neighbour.lladdr == sender  # who asked for the bridge's MAC is known by that alone (STALE)
    reachable = not own if not run.cold else before is not None and before.state == "REACHABLE"
    source = sender if reachable else ns.links[name].address
    skb.wear(wire.Ethernet(neighbour.lladdr, source))
    run.emit(ns, skb, "neigh", name, neighbour, ("neigh", skb.ip.dst, neighbour.lladdr))
    if not reachable:
        run.step(skb, ns.devices[name].egress)
    entry = find(run, ns, name, neighbour.lladdr)
    skb.wear(skb.stack[0]._replace(src=sender))
    if entry is None:
        run.drop(ns, skb, name, None, ("unreachable", name))
        return True
    if entry.ifname == skb.ports[0] and not ns.links[entry.ifname].hairpin:
        run.drop(ns, skb, entry.ifname, entry, ("same-port", entry.mac))
        return True
    run.emit(ns, skb, "fdb", name, entry, ("bridge-port", entry.mac, entry.ifname))
    skb.ports = (skb.ports[0], entry.ifname)
    if hooks.hook(run, ns, skb, "FORWARD", name, name) and hooks.hook(
        run, ns, skb, "POSTROUTING", None, name
    ):
        out(run, ns, skb, entry.ifname)
    return True


def send(run: Run, ns: Netns, skb: Skb, name: str) -> None:
    """Take a frame from the machine itself (``br_dev_xmit``)."""
    mac = skb.stack[0].dst
    if mac == arp.BROADCAST:
        flood(run, ns, skb, name, None, upwards=False)
        return
    entry = find(run, ns, name, mac)
    if entry is None:
        flood(run, ns, skb, name, None, upwards=False)
        return
    run.emit(ns, skb, "fdb", name, entry, ("bridge-port", mac, entry.ifname))
    out(run, ns, skb, entry.ifname)


def out(run: Run, ns: Netns, skb: Skb, port: str) -> None:
    """Send a frame out of a port, unless it is longer than the port carries."""
    device = ns.links[port]
    if skb.gathered and skb.length > device.mtu:
        for part in ip.fragments(run, ns, skb, port, min(device.mtu, skb.gathered)):
            link.transmit(run, ns, part, port)
        return
    if skb.frame_length > ns.devices[port].longest:
        run.drop(ns, skb, port, device, ("not-forwardable", skb.frame_length, port, device.mtu))
        return
    link.transmit(run, ns, skb, port)


def learn(run: Run, ns: Netns, name: str, mac: str, port: str) -> None:
    """Note that ``mac`` was seen behind ``port``."""
    key = (ns.name, FORWARDING.name, name, mac)
    if (name, mac) not in ns.fdb and key not in run.learnt:
        run.learnt[key] = FdbEntry(mac, port, master=name)


def find(run: Run, ns: Netns, name: str, mac: str) -> FdbEntry | None:
    """Return the entry for ``mac``: written down, or learnt."""
    return ns.fdb.get((name, mac)) or run.learnt.get((ns.name, FORWARDING.name, name, mac))


def flood(run: Run, ns: Netns, skb: Skb, name: str, port: LinkEntry | None, *, upwards: bool) -> None:
    """Send copies to all ports (back to the sender's only with hairpin), and up if asked.

    The bridge keeps its ports newest first (``new_nbp``).
    """
    ports = [p for p in reversed(ns.ports[name]) if port is None or p.ifname != port.ifname or p.hairpin]
    names = ", ".join([p.ifname for p in ports] + ([name] if upwards else []))
    run.emit(ns, skb, "fdb", name, None, ("bridge-flood", skb.stack[0].dst, names))
    run.end(skb, "delivered")
    for each in ports:
        copy = _copy(run, skb)
        out(run, ns, copy, each.ifname)
    if upwards:
        copy = _copy(run, skb)
        run.step(copy, ns.devices[name].ingress[UP])
        link.up(run, ns, copy, name)


def _copy(run: Run, skb: Skb) -> Skb:
    copy = Skb(run.flight("copy", skb.flight.flow, run.here(skb)), skb.stack, skb.at)
    copy.mark = skb.mark
    return copy
