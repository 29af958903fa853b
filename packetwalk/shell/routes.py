"""``ip route``: show, get, add, replace, del."""

from __future__ import annotations

import json
from collections.abc import Mapping
from ipaddress import AddressValueError, IPv4Address, IPv4Network, NetmaskValueError

from packetwalk.shell.terminal import Failure, Terminal, Unknown, Words
from packetwalk.tables import RouteEntry
from packetwalk.tables.route import ROUTES

TABLES = {"main", "local", "default"}
PAIRS = {"via": "gateway", "dev": "dev", "src": "prefsrc", "proto": "protocol", "scope": "scope"}


def run(terminal: Terminal, words: Words, *, as_json: bool) -> str:
    """Run a command of ``ip route``."""
    command = words.next() if words else "show"
    if command in ("show", "list", "ls", "s"):
        return _show(terminal, words, as_json)
    if command in ("get", "g"):
        return _get(terminal, words)
    if command == "flush" and words.peek() == "cache":
        terminal.state.forget_paths(terminal.name)
        return ""
    if command in ("add", "replace", "del", "delete", "append"):
        return _change(terminal, command.removesuffix("ete"), words)
    raise Unknown("ip route", command, "show, get, add, replace, del, flush cache")


def _show(terminal: Terminal, words: Words, as_json: bool) -> str:
    table, wanted = "main", {}
    while words:
        word = words.next()
        if word == "table":
            table = words.next()
        elif word == "dev":
            wanted["dev"] = words.next()
        elif word == "proto":
            wanted["protocol"] = words.next()
        else:
            wanted["dst"] = _prefix(words.next() if word in ("exact", "to") else word)
    found = [
        route
        for route in terminal.entries(ROUTES)
        if table in ("all", route.table) and all(getattr(route, k) == v for k, v in wanted.items())
    ]
    if as_json:
        return json.dumps([route.json() for route in found]) + "\n"
    return "".join(f"{_line(route, wanted, table)} \n" for route in found)


def _line(route: RouteEntry, wanted: Mapping[str, str], table: str) -> str:
    """Return a line without what was asked for, as iproute2 prints it (``print_route``)."""
    if "dev" in wanted:
        route = route._replace(dev="")
    if "protocol" in wanted:
        route = route._replace(protocol=None)
    text = str(route)
    return f"{text} table {route.table}" if table == "all" and route.table != "main" else text


def _get(terminal: Terminal, words: Words) -> str:
    dst = _address(words.next())
    if words:
        raise Unknown("ip route get", words.peek(), "get ADDRESS")
    route = terminal.ns.fib.lookup(dst)
    if route is None or route.type in ("unreachable", "blackhole", "throw"):
        raise Failure("RTNETLINK answers: Network is unreachable", 2)
    if route.type == "local":
        return f"local {dst} dev lo src {dst} uid 0 \n    cache <local> \n"
    source = route.prefsrc or terminal.ns.address_of(route.dev, dst) or "0.0.0.0"
    via = f" via {route.gateway}" if route.gateway else ""
    return f"{dst}{via} dev {route.dev} src {source} uid 0 \n    cache \n"


def _change(terminal: Terminal, command: str, words: Words) -> str:
    fields: dict = {"dst": _prefix(words.next())}
    if fields["dst"] in ("blackhole", "unreachable"):
        fields = {"type": fields["dst"], "dst": _prefix(words.next())}
    while words:
        word = words.next()
        if word in PAIRS:
            fields[PAIRS[word]] = words.next()
        elif word in ("metric", "mtu"):
            fields[word] = int(words.next())
        elif word == "onlink":
            fields["onlink"] = True
        elif word == "table":
            fields["table"] = words.next()
        else:
            raise Unknown("ip route", word, ", ".join([*PAIRS, "metric", "mtu", "onlink", "table"]))
    return _delete(terminal, fields) if command == "del" else _put(terminal, command, fields)


def _delete(terminal: Terminal, fields: dict) -> str:
    for route in terminal.ns.entries(ROUTES):
        if route.table == fields.get("table", "main") and all(
            getattr(route, name) == value for name, value in fields.items()
        ):
            if not terminal.state.written(terminal.name, route):
                raise Unknown("ip route del", str(route), "routes that no address brings along")
            terminal.state.remove(terminal.name, route)
            return ""
    raise Failure("RTNETLINK answers: No such process", 2)


def _put(terminal: Terminal, command: str, fields: dict) -> str:
    gateway = fields.get("gateway")
    if "dev" in fields:
        terminal.link(fields["dev"])
    if gateway and not fields.get("onlink"):
        way = terminal.ns.fib.lookup(_address(gateway))
        if way is None or way.gateway or way.type != "unicast":
            raise Failure("Error: Nexthop has invalid gateway.", 2)
        fields.setdefault("dev", way.dev)
    if not gateway and "dev" not in fields and fields.get("type") is None:
        raise Failure("RTNETLINK answers: No such device", 2)
    if not gateway and fields.get("type") is None:
        fields.setdefault("scope", "link")
    route = RouteEntry(**fields)
    same = [
        each
        for each in terminal.ns.entries(ROUTES)
        if (each.table, each.dst, each.metric) == (route.table, route.dst, route.metric)
    ]
    if same and command == "add":
        raise Failure("RTNETLINK answers: File exists", 2)
    if same and terminal.state.written(terminal.name, same[0]):
        terminal.state.replace(terminal.name, same[0], route)
    else:
        terminal.state.add(terminal.name, route)
    return ""


def _address(text: str) -> str:
    try:
        return str(IPv4Address(text))
    except AddressValueError:
        raise Failure(f'Error: any valid prefix is expected rather than "{text}".') from None


def _prefix(text: str) -> str:
    """Return a destination as the tables write it: ``default``, an address, or a network."""
    if text in ("default", "blackhole", "unreachable"):
        return text
    try:
        network = IPv4Network(text, strict=False)
    except (AddressValueError, NetmaskValueError, ValueError):
        raise Failure(f'Error: any valid prefix is expected rather than "{text}".') from None
    if str(network) == "0.0.0.0/0":
        return "default"
    return str(network.network_address) if network.prefixlen == 32 else str(network)
