"""Felix: what Calico's agent writes into iptables and ipset on a node, whatever pods and policies it has.

Source: github.com/projectcalico/calico at v3.32.1, felix/rules (static.go, nat.go); release-v3.33 was run (recording
calico-3.33-vxlan-iptables) and has one rule more.  In a cluster without host endpoints, floating IPs and such, the
chains for them are jumped to and empty.  Left out is the comment ``cali:HASH`` that Felix puts on each rule to know it
again.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from packetwalk.tables import IpSet, IptablesRule

ACCEPT, PASS, DROPPED, WORKLOAD, SCRATCH, WIREGUARD = 0x10000, 0x20000, 0x40000, 0x80000, 0x100000, 0x200000
CLEARED = 0x1B0000
"""The mark bits of the mask 0xffff0000 in the order Felix takes them: accept, pass, drop, two scratch
bits (the first says "from a workload" in the raw table), WireGuard (felix/dataplane/driver.go).  All but drop
and WireGuard are cleared (``allCalicoMarkBits``)."""
HOST_ACCEPTED = "Host endpoint policy accepted packet."
MAXELEM = "maxelem 1048576"
HOSTS, VXLAN_HOSTS = "cali40all-hosts-net", "cali40all-vxlan-net"
MASQUERADED, POOLS = "cali40masq-ipam-pools", "cali40network-ip-pools"
THIS_HOST, DSCP = "cali40this-host", "cali40dscp-src-net"
OUTGOING = "cali-nat-outgoing"


class TunnelDevice(NamedTuple):
    """A tunnel device and what its packets look like on the wire between nodes (``match``)."""

    device: str
    match: str
    source: str = ""
    peers: str | None = None


IPIP = TunnelDevice("tunl0", "-p ipencap", "IPIP", HOSTS)
VXLAN = TunnelDevice("vxlan.calico", "-p udp", "IPv4 VXLAN", VXLAN_HOSTS)
WG = TunnelDevice("wireguard.cali", "-p udp", "IPv4 Wireguard")
PORTS = {VXLAN: "-m multiport --dports 4789", WG: "-m multiport --dports 51820"}
HOST_WORDS = {
    IPIP: ("Calico hosts", "non-Calico hosts", "other Calico hosts"),
    VXLAN: ("allowed hosts", "non-allowed hosts", "other allowed hosts"),
}


def note(text: str) -> str:
    """Return a comment as ``iptables-save`` prints it."""
    return f'-m comment --comment "{text}"'


def marked(bits: int, value: int | None = None) -> str:
    """Return the match on mark bits: all of them set, or ``value``."""
    return f"-m mark --mark {bits if value is None else value:#x}/{bits:#x}"


def mark(bits: int, value: int = 0) -> str:
    """Return the target that sets mark bits to ``value``."""
    return f"-j MARK --set-xmark {value:#x}/{bits:#x}"


def sets(
    tunnels: tuple[TunnelDevice, ...], nodes: tuple[str, ...], node: str, own: tuple[str, ...], pool: str
) -> Iterator[IpSet]:
    """Return the sets that static rules ask: nodes by address, the node's ``own`` addresses, the pools."""
    yield IpSet(THIS_HOST, ("127.0.0.0", "127.0.0.1", *own), "hash:ip", MAXELEM)
    if IPIP in tunnels:
        yield IpSet(HOSTS, nodes, options=MAXELEM)
    if VXLAN in tunnels:
        yield IpSet(VXLAN_HOSTS, tuple(each for each in nodes if each != node), options=MAXELEM)
    yield IpSet(MASQUERADED, (pool,), options=MAXELEM)
    yield IpSet(POOLS, (pool,), options=MAXELEM)
    yield IpSet(DSCP, (), options=MAXELEM)


