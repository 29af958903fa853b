"""The tables of a network namespace: one file per kind of table, found by scan.

Every entry is an immutable value with the members that ``ip -j`` and ``bridge -j`` print;
``str(entry)`` is the line of the tool without ``-j``.  ``argv()`` is the command that makes the entry in a
real kernel.  Lengths are bytes, times are absent.
"""

from __future__ import annotations

import pkgutil
from functools import cache
from importlib import import_module

from packetwalk.tables.absent import Absent as Absent
from packetwalk.tables.address import AddrEntry as AddrEntry
from packetwalk.tables.conntrack import ConntrackEntry as ConntrackEntry
from packetwalk.tables.entry import Entry as Entry
from packetwalk.tables.fdb import FdbEntry as FdbEntry
from packetwalk.tables.flanneld import ProxyEntry as ProxyEntry
from packetwalk.tables.ip_rule import IpRule as IpRule
from packetwalk.tables.ipset import IpSet as IpSet
from packetwalk.tables.iptables import ChainPolicy as ChainPolicy
from packetwalk.tables.iptables import IptablesRule as IptablesRule
from packetwalk.tables.iptables import UserChain as UserChain
from packetwalk.tables.link import LinkEntry as LinkEntry
from packetwalk.tables.link import in_order_of_making as in_order_of_making
from packetwalk.tables.neighbour import NeighEntry as NeighEntry
from packetwalk.tables.nftables import NftChain as NftChain
from packetwalk.tables.nftables import NftRule as NftRule
from packetwalk.tables.nftables import NftSet as NftSet
from packetwalk.tables.nftables import NftTable as NftTable
from packetwalk.tables.openvswitch import FlowEntry as FlowEntry
from packetwalk.tables.openvswitch import TunnelKey as TunnelKey
from packetwalk.tables.packet_socket import CaptureEntry as CaptureEntry
from packetwalk.tables.path import PathEntry as PathEntry
from packetwalk.tables.recent import RecentEntry as RecentEntry
from packetwalk.tables.route import RouteEntry as RouteEntry
from packetwalk.tables.socket import SocketEntry as SocketEntry
from packetwalk.tables.sysctl import SysctlEntry as SysctlEntry
from packetwalk.tables.table import Contents as Contents
from packetwalk.tables.table import Table as Table
from packetwalk.tables.weaver import BroadcastEntry as BroadcastEntry
from packetwalk.tables.weaver import ConnectionEntry as ConnectionEntry
from packetwalk.tables.weaver import FailedEntry as FailedEntry
from packetwalk.tables.weaver import MacEntry as MacEntry
from packetwalk.tables.weaver import MeshPeerEntry as MeshPeerEntry
from packetwalk.tables.weaver import PeerConnection as PeerConnection
from packetwalk.tables.weaver import RingEntry as RingEntry
from packetwalk.tables.weaver import UnicastEntry as UnicastEntry
from packetwalk.tables.wireguard import WireguardPeer as WireguardPeer
from packetwalk.tables.xfrm import XfrmPolicyEntry as XfrmPolicyEntry
from packetwalk.tables.xfrm import XfrmStateEntry as XfrmStateEntry


@cache
def every_table() -> tuple[Table, ...]:
    """Return all kinds of tables, by rank."""
    files = [import_module(f"{__name__}.{info.name}") for info in pkgutil.iter_modules(__path__)]
    found = dict.fromkeys(each for file in files for each in vars(file).values() if isinstance(each, Table))
    return tuple(sorted(found, key=lambda table: (table.rank, table.name)))


@cache
def _by_class() -> dict[type, Table]:
    return {each: table for table in every_table() for each in table.holds}


def table_of(entry: Entry) -> Table:
    """Return the kind of table that an entry stands in."""
    return _by_class()[type(entry)]
