"""``ip route``: show with its filters, and the way to the other commands."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from packetwalk.shell.ip import names, route_change, route_get
from packetwalk.shell.ip.options import IpOptions
from packetwalk.shell.terminal import Failure, Terminal, Unknown
from packetwalk.shell.words import Prefix, Words, chosen, prefix, wrong
from packetwalk.tables import RouteEntry
from packetwalk.tables.route import ROUTES

COMMANDS = (
    "list",
    "show",
    "lst",
    "get",
    "add",
    "change",
    "replace",
    "prepend",
    "append",
    "test",
    "delete",
    "flush",
)
ALSO = ("save", "restore", "showdump", "help")
LOOPBACK_6 = "local ::1 dev lo {}proto kernel metric 0 pref medium \n"
NO_TABLE = "Error: ipv4: FIB table does not exist.\nDump terminated"


class RouteFilter(NamedTuple):
    """What is shown; members that are asked for exactly are not printed (``print_route``)."""

    table: str = "main"
    exact: Mapping[str, str] = MappingProxyType({})
    root: Prefix = Prefix(0, 0)
    match: Prefix | None = None
    type: str = ""
    cached: bool = False

    def has(self, route: RouteEntry) -> bool:
        """Say whether a route is shown."""
        dst = prefix(route.dst)
        return (
            self.table in ("all", "unspec", route.table)
            and all(_member(route, name) == value for name, value in self.exact.items())
            and self.root.has(dst)
            and (self.match is None or dst.has(self.match))
            and self.type in ("", route.type)
        )


def run(terminal: Terminal, words: Words, options: IpOptions) -> str:
    """Run a command of ``ip route``."""
    word = words.next() if words else "list"
    command = chosen(word, (*COMMANDS, *ALSO))
    if command is None:
        raise Failure(f'Command "{word}" is unknown, try "ip route help".', 255)
    if command in ("list", "show", "lst"):
        return _show(terminal, filtered(terminal, words), options)
    if command == "get":
        return route_get.run(terminal, words, options)
    if command == "flush":
        return _flush(terminal, words)
    if options.family == "inet6" or command in (*ALSO, "test"):
        what = "-6" if options.family == "inet6" else command
        raise Unknown(
            "ip route", what, "show, get, add, append, prepend, change, replace, del, flush, of IPv4"
        )
    return route_change.run(terminal, command, words)


def filtered(terminal: Terminal, words: Words) -> RouteFilter:
    """Read what ``show`` or ``flush`` is asked for."""
    shown = RouteFilter()
    while words:
        word = words.next()
        if chosen(word, ("table",)):
            value = words.next()
            if value.startswith("cache"):
                shown = shown._replace(cached=True)
            elif value == "all" or names.table(value) == "unspec":
                shown = shown._replace(table="all")
            else:
                shown = shown._replace(table=names.table(value))
        elif chosen(word, ("cached", "cloned")):
            shown = shown._replace(cached=True)
        elif chosen(word, ("protocol",)):
            shown = _exactly(shown, "protocol", words.next(), names.protocol)
        elif chosen(word, ("scope",)):
            shown = _exactly(shown, "scope", words.next(), names.scope)
        elif chosen(word, ("type",)):
            value = words.next()
            if value not in names.TYPES:
                raise wrong("node type value is invalid", value)
            shown = shown._replace(type=value)
        elif word in ("dev", "oif"):
            shown = shown._replace(exact={**shown.exact, "dev": terminal.link(words.next()).ifname})
        elif word == "via":
            shown = shown._replace(exact={**shown.exact, "gateway": str(prefix(words.next()))})
        elif word == "src":
            shown = shown._replace(exact={**shown.exact, "prefsrc": str(prefix(words.next()))})
        elif word in ("iif", "tos", "dsfield", "realms", "vrf", "nhid", "from", "metric", "priority"):
            raise Unknown(
                "ip route show", word, "table, proto, scope, type, dev, via, src, root, match, exact"
            )
        else:
            shown = _where(shown, word, words)
    return shown


def _exactly(shown: RouteFilter, member: str, value: str, read: Callable[[str], str]) -> RouteFilter:
    return shown if value == "all" else shown._replace(exact={**shown.exact, member: read(value)})


def _where(shown: RouteFilter, word: str, words: Words) -> RouteFilter:
    if chosen(word, ("to",)):
        word = words.next()
    if chosen(word, ("root",)):
        return shown._replace(root=prefix(words.next()))
    if chosen(word, ("match",)):
        return shown._replace(match=prefix(words.next()))
    if chosen(word, ("exact",)):
        word = words.next()
    wanted = prefix(word)
    return shown._replace(root=wanted, match=wanted)


def _member(route: RouteEntry, name: str) -> str | None:
    """Return a member as the kernel has it: a protocol or scope that is not printed is its usual one."""
    value = getattr(route, name)
    if name == "scope":
        return value or "global"
    return value or "boot" if name == "protocol" else value


def _show(terminal: Terminal, shown: RouteFilter, options: IpOptions) -> str:
    if shown.cached:
        return _cached(terminal, options)
    own = [route for route in terminal.entries(ROUTES) if shown.table in ("all", route.table)]
    if (
        not own
        and shown.table not in ("all", "main", "local")
        and not terminal.state.knows_table(terminal.name, shown.table)
    ):
        raise Failure(NO_TABLE, 2)
    found = [route for route in own if shown.has(route)] if options.inet else []
    if options.json:
        return options.as_json([_json(route, shown, options) for route in found])
    text = "".join(f"{_line(route, shown, options)} \n" for route in found)
    return text + _loopback(shown, options, "lo" in terminal.ns.links)


def _cached(terminal: Terminal, options: IpOptions) -> str:
    """Return what was learnt of paths, each once for every route by which it holds."""
    found = list(terminal.state.paths.listed(terminal.ns))
    if options.json and found:
        raise Unknown("ip -j route", "show cache", "ip route show cache")
    return "".join(str(each).replace(" cache ", " \n    cache ") + " \n" for each in found)


def _loopback(shown: RouteFilter, options: IpOptions, there: bool) -> str:
    """Return the route that a loopback has in IPv6, where all of a table is shown."""
    plain = shown._replace(table="") == RouteFilter(table="")
    wanted = shown.table == "all" or (shown.table == "local" and options.family == "inet6")
    if not (there and plain and wanted and options.family != "inet"):
        return ""
    return LOOPBACK_6.format("table local " if shown.table == "all" else "")


def _shortened(route: RouteEntry, shown: RouteFilter) -> RouteEntry:
    hidden: dict[str, Any] = {name: "" if name == "dev" else None for name in shown.exact}
    return route._replace(**hidden)


def _line(route: RouteEntry, shown: RouteFilter, options: IpOptions) -> str:
    """Return a line without what was asked for, as iproute2 prints it."""
    less = _shortened(route, shown)
    if options.details:
        more = {"protocol": "boot", "scope": "global"}
        told: dict[str, Any] = {
            name: getattr(less, name) or usual for name, usual in more.items() if name not in shown.exact
        }
        less = less._replace(**told)
    words = less.words
    if options.details and route.type == "unicast":
        words = ["unicast", *words]
    if shown.table == "all" and route.table != "main":
        place = words.index(route.dst) + 1
        for word, value in (("via", less.gateway), ("dev", less.dev)):
            place += 2 if value and word in words else 0
        words[place:place] = ["table", route.table]
    return " ".join(words)


def _json(route: RouteEntry, shown: RouteFilter, options: IpOptions) -> dict:
    found = {name: value for name, value in route.json().items() if name not in shown.exact}
    if shown.table != "all":
        found.pop("table", None)
    return {"type": route.type, **found} if options.details else found


def _flush(terminal: Terminal, words: Words) -> str:
    if not words:
        raise Failure('"ip route flush" requires arguments.')
    shown = filtered(terminal, words)
    if shown.cached:
        terminal.state.paths.forget(terminal.name)
        return ""
    for route in terminal.ns.entries(ROUTES):
        if shown.has(route):
            terminal.state.remove(terminal.name, route)
    return ""