def static(tunnels: tuple[TunnelDevice, ...], *, own_ports: bool) -> Iterator[IptablesRule]:
    """Return the chains that do not depend on pods (static.go), and the jumps to them.

    Felix inserts its jumps at the top of the kernel's chains, except nat POSTROUTING, and appends the
    final ACCEPT to FORWARD.  ``own_ports`` is for 3.33, see ``_postrouting``.
    """
    for table, hook in (
        ("raw", "PREROUTING"),
        ("raw", "OUTPUT"),
        ("mangle", "PREROUTING"),
        ("mangle", "POSTROUTING"),
        ("nat", "PREROUTING"),
        ("nat", "OUTPUT"),
        ("filter", "INPUT"),
        ("filter", "FORWARD"),
        ("filter", "OUTPUT"),
    ):
        yield IptablesRule(table, hook, f"-j cali-{hook}", inserted=True)
    yield IptablesRule("nat", "POSTROUTING", "-j cali-POSTROUTING")
    for table, chain, specs in (
        ("raw", "cali-PREROUTING", _raw_prerouting(tunnels)),
        ("raw", "cali-OUTPUT", _raw_output(tunnels)),
        ("mangle", "cali-PREROUTING", _mangle_prerouting()),
        ("mangle", "cali-POSTROUTING", _mangle_postrouting()),
        ("nat", "cali-PREROUTING", ["-j cali-fip-dnat"]),
        ("nat", "cali-OUTPUT", ["-j cali-fip-dnat"]),
        ("filter", "cali-INPUT", _input(tunnels)),
        ("filter", "cali-wl-to-host", _workload_to_host()),
        ("filter", "cali-FORWARD", _forward()),
        ("filter", "cali-OUTPUT", _output(tunnels)),
        ("nat", "cali-POSTROUTING", _postrouting(tunnels, own_ports)),
        ("nat", OUTGOING, _outgoing()),
    ):
        for spec in specs:
            yield IptablesRule(table, chain, spec)
    yield IptablesRule(
        "filter", "FORWARD", f"{note('Policy explicitly accepted packet.')} {marked(ACCEPT)} -j ACCEPT"
    )
    yield IptablesRule("filter", "FORWARD", mark(ACCEPT, ACCEPT))


def _raw_prerouting(tunnels: tuple[TunnelDevice, ...]) -> Iterator[str]:
    yield mark(CLEARED)
    yield from _untracked(tunnels)
    yield f"-i cali+ {mark(WORKLOAD, WORKLOAD)}"
    yield f"{marked(WORKLOAD)} -j cali-rpf-skip"
    yield f"{marked(WORKLOAD)} -m rpfilter --validmark --invert -j DROP"
    yield f"{marked(WORKLOAD, 0)} -j cali-from-host-endpoint"
    yield f"{marked(ACCEPT)} -j ACCEPT"


def _raw_output(tunnels: tuple[TunnelDevice, ...]) -> Iterator[str]:
    yield mark(CLEARED)
    yield "-j cali-to-host-endpoint"
    yield from _untracked(tunnels)
    yield f"{marked(ACCEPT)} -j ACCEPT"


def _mangle_prerouting() -> Iterator[str]:
    yield "-m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT"
    yield f"{marked(ACCEPT)} -j ACCEPT"
    yield "-j cali-from-host-endpoint"
    yield f"{note(HOST_ACCEPTED)} {marked(ACCEPT)} -j ACCEPT"


def _mangle_postrouting() -> Iterator[str]:
    leaving = f"-m set ! --match-set {POOLS} dst -m set ! --match-set {THIS_HOST} dst"
    text = note("set dscp for traffic leaving cluster.")
    yield f"{text} -m set --match-set {DSCP} src {leaving} -j cali-egress-dscp"
    yield f"{marked(ACCEPT)} -j RETURN"
    yield mark(CLEARED)
    yield "-m conntrack --ctstate DNAT -j cali-to-host-endpoint"
    yield f"{note(HOST_ACCEPTED)} {marked(ACCEPT)} -j RETURN"


def _untracked(tunnels: tuple[TunnelDevice, ...]) -> Iterator[str]:
    """VXLAN has another source port each way, so each direction would be an unanswered connection."""
    if VXLAN in tunnels:
        yield "-p udp -m udp --dport 4789 -j NOTRACK"


