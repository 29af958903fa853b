"""The first file system of the guest in the page: Debian's programs, their libraries, modules and the agent."""

from __future__ import annotations

import gzip
import re
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path

from packetwalk.errors import LabError
from packetwalk.lab.guest.initramfs import FILE, FOLDER, ArchiveMember, archive
from packetwalk.lab.page.debian import ask, pinned

HERE = Path(__file__).parent
LINK = 0o120777
LIBRARIES = "lib/i386-linux-gnu"
EXTENSIONS = "usr/lib/i386-linux-gnu/xtables"
TOOLS = {
    "iproute2": ("bin/ip", "sbin/bridge"),
    "nftables": ("usr/sbin/nft",),
    "iptables": ("usr/sbin/xtables-nft-multi",),
    "ipset": ("usr/sbin/ipset",),
    "conntrack": ("usr/sbin/conntrack",),
    "iputils-ping": ("bin/ping",),
    "wireguard-tools": ("usr/bin/wg",),
}
LINKS = ("iptables", "iptables-restore", "iptables-save")
FOLDERS = (
    "bin", "dev", "etc", "host", "lib", LIBRARIES, "modules", "proc", "root", "run", "sys", "tmp", "usr", "usr/lib",
    "usr/lib/i386-linux-gnu", EXTENSIONS, "usr/sbin", "var",
)  # fmt: skip
ALIASES = ("ip", "ping")
"""Programs of which busybox has its own, which its shell would take."""
MODULES = ["crc32c_generic", "virtio_pci", "virtio_console", "9p", "9pnet_virtio", "veth", "bridge", "br_netfilter", "vxlan", "ipip", "wireguard", "dummy", "tun", "nf_tables", "nf_conntrack", "nf_conntrack_netlink", "nf_nat", "nfnetlink_log",
    "nfnetlink_acct",
    "xt_nfacct", "nft_compat", "nft_ct", "nft_nat", "nft_masq", "nft_chain_nat", "nft_limit", "nft_log", "nft_reject", "nft_reject_ipv4", "nft_reject_inet", "nft_objref", "nft_hash", "nft_numgen", "nft_fib", "nft_fib_ipv4", "nft_fib_inet", "nft_redir", "xt_comment", "xt_conntrack", "xt_mark", "xt_MASQUERADE", "xt_nat", "xt_tcpudp", "xt_addrtype", "xt_set", "xt_multiport", "xt_statistic", "xt_recent", "xt_LOG", "xt_NFLOG", "xt_limit", "xt_u32", "xt_connmark", "xt_physdev", "xt_TCPMSS", "xt_REDIRECT", "xt_CT", "xt_length", "ipt_REJECT", "ipt_rpfilter", "ip_set", "ip_set_hash_net", "ip_set_hash_ip", "ip_set_hash_ipport", "ip_set_hash_ipportip", "ip_set_hash_ipportnet", "ip_set_hash_netport", "ip_set_bitmap_port", "ip_set_list_set"]
"""In the order of loading: no libcrc32c, so no nf_conntrack, without the first."""
DEPENDS = re.compile(rb"depends=([^\0]*)\0")


def initrd(places: Mapping[str, Path], agent: bytes) -> bytes:
    """Return the archive that the kernel unpacks."""
    members = {name: ArchiveMember(FOLDER) for name in sorted(FOLDERS)}
    members["init"] = ArchiveMember(FILE, (HERE / "init.sh").read_bytes())
    members["bin/busybox"] = ArchiveMember(FILE, (places["busybox-static"] / "bin/busybox").read_bytes())
    members["usr/sbin/agent"] = ArchiveMember(FILE, agent)
    aliases = "".join(f"alias {name}=/usr/sbin/{name}\n" for name in ALIASES)
    members["etc/profile"] = ArchiveMember(FILE, aliases.encode())
    members["etc/protocols"] = ArchiveMember(FILE, (places["netbase"] / "etc/protocols").read_bytes())
    programs = [places[package] / file for package, files in TOOLS.items() for file in files]
    members |= {f"usr/sbin/{path.name}": ArchiveMember(FILE, path.read_bytes()) for path in programs}
    members |= {f"usr/sbin/{name}": ArchiveMember(LINK, b"xtables-nft-multi") for name in LINKS}
    extensions = _extensions(places["iptables"])
    members |= {f"{EXTENSIONS}/{path.name}": ArchiveMember(FILE, path.read_bytes()) for path in extensions}
    members |= libraries(places, [*programs, *extensions])
    for number, path in enumerate(modules(places[_kernel()])):
        members[f"modules/{number:03}-{path.name}"] = ArchiveMember(FILE, _stripped(path))
    return gzip.compress(archive(members), compresslevel=6, mtime=0)


def image(places: Mapping[str, Path]) -> Path:
    """Return the kernel's file."""
    return next((places[_kernel()] / "boot").glob("vmlinuz-*"))


def _kernel() -> str:
    return next(iter(pinned()["kernel"]))


def _extensions(package: Path) -> list[Path]:
    """Return what iptables loads for matches and targets, but for those of IPv6, ARP and bridges."""
    return [path for kind in ("libxt_", "libipt_") for path in sorted((package / EXTENSIONS).glob(f"{kind}*.so"))]


def libraries(places: Mapping[str, Path], programs: Iterable[Path]) -> dict[str, ArchiveMember]:
    """Return the libraries that programs need, and what those need, by their places in the archive."""
    found = {
        path.name: path
        for place in places.values()
        for folder in ("lib/i386-linux-gnu", "usr/lib/i386-linux-gnu")
        for path in (place / folder).glob("*.so*")
        if path.is_file()
    }
    out = {"lib/ld-linux.so.2": ArchiveMember(FILE, found["ld-linux.so.2"].resolve().read_bytes())}
    left = list(programs)
    while left:
        for name in re.findall(r"\(NEEDED\).*\[(.*)\]", ask(["readelf", "-d", str(left.pop())])):
            place = f"{LIBRARIES}/{name}"
            if place in out or name == "ld-linux.so.2":
                continue
            if name not in found:
                raise LabError(f"no package of packages.json has {name}")
            out[place] = ArchiveMember(FILE, found[name].resolve().read_bytes())
            left.append(found[name].resolve())
    return out


def modules(package: Path) -> list[Path]:
    """Return the files of modules and of all they need, in the order of loading; LabError when one is missing."""
    files = {path.stem.replace("-", "_"): path for path in (package / "lib/modules").rglob("*.ko")}
    out: dict[str, Path] = {}

    def load(name: str) -> None:
        if name in out:
            return
        if name not in files:
            raise LabError(f"the kernel has no module {name}")
        told = DEPENDS.search(files[name].read_bytes())
        for needed in filter(None, told[1].decode().replace("-", "_").split(",") if told else ()):
            load(needed)
        out[name] = files[name]

    for name in MODULES:
        load(name)
    return list(out.values())


def _stripped(module: Path) -> bytes:
    """Return a module without its debug sections and its signature."""
    with tempfile.NamedTemporaryFile(suffix=".ko") as work:
        ask(["strip", "--strip-debug", "-o", work.name, str(module)])
        return Path(work.name).read_bytes()
