"""Settings with which every namespace begins: the kernel's own, and those without which other traffic would be there."""

from __future__ import annotations

from packetwalk.tables.sysctl import DEVICE, FORWARD

AS_NEW = {FORWARD: "0"} | {
    f"net.ipv4.conf.{dev}.{name}": value for dev in ("all", "default", "lo") for name, value in DEVICE.items()
}
"""The kernel's own values, written because a namespace begins with those of the host (``devinet_init_net``).

Docker, for one, lets a host forward.  ``ip_forward`` comes first: to change it resets others.
"""
QUIET = {  # no traffic but the packet's own; no ICMP error is held back, no connection forgotten
    "net.ipv6.conf.default.disable_ipv6": "1",
    "net.ipv4.icmp_ratelimit": "0",
    "net.ipv4.icmp_ratemask": "0",  # nor by icmp_msgs_per_sec, which before Linux 6.12 is the whole machine's
    "net.ipv4.igmp_link_local_mcast_reports": "0",
    "net.netfilter.nf_conntrack_tcp_timeout_close": "600",
    "net.netfilter.nf_conntrack_tcp_timeout_syn_sent": "600",
    "net.netfilter.nf_conntrack_tcp_timeout_syn_recv": "600",
    "net.netfilter.nf_conntrack_udp_timeout": "600",
}
SECOND_FAMILY = {  # IPv6 where a plan has it: nobody advertises, asks for routers or whether an address is free
    f"net.ipv6.conf.{where}.{name}": value
    for where in ("default", "lo")
    for name, value in {
        "disable_ipv6": "0",
        "accept_ra": "0",
        "accept_dad": "0",
        "router_solicitations": "0",
        "mldv2_unsolicited_report_interval": "1",
    }.items()
} | {"net.ipv6.conf.all.forwarding": "0", "net.ipv6.icmp.ratelimit": "0"}
OFFLOADS = (0x15, 0x17, 0x1F, 0x24, 0x2C)  # of ethtool: rx, tx checksums, TSO, GSO, GRO, all off
GET_LINK = 0x0A  # of ethtool (ETHTOOL_GLINK)
NEVER_OLD = {"base_reachable_time_ms": "3600000", "delay_first_probe_time": "3600"}
"""Settings of neighbours on a device: none grows old, and is asked for again."""
