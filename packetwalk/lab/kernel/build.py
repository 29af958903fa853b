"""Build a plan in the running kernel with the commands the plan itself prints."""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import platform
import re
import shutil
import socket
import struct
import subprocess
from collections import defaultdict
from collections.abc import Iterable
from functools import cache, partial
from pathlib import Path

from packetwalk.errors import LabError
from packetwalk.lab.kernel import abilities, emulators, keys, openvswitch
from packetwalk.lab.kernel.emulators import Program
from packetwalk.lab.kernel.namespaces import Namespace
from packetwalk.plan.operation import Operation
from packetwalk.tables import (
    ChainPolicy,
    IptablesRule,
    LinkEntry,
    SysctlEntry,
    WireguardPeer,
    in_order_of_making,
)

WIRE = "wire"
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
TOOLS = ("ip", "bridge", "iptables-restore")
MODULES = ("nf_conntrack", "br_netfilter", "tun")
"""What a kernel in modules does not load by itself when its settings or devices are asked for."""
SIOCETHTOOL = 0x8946
VERDICTS = {"ACCEPT", "DROP", "REJECT", "RETURN"}
TARGETS = VERDICTS | {"CT", "DNAT", "LOG", "MARK", "MASQUERADE", "NFLOG", "NOTRACK", "SNAT"}
"""Where a rule can jump that is no chain (iptables-extensions(8))."""
THERE = ("eth", "lo")  # kinds of devices that a namespace has from the start
OFFLOADS = (0x15, 0x17, 0x1F, 0x24, 0x2C)  # rx, tx checksums, TSO, GSO, GRO: all off


class Lab:
    """Namespaces built from operations; use it with ``with``, and all of it is gone afterwards."""

    def __init__(self, operations: Iterable[Operation]) -> None:
        """Build everything. LabError says in one line what the kernel refused."""
        missing = [tool for tool in TOOLS if shutil.which(tool) is None]
        if missing:
            raise LabError(f"programs missing: {', '.join(missing)}")
        _load()
        self.plan = list(operations)
        self.netns: dict[str, Namespace] = {}
        self.emulated = abilities.stand_ins(self.plan)
        self.programs: list[Program] = []
        try:
            self._build()
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Lab:
        return self

    def __exit__(self, *_) -> None:
        self.close()

    def close(self) -> None:
        """End the stand-ins, let all namespaces go."""
        for program in self.programs:
            program.close()
        self.programs.clear()
        for namespace in self.netns.values():
            namespace.close()
        self.netns.clear()

    def _build(self) -> None:
        for name in [WIRE, *dict.fromkeys(op.netns for op in self.plan)]:
            self.netns[name] = Namespace(name)
            self.netns[name].sysctl(QUIET)
        by_netns: dict[str, list[Operation]] = defaultdict(list)
        for operation in self.plan:
            by_netns[operation.netns].append(operation)
        self._wire()
        for name, operations in by_netns.items():
            self._links(name, operations)
        for name, operations in by_netns.items():
            self._rest(name, operations)
        for name in by_netns if self.emulated else ():
            self.programs += emulators.start(self.netns[name], self.plan, self.emulated)
        keys.meet(self.netns, self.plan)
        for name, operations in by_netns.items():
            self._rules(name, operations)

    def _wire(self) -> None:
        """Plug every NIC into a bridge of the namespace ``wire``, one for each segment."""
        nics = [
            (op.netns, op.entry)
            for op in self.plan
            if isinstance(op.entry, LinkEntry) and op.entry.kind == "eth"
        ]
        segments = {nic.segment: f"br{k}" for k, nic in enumerate({c.segment: c for _, c in nics}.values())}
        lines = [f"link add {bridge} type bridge\nlink set {bridge} up" for bridge in segments.values()]
        for number, (netns, nic) in enumerate(nics):
            port = f"p{number}"
            lines.append(
                f"link add {port} mtu {nic.mtu} type veth peer name {nic.ifname} "
                f"address {nic.address} mtu {nic.mtu} netns {self.netns[netns].path}\n"
                f"link set {port} master {segments[nic.segment]} up"
            )
        self._batch(WIRE, ["ip"], lines)

    def _links(self, name: str, operations: list[Operation]) -> None:
        """Make the devices of a namespace, bridges before their ports."""
        links = in_order_of_making(op.entry for op in operations if isinstance(op.entry, LinkEntry))
        commands = []
        datapaths = openvswitch.names(links)
        for link in (each for each in links if not {each.ifname, each.master} & datapaths):
            if link.kind == "eth":  # first: the kernel counts the namespaces behind devices as they come up
                commands.append(["ip", "link", "set", link.ifname, "up"])
            elif link.kind in self.emulated:
                commands.append(["ip", "tuntap", "add", link.ifname, "mode", "tun"])
                commands.append(["ip", "link", "set", link.ifname, "mtu", str(link.mtu), "up"])
            elif link.creates and link.kind not in THERE:
                if link.kind == "ipip" and not link.local and link.ifname not in self.netns[name].devices():
                    commands.append(["ip", "link", "add", link.ifname, "type", "ipip"])
                commands += [argv for argv in self._named(link.argv()) if argv[0] != "wg"]
        self._commands(name, commands)
        keys.configure(self.netns[name], [link for link in links if link.kind not in self.emulated])
        if datapaths:
            self._commands(name, self.netns[name].inside(partial(openvswitch.build, links)))

    def _named(self, commands: list[list[str]]) -> list[list[str]]:
        """Replace namespace names after the word ``netns`` by paths."""
        return [
            [self.netns[word].path if k and argv[k - 1] == "netns" else word for k, word in enumerate(argv)]
            for argv in commands
        ]

    def _rest(self, name: str, operations: list[Operation]) -> None:
        commands: list[list[str]] = []
        settings: dict[str, str] = {}
        links = [op.entry for op in operations if isinstance(op.entry, LinkEntry)]
        datapaths = openvswitch.names(links)
        for operation in operations:
            match operation.entry:
                case LinkEntry() as link:
                    if link.kind == "lo":
                        commands.append(["ip", "link", "set", link.ifname, "up"])
                    elif link.kind == "veth" and not link.creates and link.master not in datapaths:
                        commands += link.argv()
                case IptablesRule() | ChainPolicy():
                    continue
                case SysctlEntry() as setting:
                    settings[setting.key] = setting.value
                case WireguardPeer() as peer:
                    if "wireguard" not in self.emulated:
                        keys.configure(self.netns[name], [peer])
                case entry:
                    commands += entry.argv()
        self.netns[name].sysctl(settings)
        self._commands(name, commands)
        self.netns[name].inside(partial(quieten, [link.ifname for link in links]))

    def _rules(self, name: str, operations: list[Operation]) -> None:
        rules = [op.entry for op in operations if isinstance(op.entry, IptablesRule | ChainPolicy)]
        if rules:
            self.netns[name].run(["iptables-restore", "--noflush"], restore_text(rules))

    def _commands(self, name: str, commands: list[list[str]]) -> None:
        """Run commands in batches, a tool after the other: ``ip -b``, ``bridge -b``, ``ipset restore``."""
        for tool in dict.fromkeys(argv[0] for argv in commands):
            self._batch(name, [tool], [" ".join(argv[1:]) for argv in commands if argv[0] == tool])

    def _batch(self, name: str, tool: list[str], lines: list[str]) -> None:
        if lines:
            how = ["restore"] if tool == ["ipset"] else ["-b", "-"]
            self.netns[name].run([*tool, *how], "\n".join(lines) + "\n")


