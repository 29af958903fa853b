"""The Open vSwitch datapath of the kernel, as Weave Net's fast datapath uses it: flows, no bridge.

Mirrors ``ovs_dp_process_packet`` (a flow decides, a miss goes up to user space) and ``vxlan`` ports with
tunnel metadata; the program above is weaver (weave router/fastdp.go), not ovs-vswitchd.  The network
number is ``destination's short ID << 12 | source's`` (``tunnelIDFor``), so that it tells who sent a frame to
whom, and differs in the two directions.
"""

from __future__ import annotations

from collections.abc import Collection

from packetwalk import wire
from packetwalk.datapath import ecn, ip, link, mesh
from packetwalk.datapath.devices import weaver
from packetwalk.datapath.devices.vxlan import ETHERNET, HEADERS, source_port
from packetwalk.datapath.mesh import Hop, Mesh
from packetwalk.datapath.netns import Netns
from packetwalk.datapath.run import Run, Skb
from packetwalk.tables import FlowEntry, LinkEntry, TunnelKey
from packetwalk.tables.openvswitch import FLOWS

KIND, LAYER2, PROTOCOL = "openvswitch", True, 17
PORT, DEVICE, VPORT = 6784, "datapath", "vxlan-6784"


def take(run: Run, ns: Netns, skb: Skb, dev: str) -> None:
    """Take a frame that came in by a port of the datapath."""
    process(run, ns, skb, dev, None)


def send(run: Run, ns: Netns, skb: Skb, device: LinkEntry) -> None:
    """Take a frame from the machine itself, by the datapath's own interface (nobody has an address there)."""
    process(run, ns, skb, device.ifname, None)


def ports(ns: Netns) -> Collection[int]:
    """Return the port of the datapath's VXLAN."""
    return (PORT,) if VPORT in ns.links else ()


def receive(run: Run, ns: Netns, skb: Skb, dev: str) -> bool:
    """Unwrap a datagram for the VXLAN port; False when there is none or this is another's."""
    at = skb.at
    udp = skb.stack[at + 1]
    if VPORT not in ns.links or not isinstance(udp, wire.Udp) or udp.dport != PORT:
        return False
    header = skb.stack[at + 2] if len(skb.stack) > at + 2 else None
    if not isinstance(header, wire.Vxlan):
        return False
    tunnel = TunnelKey(header.vni, skb.ip.src, skb.ip.dst)
    skb.hold(skb.stack[at + 3 :], 1)
    skb.forget()
    run.emit(ns, skb, "decap", VPORT, ns.links[VPORT], ("ovs-decap", f"{header.vni:#x}", HEADERS + ETHERNET))
    run.emit(ns, skb, "ingress", VPORT, ns.links[VPORT], ("unwrapped", VPORT))
    process(run, ns, skb, VPORT, tunnel)
    return True


def process(run: Run, ns: Netns, skb: Skb, in_port: str, tunnel: TunnelKey | None) -> None:
    """Find the flow for a frame and do what it says; without one ask weaver."""
    eth = skb.stack[0]
    key = (ns.name, FLOWS.name, in_port, tunnel, eth.src, eth.dst)
    flow = run.learnt.get(key)
    if flow is None and not run.cold and mesh.of(ns):
        flow = _made_before(run, ns, skb, in_port, tunnel)
    if isinstance(flow, FlowEntry):
        run.learnt[key] = flow
        run.emit(ns, skb, "fdb", DEVICE, flow, ("flow-hit", in_port))
        execute(run, ns, skb, flow)
        return
    if mesh.of(ns) is None:
        run.drop(ns, skb, DEVICE, ns.links[DEVICE], ("flow-unheard",))
        return
    run.emit(ns, skb, "fdb", DEVICE, ns.links[DEVICE], ("flow-miss", in_port))
    hops = _ask(run, ns, skb, tunnel)
    made = _flow(ns, skb, in_port, tunnel, hops) if _may_stay(run, ns, skb, tunnel, hops) else None
    if made and not (mesh.is_shortened(run, ns) and mesh.is_group(eth.dst)):
        run.learnt[key] = made
        run.emit(ns, skb, "fdb", DEVICE, made, ("flow-made",))
        execute(run, ns, skb, made)
    else:
        weaver.hand_out(run, ns, skb, hops)