def _input(tunnels: tuple[TunnelDevice, ...]) -> Iterator[str]:
    local = "-m addrtype --dst-type LOCAL"
    for tunnel in tunnels:
        port = f" {PORTS[tunnel]}" if tunnel in PORTS else ""
        if tunnel.peers:
            good, bad, _ = HOST_WORDS[tunnel]
            text = note(f"Allow {tunnel.source} packets from {good}")
            yield f"{tunnel.match} {text}{port} -m set --match-set {tunnel.peers} src {local} -j ACCEPT"
            text = note(f"Drop {tunnel.source} packets from {bad}")
            yield f"{tunnel.match} {text}{port}{f' {local}' if port else ''} -j DROP"
        else:
            text = note(f"Allow incoming {tunnel.source} packets")
            yield f"{tunnel.match} {text}{port} {local} -j ACCEPT"
    yield "-i cali+ -g cali-wl-to-host"
    yield f"{marked(ACCEPT)} -j ACCEPT"
    yield mark(CLEARED)
    yield "-j cali-from-host-endpoint"
    yield f"{note(HOST_ACCEPTED)} {marked(ACCEPT)} -j ACCEPT"


def _workload_to_host() -> Iterator[str]:
    yield "-j cali-from-wl-dispatch"
    yield f"{note('Configured DefaultEndpointToHostAction')} -j ACCEPT"


def _forward() -> Iterator[str]:
    yield mark(CLEARED & ~ACCEPT)
    yield f"{marked(ACCEPT, 0)} -j cali-from-hep-forward"
    yield "-i cali+ -j cali-from-wl-dispatch"
    yield "-o cali+ -j cali-to-wl-dispatch"
    yield "-j cali-to-hep-forward"
    yield "-j cali-cidr-block"


def _output(tunnels: tuple[TunnelDevice, ...]) -> Iterator[str]:
    local = "-m addrtype --src-type LOCAL"
    yield f"{marked(ACCEPT)} -j ACCEPT"
    yield "-o cali+ -j RETURN"
    for tunnel in tunnels:
        port = f" {PORTS[tunnel]}" if tunnel in PORTS else ""
        if tunnel.peers:
            text = note(f"Allow {tunnel.source} packets to {HOST_WORDS[tunnel][2]}")
            asks = [f"-m set --match-set {tunnel.peers} dst", local]
            asks = asks if tunnel is IPIP else asks[::-1]
            yield f"{tunnel.match} {text}{port} {' '.join(asks)} -j ACCEPT"
        else:
            text = note(f"Allow outgoing {tunnel.source} packets")
            yield f"{tunnel.match} {text}{port} {local} -j ACCEPT"
    yield mark(CLEARED)
    yield "-m conntrack ! --ctstate DNAT -j cali-to-host-endpoint"
    yield f"{note(HOST_ACCEPTED)} {marked(ACCEPT)} -j ACCEPT"


def _postrouting(tunnels: tuple[TunnelDevice, ...], own_ports: bool) -> Iterator[str]:
    """A local address that is not the tunnel's is not answered through the tunnel: it is replaced.

    Since 3.33 (``own_ports``) UDP that goes into VXLAN gets none of the ports up to VXLAN's own.
    """
    yield "-j cali-fip-snat"
    yield f"-j {OUTGOING}"
    foreign = "-m addrtype ! --src-type LOCAL --limit-iface-out -m addrtype --src-type LOCAL -j MASQUERADE"
    for tunnel in tunnels:
        if tunnel is VXLAN and own_ports:
            yield f"-o {tunnel.device} -p udp {foreign} --to-ports 4790-65535 --random-fully"
        yield f"-o {tunnel.device} {foreign} --random-fully"


def _outgoing() -> Iterator[str]:
    yield (
        f"-m set --match-set {MASQUERADED} src -m set ! --match-set {POOLS} dst -j MASQUERADE --random-fully"
    )
