"""Build a plan in the running kernel with the commands the plan itself prints."""

from __future__ import annotations

import platform
import shutil
import subprocess
from collections import defaultdict
from collections.abc import Iterable
from functools import cache, partial
from pathlib import Path

from packetwalk.lab.advice import ProgramMissing, absent
from packetwalk.lab.kernel import abilities, carriers, devices, emulators, keys, openvswitch, writing
from packetwalk.lab.kernel.emulators import Program
from packetwalk.lab.kernel.namespaces import Namespace
from packetwalk.lab.kernel.quiet import AS_NEW, QUIET, quieten
from packetwalk.lab.kernel.writing import TOOLS
from packetwalk.plan.operation import Operation
from packetwalk.tables import LinkEntry, in_order_of_making

WIRE = "wire"
LAST = {"iptables", "nft", "sh"}
"""Programs whose commands come when all else is there and has met; a list that a rule keeps (``sh``) after its rule."""
MODULES = ("nf_conntrack", "br_netfilter", "tun")
"""What a kernel in modules does not load by itself when its settings or devices are asked for."""


def _let_through() -> None:
    """Let the bridges of the calling thread's namespace be no more than switches, that cut no frame (``br_netfilter``)."""
    setting = Path("/proc/sys/net/bridge/bridge-nf-call-iptables")
    if setting.exists():
        setting.write_text("0")


class Lab:
    """Namespaces built from operations; use it with ``with``, and all of it is gone afterwards."""

    def __init__(self, operations: Iterable[Operation]) -> None:
        """Build everything. LabError says in one line what the kernel refused."""
        missing = absent(TOOLS)
        if missing:
            raise ProgramMissing(missing)
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
            self.netns[name].sysctl(AS_NEW | QUIET)
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
            self._last(name, operations)
        for name, operations in by_netns.items():
            links = [op.entry.ifname for op in operations if isinstance(op.entry, LinkEntry)]
            self.netns[name].inside(partial(carriers.take_in, links))

    def _wire(self) -> None:
        """Plug every NIC into a bridge of the namespace ``wire``, one for each segment."""
        nics = [
            (op.netns, op.entry)
            for op in self.plan
            if isinstance(op.entry, LinkEntry) and op.entry.kind == "eth"
        ]
        segments = {nic.segment: f"br{k}" for k, nic in enumerate({c.segment: c for _, c in nics}.values())}
        lines = []
        for bridge in segments.values():
            lines += [f"link add {bridge} type bridge", f"link set {bridge} up"]
        narrow: list[list[str]] = []
        for number, (netns, nic) in enumerate(nics):
            port = f"p{number}"
            narrow += _narrowed(port, nic)
            nic_end = f"address {nic.address} mtu {nic.mtu} netns {self.netns[netns].path}"
            lines += [
                f"link add {port} mtu {nic.mtu} type veth peer name {nic.ifname} {nic_end}",
                f"link set {port} master {segments[nic.segment]} up",
            ]
        writing.write(self.netns[WIRE], [["ip", *line.split(" ")] for line in lines])
        if not narrow:  # else it is iptables that loses what is too long
            self.netns[WIRE].inside(_let_through)
        for argv in narrow:
            self.netns[WIRE].run(argv)

    def _links(self, name: str, operations: list[Operation]) -> None:
        """Make the devices of a namespace, bridges before their ports."""
        here, commands = self.netns[name], []
        links = in_order_of_making(op.entry for op in operations if isinstance(op.entry, LinkEntry))
        datapaths = openvswitch.names(links)
        for link in (each for each in links if not {each.ifname, each.master} & datapaths):
            commands += self._named(self._maker(link).first(link, here))
        writing.write(here, [argv for argv in commands if argv[0] != keys.TOOL])
        keys.configure(here, [link for link in links if link.kind not in self.emulated])
        if datapaths:
            writing.write(here, here.inside(partial(openvswitch.build, links)))

    def _maker(self, link: LinkEntry) -> devices.Maker:
        return devices.maker(link.kind, link.kind in self.emulated)

    def _named(self, commands: list[list[str]]) -> list[list[str]]:
        """Replace namespace names after the word ``netns`` by paths."""
        return [
            [self.netns[word].path if k and argv[k - 1] == "netns" else word for k, word in enumerate(argv)]
            for argv in commands
        ]

    def _rest(self, name: str, operations: list[Operation]) -> None:
        """Write all other tables, but what could keep programs from meeting."""
        here, commands = self.netns[name], []
        links = [op.entry for op in operations if isinstance(op.entry, LinkEntry)]
        datapaths = openvswitch.names(links)
        for operation in operations:
            entry = operation.entry
            if not isinstance(entry, LinkEntry):
                commands += entry.argv()
            elif entry.master not in datapaths:
                commands += self._maker(entry).then(entry)
        played = {keys.TOOL} if "wireguard" in self.emulated else set()
        writing.write(here, [argv for argv in commands if argv[0] not in played | LAST])
        here.inside(partial(quieten, [link.ifname for link in links]))

    def rewrite(self, name: str, operations: list[Operation]) -> None:
        """Put the rules of operations in the place of a namespace's own."""
        self.netns[name].run(["nft", "flush", "ruleset"])
        self._last(name, operations)

    def _last(self, name: str, operations: list[Operation]) -> None:
        """Write what lets packets pass, and does not."""
        commands = [argv for op in operations if not isinstance(op.entry, LinkEntry) for argv in op.argv()]
        writing.write(self.netns[name], [argv for argv in commands if argv[0] in LAST])


def _narrowed(port: str, nic: LinkEntry) -> list[list[str]]:
    """Return what lets a segment lose what is too long for it, and tell nobody: not by the port's MTU.

    A veth does not take what its other end would not, and says so to who sends (ENOBUFS); a switch does not.
    """
    if nic.carries is None or nic.carries >= nic.mtu:
        return []
    rule = f"-m length --length {nic.carries + 1}:65535 -j DROP".split(" ")
    ways = ("in", "out")
    return [["iptables", "-A", "FORWARD", "-m", "physdev", f"--physdev-{way}", port, *rule] for way in ways]


@cache
def _load() -> None:
    """Load modules, where there are any and this user may; what is missing then is told by its setting."""
    modprobe = shutil.which("modprobe")
    if modprobe and Path("/lib/modules", platform.release()).is_dir():
        subprocess.run([modprobe, "-qa", *MODULES], check=False, stderr=subprocess.DEVNULL, timeout=20)
