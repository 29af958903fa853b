"""What ``ip -d`` adds to a device, with the kernel's defaults (Linux 6.18), and what ``ip -s`` has counted."""

from __future__ import annotations

from packetwalk.shell import devices
from packetwalk.shell.terminal import Terminal, Unknown
from packetwalk.tables import LinkEntry

KNOWN = ("lo", "veth", "eth", "bridge", "vxlan")
SEGMENTS = "gso_max_size 65536 gso_max_segs 65535 tso_max_size 524280 tso_max_segs 65535 gro_max_size 65536 "
BRIDGE = (
    "forward_delay 1500 hello_time 200 max_age 2000 ageing_time 30000 stp_state 0 priority 32768 vlan_filtering 0 "
    "bridge_id {id} designated_root {id} root_port 0 root_path_cost 0 topology_change 0 "
    "topology_change_detected 0 hello_timer    0.00 tcn_timer    0.00 topology_change_timer    0.00 "
    "gc_timer    0.00 group_fwd_mask 0 group_address 01:80:c2:00:00:00 mcast_snooping 1 no_linklocal_learn 0 "
    "mcast_vlan_snooping 0 mcast_router 1 mcast_query_use_ifaddr 0 mcast_querier 0 mcast_hash_elasticity 16 "
    "mcast_hash_max 4096 mcast_last_member_count 2 mcast_startup_query_count 2 mcast_last_member_interval 100 "
    "mcast_membership_interval 26000 mcast_querier_interval 25500 mcast_query_interval 12500 "
    "mcast_query_response_interval 1000 mcast_startup_query_interval 3124 mcast_stats_enabled 0 "
    "mcast_igmp_version 2 mcast_mld_version 1 nf_call_iptables 0 nf_call_ip6tables 0 nf_call_arptables 0 "
)
PORT = (
    "state {state} priority 32 cost 2 hairpin {hairpin} guard off root_block off fastleave off learning {learning} "
    "flood {flood} port_id 0x80{number:02x} port_no {number:#x} designated_port {designated} designated_cost 0 "
    "designated_bridge {id} designated_root {id} hold_timer    0.00 message_age_timer    0.00 "
    "forward_delay_timer    0.00 topology_change_ack 0 config_pending 0 proxy_arp off proxy_arp_wifi off "
    "mcast_router 1 mcast_fast_leave off mcast_flood {mcast_flood} bcast_flood {bcast_flood} mcast_to_unicast off neigh_suppress off "
    "group_fwd_mask 0 group_fwd_mask_str 0x0 vlan_tunnel off isolated {isolated} locked off "
)
COLUMNS = (10, 7, 6, 7, 7, 7, 7)


def details(terminal: Terminal, link: LinkEntry, *, families: bool = True) -> str:
    """Return what stands behind a device's second line; ``families`` is what ``ip link`` alone says of IPv6."""
    if link.kind not in KNOWN or (link.kind == "vxlan" and link.vni is None):
        raise Unknown("ip", f"-d of {link.ifname}", f"details of {', '.join(KNOWN)}")
    port = link.master is not None
    least, most = (0, 0) if link.kind == "lo" else (68, 65535)
    text = f" promiscuity {int(port)}  allmulti {int(port)} minmtu {least} maxmtu {most} "
    text += "\n" if link.kind != "lo" else ""
    text += {"lo": "", "bridge": "    bridge ", "vxlan": "    vxlan "}.get(link.kind, "    veth ")
    if link.kind == "vxlan":
        text += (
            f"id {link.vni} local {link.local} dev {link.link} srcport 0 0 dstport {link.port} nolearning ttl auto "
            "ageing 300 udpcsum noudp6zerocsumtx noudp6zerocsumrx "
        )
    elif link.kind == "bridge":
        text += BRIDGE.format(id=_bridge_id(link))
    if link.master:
        text += f"\n    bridge_slave {_port(terminal, link)}"
    return f"{text}{'addrgenmode eui64 ' if families else ''}numtxqueues 1 numrxqueues 1 {SEGMENTS}"


def _bridge_id(link: LinkEntry) -> str:
    """Return priority and MAC, the first bytes with their zeros, the others without (``br_dump_bridge_id``)."""
    return "8000." + ":".join(f"{int(part, 16):x}" for part in link.address.split(":"))


def _port(terminal: Terminal, link: LinkEntry) -> str:
    ports = [each.ifname for each in devices.every(terminal) if each.master == link.master]
    number = ports.index(link.ifname) + 1
    bridge = terminal.ns.links[str(link.master)]
    if bridge.kind != "bridge":
        raise Unknown("ip", f"-d of {link.ifname}", "ports of bridges")
    return PORT.format(
        **devices.switches(link),
        state=terminal.state.network.fabric.port_state[terminal.ns.name, link.ifname],
        number=number,
        designated=0x8000 + number,
        id=_bridge_id(bridge),
    )


def _counted(terminal: Terminal, link: LinkEntry) -> tuple[tuple[int, int], tuple[int, int]]:
    """Return bytes and frames, received and sent."""
    (received, received_bytes), (sent, sent_bytes) = terminal.state.counters.frames(
        terminal.name, link.ifname
    )
    return (received_bytes, received), (sent_bytes, sent)


def statistics(terminal: Terminal, link: LinkEntry, level: int) -> str:
    """Return what ``-s`` prints of a device: frames and bytes, as far as packets of commands have passed."""
    received, sent = _counted(terminal, link)
    rows = [
        ("RX", ("bytes", "packets", "errors", "dropped", "missed", "mcast"), received),
        ("RX errors", ("length", "crc", "frame", "fifo", "overrun"), None),
        ("TX", ("bytes", "packets", "errors", "dropped", "carrier", "collsns"), sent),
        ("TX errors", ("aborted", "fifo", "window", "heartbt", "transns"), None),
    ]
    widths = [max(width, len(str(received[n])), len(str(sent[n]))) for n, width in enumerate(COLUMNS[:2])]
    widths += COLUMNS[2:]
    out = ""
    for name, columns, counts in rows:
        if counts is None and level < 2:
            continue
        mine = widths[: len(columns)] if counts is not None else widths[1 : len(columns) + 1]
        start = f"    {name}:"
        first = f"{columns[0]:>{widths[0] - 4}}" if counts is not None else f"{columns[0]:>{mine[0]}}"
        titles = [first, *(f"{column:>{width}}" for column, width in zip(columns[1:], mine[1:], strict=True))]
        values = [*counts, *[0] * (len(columns) - len(counts))] if counts is not None else [0] * len(columns)
        blank = "" if counts is not None else " " * (widths[0] + 1)
        numbers = [f"{value:>{width}}" for value, width in zip(values, mine, strict=True)]
        out += f"{start} {' '.join(titles)}{' ' * 11 if counts is not None else ''}\n    {blank}{' '.join(numbers)} \n"
    return out