@cache
def _load() -> None:
    """Load modules, where there are any and this user may; what is missing then is told by its setting."""
    modprobe = shutil.which("modprobe")
    if modprobe and Path("/lib/modules", platform.release()).is_dir():
        subprocess.run([modprobe, "-qa", *MODULES], check=False, stderr=subprocess.DEVNULL, timeout=20)


def restore_text(rules: list[IptablesRule | ChainPolicy]) -> str:
    """Return what ``iptables-restore`` reads for these rules."""
    built_in = {"PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING"}
    out = []
    for table in dict.fromkeys(rule.chain_table for rule in rules):
        mine = [rule for rule in rules if rule.chain_table == table]
        specs = [rule.spec for rule in mine if isinstance(rule, IptablesRule)]
        jumps = {m[1] for spec in specs if (m := re.search(r"-[jg] (\S+)", spec))} - TARGETS
        named = {rule.chain for rule in mine} | jumps
        out += [f"*{table}", *(f":{chain} - [0:0]" for chain in sorted(named - built_in))]
        out += [
            " ".join(rule.argv()[0][3:]) if isinstance(rule, IptablesRule) else str(rule) for rule in mine
        ]
        out.append("COMMIT")
    return "\n".join(out) + "\n"


def quieten(devices: Iterable[str]) -> None:
    """Switch off what would hide or add frames on devices of the calling thread's namespace."""
    for device in devices:
        if device != "lo":
            _quieten_one(device)


def _quieten_one(device: str) -> None:
    """Switch offloads off (``ethtool -K``), let no neighbour on the device grow old, and ask for none again."""
    for setting, hour in ("base_reachable_time_ms", "3600000"), ("delay_first_probe_time", "3600"):
        Path(f"/proc/sys/net/ipv4/neigh/{device}/{setting}").write_text(hour)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        for command in OFFLOADS:
            value = (ctypes.c_uint32 * 2)(command, 0)  # struct ethtool_value
            request = struct.pack("16sP", device.encode(), ctypes.addressof(value))
            with contextlib.suppress(OSError):  # a device may not know an offload
                fcntl.ioctl(control, SIOCETHTOOL, request)
