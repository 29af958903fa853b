"""Real keys for WireGuard: the plan's are only names, of which nobody knows a private half.

Each device gets a key pair made of its name in the plan, so that all namespaces agree on the public one.
"""

from __future__ import annotations

import base64
import hashlib
import time
from collections.abc import Iterable, Mapping
from functools import cache

from packetwalk.lab.kernel.curve import public_of
from packetwalk.lab.kernel.site import Running
from packetwalk.plan.operation import Operation
from packetwalk.tables import LinkEntry, WireguardPeer

TOOL = "wg"
PATIENCE = 3.0  # seconds for all handshakes


def private(name: str) -> str:
    """Return the private key of the device that the plan calls ``name``."""
    return base64.b64encode(hashlib.sha256(f"private {name}".encode()).digest()).decode()


@cache
def public(name: str) -> str:
    """Return the public key of that device (``wg pubkey``)."""
    return base64.b64encode(public_of(base64.b64decode(private(name)))).decode()


def configure(namespace: Running, links: Iterable[LinkEntry]) -> None:
    """Give WireGuard devices that are there their keys and ports (``wg set``)."""
    for link in links:
        if link.kind == "wireguard":
            namespace.run([TOOL, "set", link.ifname, "private-key", "/dev/stdin"], private(str(link.key)))
            write(namespace, [argv for argv in link.argv() if argv[0] == TOOL])


def write(namespace: Running, commands: Iterable[list[str]]) -> None:
    """Run ``wg``, each peer with its real public key."""
    for argv in commands:
        after = zip(["", *argv], argv, strict=False)
        namespace.run([public(word) if before == "peer" else word for before, word in after])


def meet(namespaces: Mapping[str, Running], plan: Iterable[Operation]) -> None:
    """Let all peers shake hands, so that a session is there before any packet or any rule against it.

    A keepalive, switched on for a moment, starts it.  Peers that do not meet in a while are made anew: WireGuard
    would ask on for 90 seconds (REKEY_ATTEMPT_TIME), and its questions for neighbours would meet those of packets;
    what it has learned of neighbours is forgotten.
    """
    peers = [(op.netns, op.entry) for op in plan if isinstance(op.entry, WireguardPeer)]
    for seconds in ("1", "off"):
        for netns, peer in peers:
            words = [TOOL, "set", peer.dev, "peer", public(peer.key), "persistent-keepalive", seconds]
            namespaces[netns].run(words)
        end = time.monotonic() + PATIENCE
        for netns in dict.fromkeys(netns for netns, _ in peers):
            while _strangers(namespaces[netns]) and time.monotonic() < end:
                time.sleep(0.01)
    unmet = {netns: _strangers(namespaces[netns]) for netns, _ in peers}
    strangers = [(netns, peer) for netns, peer in peers if (peer.dev, public(peer.key)) in unmet[netns]]
    for netns, peer in strangers:
        namespaces[netns].run([TOOL, "set", peer.dev, "peer", public(peer.key), "remove"])
        write(namespaces[netns], peer.argv())
    for netns in dict.fromkeys(netns for netns, _ in strangers):
        namespaces[netns].run(["ip", "neigh", "flush", "all"], check=False)


def _strangers(namespace: Running) -> list[tuple[str, str]]:
    """Return device and public key of each peer that has not been met."""
    said = namespace.run([TOOL, "show", "all", "latest-handshakes"])
    return [(dev, key) for dev, key, met in map(str.split, said.splitlines()) if met == "0"]

