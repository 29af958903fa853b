"""The Linux bridge: learn where a MAC was seen, send a frame to that port, or to all.

Mirrors ``br_handle_frame_finish``, ``br_flood`` and, when net.bridge.bridge-nf-call-iptables is 1,
``br_netfilter_hooks.c``: a bridged IP frame visits the hooks PREROUTING, FORWARD and POSTROUTING
as if the bridge were a router, without losing time to live.
"""

from __future__ import annotations

from packetwalk import wire
from packetwalk.datapath import arp, hooks, ip, link, local, neighbour
from packetwalk.datapath.netns import IPV6, Netns
from packetwalk.datapath.run import Run, Skb
from packetwalk.tables import FdbEntry, LinkEntry
from packetwalk.tables.fdb import FORWARDING
from packetwalk.tables.neighbour import NEIGHBOURS
from packetwalk.wire.address import is_group_mac

UP = ("up",)
CONNECTED = (*neighbour.STAYING, "REACHABLE")
"""The states of a neighbour that needs no more asking (NUD_CONNECTED)."""
LEARNS = ("learning", "forwarding")
"""The states in which a port takes frames (IEEE 802.1D); one that only learns passes none on."""


def receive(run: Run, ns: Netns, skb: Skb, dev: str) -> None:
    """Take a frame that came in by a port of a bridge (``br_handle_frame``)."""
    port, eth = ns.links[dev], skb.stack[0]
    ns = ns.inet6 if eth.type == IPV6 else ns.inet
    name, state = port.master or "", run.fabric.port_state[ns.name, port.ifname]
    if state not in LEARNS:
        run.drop(ns, skb, dev, port, ("port-state", dev, state))
        return
    filtered = eth.type == ns.family.ethertype and ns.filters_bridged
    asked = skb.ip.dst if filtered else ""
    if filtered:
        skb.bridged, skb.ports = True, (port.ifname, None)
        if not ip.prerouting(run, ns, skb, name):
            return
    if port.learning:
        learn(run, ns, name, eth.src, port.ifname)
    if state != "forwarding":
        run.drop(ns, skb, dev, port, ("port-state", dev, state))
    elif not (filtered and skb.ip.dst != asked and redirected(run, ns, skb, name, port)):
        pass_on(run, ns, skb, name, port)


def pass_on(run: Run, ns: Netns, skb: Skb, name: str, port: LinkEntry) -> None:
    """Send a frame from a port on: up, to one port, or to all (``br_handle_frame_finish``)."""
    mac = skb.stack[0].dst
    if is_group_mac(mac):
        flood(run, ns, skb, name, port, upwards=True)
        return
    entry = find(run, ns, name, mac)
    if entry is None:
        flood(run, ns, skb, name, port, upwards=False)
    elif entry.state == "permanent":
        mine = mac == ns.links[name].address
        run.emit(ns, skb, "fdb", name, entry, ("bridge-up" if mine else "bridge-up-port", mac, entry.ifname))
        skb.frag_max_size = 0  # ip_rcv starts with an empty control block
        run.step(skb, ns.devices[name].ingress[UP])
        link.up(run, ns, skb, name, port.address)
    elif note := _undelivered(run, ns, port, ns.links[entry.ifname], mac):
        run.drop(ns, skb, port.ifname, entry, note)
    else:
        run.emit(ns, skb, "fdb", name, entry, ("bridge-port", mac, entry.ifname))
        _forward(run, ns, skb, name, port, entry.ifname)


def _forward(run: Run, ns: Netns, skb: Skb, name: str, port: LinkEntry | None, to: str) -> None:
    """Take a frame from one port to another, through the hooks of ``br_netfilter`` (``__br_forward``)."""
    if port is not None and skb.bridged:
        skb.ports = (port.ifname, to)
        if not hooks.hook(run, ns, skb, "FORWARD", name, name):
            return
        if not hooks.hook(run, ns, skb, "POSTROUTING", None, name):
            return
    out(run, ns, skb, to)