def _made_before(run: Run, ns: Netns, skb: Skb, in_port: str, tunnel: TunnelKey | None) -> FlowEntry | None:
    """Return the flow that an earlier frame of a warm walk has made: the same question, unrecorded."""
    muted, run.muted = run.muted, True
    hops = _ask(run, ns, skb, tunnel)
    run.muted = muted
    return _flow(ns, skb, in_port, tunnel, hops) if _may_stay(run, ns, skb, tunnel, hops) else None


def _ask(run: Run, ns: Netns, skb: Skb, tunnel: TunnelKey | None) -> list[Hop]:
    """Let weaver decide (an upcall for a miss)."""
    if tunnel is None:
        return mesh.captured(run, ns, skb)
    node = mesh.of(ns)
    assert node is not None
    src, dst = (node.by_short_id.get(number) for number in (tunnel.vni & 0xFFF, tunnel.vni >> 12))
    if src is None or dst is None:
        run.drop(ns, skb, VPORT, None, ("no-short-id", f"{tunnel.vni:#x}"))
        return []
    return mesh.forwarded(run, ns, skb, src.name, dst.name)


def _may_stay(run: Run, ns: Netns, skb: Skb, tunnel: TunnelKey | None, hops: list[Hop]) -> bool:
    """Say whether a flow may be made: not when any copy goes by sleeve, nor for a MAC unknown here.

    A relay passes on what is for another peer and need not know the MAC.
    """
    mac = skb.stack[0].dst
    ours = tunnel is None or any(hop.connection is None for hop in hops)
    if ours and not mesh.is_group(mac) and mesh.place_of(run, ns, mac) is None:
        return False
    return bool(hops) and all(h.connection is None or h.connection.overlay == "fastdp" for h in hops)


def _flow(ns: Netns, skb: Skb, in_port: str, tunnel: TunnelKey | None, hops: list[Hop]) -> FlowEntry:
    """Return the flow for what weaver decided."""
    node, eth = mesh.of(ns), skb.stack[0]
    assert node is not None
    actions = tuple((VPORT, tunnel_for(node, hop)) if hop.connection else (node.device, None) for hop in hops)
    return FlowEntry(in_port, tunnel, eth.src, eth.dst, actions)


def tunnel_for(node: Mesh, hop: Hop) -> TunnelKey:
    """Return the tunnel key for a hop; a relay keeps the number and changes the addresses."""
    assert hop.connection is not None
    ids = [node.peers[name].short_id for name in (hop.dst, hop.src)]
    return TunnelKey(ids[0] << 12 | ids[1], hop.connection.local, hop.connection.remote)


def execute(run: Run, ns: Netns, skb: Skb, flow: FlowEntry) -> None:
    """Do the actions of a flow, on a copy each when there are several."""
    copies = [skb]
    if len(flow.actions) > 1:
        run.end(skb, "delivered")
        copies = [weaver.copy(run, skb) for _ in flow.actions]
    for each, (port, tunnel) in zip(copies, flow.actions, strict=True):
        if tunnel is None:
            link.transmit(run, ns, each, port)
        else:
            _wrap(run, ns, each, tunnel, flow)


def tunnel(run: Run, ns: Netns, skb: Skb, hop: Hop) -> None:
    """Send a frame that weaver holds over the fast datapath (``Execute``), without a flow."""
    node = mesh.of(ns)
    assert node is not None
    _wrap(run, ns, skb, tunnel_for(node, hop), None)


def _wrap(run: Run, ns: Netns, skb: Skb, tunnel: TunnelKey, flow: FlowEntry | None) -> None:
    """Wrap a frame and send it: TTL 64, DF set, no UDP checksum, whatever the inner packet says."""
    run.emit(ns, skb, "egress", VPORT, ns.links[VPORT], ("to-tunnel", VPORT))
    outer = wire.Ipv4(tunnel.src, tunnel.dst, 17, df=True, tos=ecn.outside(skb.ip))
    udp = wire.Udp(source_port(ns, skb), PORT, checksum=False)
    skb.hold((outer, udp, wire.Vxlan(tunnel.vni), *skb.stack), 0)
    skb.mark = 0
    skb.forget()
    run.emit(
        ns,
        skb,
        "encap",
        VPORT,
        flow or ns.links[VPORT],
        ("ovs-encap", f"{tunnel.vni:#x}", PORT, tunnel.src, tunnel.dst, HEADERS),
    )
    ip.originate(run, ns, skb, key="outer-route")
