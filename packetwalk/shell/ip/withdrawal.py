"""What the kernel takes away together with an address."""

from __future__ import annotations

from collections.abc import Iterator

from packetwalk.plan.operation import Operation
from packetwalk.shell.ip import link_state
from packetwalk.shell.terminal import Terminal
from packetwalk.tables import Absent, AddrEntry, Entry, RouteEntry
from packetwalk.tables.route import ROUTES


def withdraw(terminal: Terminal, address: AddrEntry) -> None:
    """Take an address away, with its own routes and those that cannot be without it (``fib_del_ifaddr``)."""
    def edit(plan: list[Operation]) -> list[Operation]:
        return [op for op in plan if op.entry != address and not _of(op.entry, address)]

    terminal.state.edit(terminal.name, edit)
    for entry in list(_stray(terminal, address)):
        terminal.state.remove(terminal.name, entry)
    if all(each.dev != address.dev for each in terminal.ns.addrs):  # IP is off there (fib_inetaddr_event)
        link_state.disable(terminal, address.dev, own=True)


def _of(entry: Entry, address: AddrEntry) -> bool:
    """Say whether it notes that somebody has taken away a route that the kernel added with an address."""
    route = entry.entry if isinstance(entry, Absent) else None
    return isinstance(route, RouteEntry) and (route.dev, route.prefsrc) == (address.dev, address.local)


def _stray(terminal: Terminal, address: AddrEntry) -> Iterator[Entry]:
    """Yield the routes of ``main`` with an address that the machine has no more (``fib_sync_down_addr``)."""
    lost = address.local not in terminal.ns.local
    for route in terminal.ns.entries(ROUTES):
        if lost and route.table == "main" and route.prefsrc == address.local:
            yield route