def _undelivered(run: Run, ns: Netns, port: LinkEntry | None, to: LinkEntry, mac: str) -> tuple | None:
    """Return why a frame does not leave by a port (``should_deliver``); None when it does."""
    if port is not None and port.ifname == to.ifname and not to.hairpin:
        return "same-port", mac
    state = run.fabric.port_state[ns.name, to.ifname]
    if state != "forwarding":
        return "port-state", to.ifname, state
    if port is not None and port.isolated and to.isolated:
        return "isolated", port.ifname, to.ifname
    return None


def redirected(run: Run, ns: Netns, skb: Skb, name: str, port: LinkEntry) -> bool:
    """Follow a destination that PREROUTING changed (``br_nf_pre_routing_finish``).

    To a host behind the same bridge the frame is bridged on, with the sender's MAC and all its
    time to live; a neighbour that is not known to be reachable is reached by the bridge's own
    interface, as the sender itself is (hairpin).  Else it is addressed to the bridge, so that the machine routes it.
    """
    if note := ns.martians[skb.ip.src, skb.ip.dst, name]:
        run.drop(ns, skb, name, None, note)
        return True
    route = ns.fib.lookup(skb.ip.dst, skb.mark, skb.ip.src, name)
    if route is not None and not ip.believed(
        run, ns, skb, name, route.dev if route.type == "unicast" else None
    ):
        return True
    if route is None or route.dev != name or route.type != "unicast" or not ns.forwards(name):
        skb.wear(skb.stack[0]._replace(dst=ns.links[name].address))
        return False
    ip.lookup(run, ns, skb, skb.ip.dst, came=name)
    sender, hop = skb.stack[0].src, route.gateway or skb.ip.dst
    before = run.learnt.get((ns.name, NEIGHBOURS.name, name, hop))
    found = neighbour.resolve(run, ns, skb, name, hop)
    if found.lladdr is None:
        run.drop(ns, skb, name, found, ("neigh-failed", skb.ip.dst, name), "neighbor_unreachable")
        local.send_error(run, ns, skb, 3, 1)
        return True
    if found == ns.neighs.get((name, hop)):  # somebody wrote it down
        reachable = found.state in CONNECTED
    elif run.cold:
        reachable = before is not None and before.state == "REACHABLE"
    else:  # who asked for the bridge's MAC is known by that alone (STALE)
        reachable = run.met.get((ns.name, name, hop), found.lladdr != sender)
    source = sender if reachable else ns.links[name].address
    skb.wear(wire.Ethernet(found.lladdr, source, ns.family.ethertype))
    run.emit(ns, skb, "neigh", name, found, ("neigh", skb.ip.dst, found.lladdr))
    if not reachable:
        run.step(skb, ns.devices[name].egress)
    skb.wear(skb.stack[0]._replace(src=sender))
    pass_on(run, ns, skb, name, port)
    return True


def send(run: Run, ns: Netns, skb: Skb, name: str) -> None:
    """Take a frame from the machine itself (``br_dev_xmit``)."""
    mac = skb.stack[0].dst
    entry = None if is_group_mac(mac) else find(run, ns, name, mac)
    if entry is None:
        flood(run, ns, skb, name, None, upwards=False)
    elif entry.ifname == name:
        run.drop(ns, skb, name, entry, ("bridge-itself", mac))
    elif note := _undelivered(run, ns, None, ns.links[entry.ifname], mac):
        run.drop(ns, skb, entry.ifname, entry, note)
    else:
        run.emit(ns, skb, "fdb", name, entry, ("bridge-port", mac, entry.ifname))
        out(run, ns, skb, entry.ifname)


