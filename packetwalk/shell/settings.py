"""Settings of a namespace as the kernel shows them below ``/proc/sys``: its own values, and what somebody has changed.

Those of the network are here that every machine has with the same value (Linux 6.18); what depends on a machine's
memory or on how its kernel was made is left out.
"""

from __future__ import annotations

import re

from packetwalk.shell import devices
from packetwalk.shell.terminal import Terminal, Unknown
from packetwalk.shell.tracked import tracked
from packetwalk.tables import SysctlEntry
from packetwalk.tables.sysctl import FORWARD, is_read

Path = tuple[str, ...]
CONF = (
    "accept_local=0 accept_redirects=1 accept_source_route=1 arp_accept=0 arp_announce=0 arp_evict_nocarrier=1 "
    "arp_filter=0 arp_ignore=0 arp_notify=0 bc_forwarding=0 bootp_relay=0 disable_policy=0 disable_xfrm=0 "
    "drop_gratuitous_arp=0 drop_unicast_in_l2_multicast=0 force_igmp_version=0 forwarding=0 "
    "igmpv2_unsolicited_report_interval=10000 igmpv3_unsolicited_report_interval=1000 "
    "ignore_routes_with_linkdown=0 log_martians=0 mc_forwarding=0 medium_id=0 promote_secondaries=0 proxy_arp=0 "
    "proxy_arp_pvlan=0 route_localnet=0 rp_filter=0 secure_redirects=1 send_redirects=1 shared_media=1 "
    "src_valid_mark=0 tag=0"
)
"""Of each device (``net.ipv4.conf.DEVICE``), of ``all`` and of ``default``."""
NEIGHBOUR = (
    "anycast_delay=100 app_solicit=0 base_reachable_time_ms=30000 delay_first_probe_time=5 gc_stale_time=60 "
    "interval_probe_time_ms=5000 locktime=100 mcast_resolicit=0 mcast_solicit=3 proxy_delay=80 proxy_qlen=64 "
    "retrans_time_ms=1000 ucast_solicit=3 unres_qlen=101 unres_qlen_bytes=212992"
)
IPV4 = (
    "fib_multipath_hash_policy=0 fib_multipath_use_neigh=0 fwmark_reflect=0 icmp_echo_ignore_all=0 "
    "icmp_echo_ignore_broadcasts=1 icmp_errors_use_inbound_ifaddr=0 icmp_ignore_bogus_error_responses=1 "
    "icmp_ratelimit=1000 icmp_ratemask=6168 igmp_max_memberships=20 ip_default_ttl=64 ip_dynaddr=0 "
    "ip_early_demux=1 ip_forward=0 ip_forward_update_priority=1 ip_forward_use_pmtu=0 ip_no_pmtu_disc=0 "
    "ip_nonlocal_bind=0 ip_unprivileged_port_start=1024 ipfrag_high_thresh=4194304 ipfrag_low_thresh=3145728 "
    "ipfrag_max_dist=64 ipfrag_time=30 tcp_base_mss=1024 tcp_ecn=2 tcp_fin_timeout=60 tcp_keepalive_intvl=75 "
    "tcp_keepalive_probes=9 tcp_keepalive_time=7200 tcp_min_snd_mss=48 tcp_mtu_probe_floor=48 tcp_mtu_probing=0 "
    "tcp_retries1=3 tcp_retries2=15 tcp_sack=1 tcp_syn_retries=6 tcp_synack_retries=5 tcp_syncookies=1 "
    "tcp_timestamps=1 tcp_window_scaling=1"
)
BRIDGE = (
    "bridge-nf-call-arptables=1 bridge-nf-call-ip6tables=1 bridge-nf-call-iptables=1 "
    "bridge-nf-filter-pppoe-tagged=0 bridge-nf-filter-vlan-tagged=0 bridge-nf-pass-vlan-input-dev=0"
)
CONNTRACK = (
    "nf_conntrack_acct=0 nf_conntrack_checksum=1 nf_conntrack_generic_timeout=600 nf_conntrack_icmp_timeout=30 "
    "nf_conntrack_log_invalid=0 nf_conntrack_tcp_be_liberal=0 nf_conntrack_tcp_loose=1 "
    "nf_conntrack_tcp_timeout_close=10 nf_conntrack_tcp_timeout_close_wait=60 "
    "nf_conntrack_tcp_timeout_established=432000 nf_conntrack_tcp_timeout_fin_wait=120 "
    "nf_conntrack_tcp_timeout_last_ack=30 nf_conntrack_tcp_timeout_syn_recv=60 "
    "nf_conntrack_tcp_timeout_syn_sent=120 nf_conntrack_tcp_timeout_time_wait=120 nf_conntrack_udp_timeout=30 "
    "nf_conntrack_udp_timeout_stream=120"
)
OTHERS = (
    "icmp_echo_enable_probe",
    "icmp_msgs_burst",
    "icmp_msgs_per_sec",
    "ip_autobind_reuse",
    "ip_local_port_range",
    "ip_local_reserved_ports",
    "ipfrag_secret_interval",
)
"""All others that there are below ``net.ipv4`` and begin with ``ip`` or ``icmp``."""
ALL = {"accept_source_route": "0"}
"""What ``all`` has otherwise than a device."""
IPV6 = "disable_ipv6=0 forwarding=0"