def out(run: Run, ns: Netns, skb: Skb, port: str) -> None:
    """Send a frame out of a port; what was gathered on its way in leaves in fragments (``br_nf_dev_queue_xmit``).

    They are cut by the bridge's MTU, and if that is less than they came with, there are none (``br_nf_ip_fragment``).
    """
    device = ns.links[port]
    if not (skb.gathered and skb.length > device.mtu):
        _push(run, ns, skb, port)
        return
    bridge = ns.links[device.master or ""]
    if skb.bridged and skb.gathered > bridge.mtu:
        note = "fragments-too-long", skb.gathered, bridge.ifname, bridge.mtu
        run.drop(ns, skb, port, bridge, note)
        return
    for part in ip.fragments(run, ns, skb, port, min(bridge.mtu, skb.gathered)):
        _push(run, ns, part, port)


def _push(run: Run, ns: Netns, skb: Skb, port: str) -> None:
    """Hand a frame to a port, unless it is longer than the port carries (``br_dev_queue_push_xmit``)."""
    device = ns.links[port]
    if skb.frame_length > ns.devices[port].longest:
        run.drop(ns, skb, port, device, ("not-forwardable", skb.frame_length, port, device.mtu))
        return
    link.transmit(run, ns, skb, port)
    skb.refused = False  # nobody asks what the port said


def learn(run: Run, ns: Netns, name: str, mac: str, port: str) -> None:
    """Note that ``mac`` was seen behind ``port`` (``br_fdb_update``); a static entry moves too, an own MAC does not."""
    written = ns.fdb.get((name, mac))
    if written is not None and written.state == "permanent":
        return
    key = (ns.name, FORWARDING.name, name, mac)
    known = run.learnt.get(key) or written
    if known is None:
        run.learnt[key] = FdbEntry(mac, port, master=name)
    elif known.ifname != port:
        run.learnt[key] = known._replace(ifname=port)


def find(run: Run, ns: Netns, name: str, mac: str) -> FdbEntry | None:
    """Return the entry for ``mac``: where it was seen last, else as it was written down."""
    return run.learnt.get((ns.name, FORWARDING.name, name, mac)) or ns.fdb.get((name, mac))


def flood(run: Run, ns: Netns, skb: Skb, name: str, port: LinkEntry | None, *, upwards: bool) -> None:
    """Send copies to all ports (back to the sender's only with hairpin), and up if asked (``br_flood``).

    The bridge keeps its ports newest first (``new_nbp``).
    """
    mac = skb.stack[0].dst
    ports = [each for each in reversed(ns.ports[name]) if _flooded(run, ns, port, each, mac)]
    names = ", ".join([p.ifname for p in ports] + ([name] if upwards else []))
    run.emit(ns, skb, "fdb", name, None, ("bridge-flood", mac, names) if names else ("bridge-nowhere", mac))
    run.end(skb, "delivered" if names else "dropped")
    for each in ports:
        _forward(run, ns, _copy(run, skb), name, port, each.ifname)
    if upwards:
        copy = _copy(run, skb)
        run.step(copy, ns.devices[name].ingress[UP])
        link.up(run, ns, copy, name)


def _flooded(run: Run, ns: Netns, port: LinkEntry | None, to: LinkEntry, mac: str) -> bool:
    """Say whether a copy goes out of a port; its flags do not count for groups that the machine itself speaks to."""
    if _undelivered(run, ns, port, to, mac):
        return False
    if not is_group_mac(mac):
        return to.flood
    return port is None or (to.bcast_flood if mac == arp.BROADCAST else to.mcast_flood)


def _copy(run: Run, skb: Skb) -> Skb:
    copy = Skb(run.flight("copy", skb.flight.flow, run.here(skb)), skb.stack, skb.at)
    copy.mark, copy.bridged, copy.ports, copy.gathered = skb.mark, skb.bridged, skb.ports, skb.gathered
    copy.pieces, copy.unwrapped = skb.pieces, skb.unwrapped
    copy.conn, copy.ctinfo, copy.original = skb.conn, skb.ctinfo, skb.original
    return copy