def _pairs(text: str) -> dict[str, str]:
    return dict(each.split("=", 1) for each in text.split())


GROUPS = {"ipv4": _pairs(IPV4), "bridge": _pairs(BRIDGE), "netfilter": _pairs(CONNTRACK)}
OF_A_DEVICE = ("ipv4", "conf", _pairs(CONF)), ("ipv4", "neigh", _pairs(NEIGHBOUR)), ("ipv6", "conf", _pairs(IPV6))


def every(terminal: Terminal) -> dict[Path, str]:
    """Return all settings with their values, in the order in which they are listed."""
    names = ["all", "default", *(link.ifname for link in devices.every(terminal))]
    found: dict[Path, str] = {}
    for group, pairs in GROUPS.items():
        found |= {("net", group, name): value for name, value in pairs.items()}
    found["net", "netfilter", "nf_conntrack_count"] = str(len(tracked(terminal)))
    ns = terminal.ns
    forwards = ns.sysctl(FORWARD)
    for dev in names:
        for version, group, pairs in OF_A_DEVICE:
            if (dev, group) != ("all", "neigh"):
                found |= {("net", version, group, dev, name): value for name, value in pairs.items()}
        found["net", "ipv4", "conf", dev, "forwarding"] = forwards
    for name, value in ALL.items():
        found["net", "ipv4", "conf", "all", name] = value
    if forwards != "0":  # a router does not believe them (inet_forward_change)
        found["net", "ipv4", "conf", "all", "accept_redirects"] = "0"
    for path in found:
        written = ns.sysctls.get(".".join(path))
        found[path] = written.value if written else found[path]
    return dict(sorted(found.items()))


def may_be(path: Path) -> bool:
    """Say whether a kernel may have a setting that is not among them."""
    if path[1:2] != ("ipv4",) or not path[-1].startswith(("ip", "icmp")):
        return True
    return path[-1] in OTHERS


def write(terminal: Terminal, path: Path, value: str, before: str) -> None:
    """Write a setting that the data path reads and that is ``before``; Unknown for one that it does not. ValueError: not a number."""
    if not re.fullmatch(r"\s*[+-]?\d+\s*", value):
        raise ValueError(value)
    value, key = str(int(value)), ".".join(path)
    if path == ("net", "ipv4", "conf", "all", "forwarding"):
        key = FORWARD
    if before == value:
        return
    if not is_read(key):
        raise Unknown("sysctl", f"{key}={value}", "settings on which the way of the model's packets depends")
    terminal.state.add(terminal.name, SysctlEntry(key, value))
