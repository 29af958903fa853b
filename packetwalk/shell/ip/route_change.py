"""``ip route add``, ``append``, ``prepend``, ``change``, ``replace``, ``del`` (``iproute_modify``, ``fib_table_insert``)."""

from __future__ import annotations

from typing import Any

from packetwalk.shell.ip import link_state, names
from packetwalk.shell.ip.lookups import by_device
from packetwalk.shell.terminal import Failure, Terminal, Unknown
from packetwalk.shell.words import Prefix, Words, address, chosen, number, prefix, twice, wrong
from packetwalk.tables import RouteEntry
from packetwalk.tables.route import ROUTES

OTHER = [
    "tos",
    "dsfield",
    "nexthop",
    "nhid",
    "realms",
    "encap",
    "as",
    "hoplimit",
    "advmss",
    "reordering",
    "rtt",
    "rttvar",
    "window",
    "cwnd",
    "initcwnd",
    "ssthresh",
    "rto_min",
    "initrwnd",
    "features",
    "quickack",
    "congctl",
    "pref",
    "expires",
    "fastopen_no_cookie",
    "ttl-propagate",
    "weight",
    "pervasive",
    "mtu6",
]
KNOWN = "TYPE PREFIX, via, dev, src, metric, scope, proto, table, mtu, onlink"
MODELLED = ("unicast", "blackhole", "unreachable", "prohibit", "throw")
WITHOUT_DEVICE = ("blackhole", "unreachable", "prohibit", "throw")
EXISTS = Failure("RTNETLINK answers: File exists", 2)


def run(terminal: Terminal, command: str, words: Words) -> str:
    """Change a route."""
    asked = _asked(terminal, words)
    if "dst" not in asked:
        raise Unknown("ip route", f"{command} without a destination", KNOWN)
    base = asked.pop("base")
    if command == "delete":
        return _delete(terminal, asked)
    if base.base & ~base.mask:
        raise Failure("Error: Invalid prefix for given prefix length.", 2)
    _put(terminal, command, _checked(terminal, asked))
    return ""


def _asked(terminal: Terminal, words: Words) -> dict[str, Any]:
    asked: dict[str, Any] = {}
    while words:
        word = words.next()
        if word == "src":
            asked["prefsrc"] = address(words.next(), "inet")
        elif word == "via":
            if "gateway" in asked:
                raise wrong("use nexthop syntax to specify multiple via\n", "via")
            word = words.next()
            if word in ("inet6", "mpls", "link", "bridge"):
                raise Unknown("ip route", f"via {word}", KNOWN)
            asked["gateway"] = address(words.next() if word == "inet" else word, "inet")
        elif word in ("dev", "oif"):
            asked["dev"] = words.next()
        elif chosen(word, ("metric", "priority", "preference")) and len(word) > 1 and word != "pref":
            asked["metric"] = number(words.next(), '"metric" value is invalid\n')
        elif chosen(word, ("scope",)) and len(word) > 1:
            asked["scope"] = names.scope(words.next(), 'invalid "scope" value\n')
        elif word == "mtu":
            locked = words.take("lock")
            asked["mtu"] = number(words.next(), '"mtu" value is invalid\n')
            asked["lock"] = locked
        elif chosen(word, ("protocol",)) and len(word) > 1:
            asked["protocol"] = names.protocol(words.next(), '"protocol" value is invalid\n')
        elif chosen(word, ("table",)) and len(word) > 1:
            asked["table"] = names.table(words.next(), '"table" value is invalid\n')
        elif word == "onlink":
            asked["onlink"] = True
        elif word in OTHER:
            raise Unknown("ip route", word, KNOWN)
        else:
            _destination(asked, word, words)
    if "dev" in asked:
        asked["dev"] = terminal.link(asked["dev"]).ifname
    return asked


def _destination(asked: dict[str, Any], word: str, words: Words) -> None:
    if word == "to":
        word = words.next()
    kind = next((name for name in names.TYPES if name == word), None)
    if kind is not None:
        asked["type"] = {"brd": "broadcast"}.get(kind, kind)
        word = words.next()
    if "dst" in asked:
        raise twice("to", word)
    asked["base"] = prefix(word)
    asked["dst"] = str(Prefix(asked["base"].base & asked["base"].mask, asked["base"].length))


def _delete(terminal: Terminal, asked: dict[str, Any]) -> str:
    asked.pop("lock", None)
    asked.pop("onlink", None)
    usual = {"protocol": "boot", "scope": "global", "table": "main"}
    for route in terminal.ns.entries(ROUTES):
        mine = {name: getattr(route, name) or usual.get(name) for name in {"table": "main", **asked}}
        if mine == {"table": "main", **asked}:
            terminal.state.remove(terminal.name, route)
            return ""
    raise Failure("RTNETLINK answers: No such process", 2)


def _checked(terminal: Terminal, asked: dict[str, Any]) -> RouteEntry:
    """Return the route, or fail as ``fib_create_info`` does."""
    kind = asked.get("type", "unicast")
    if kind not in MODELLED:
        raise Unknown("ip route", kind, ", ".join(MODELLED))
    gateway, dev = asked.get("gateway"), asked.get("dev")
    if kind in WITHOUT_DEVICE:
        if gateway or dev:
            raise Failure("Error: Gateway, device and multipath can not be specified for this route type.", 2)
    elif gateway:
        asked["dev"], asked["own_gateway"] = _through(terminal, gateway, dev, asked)
    elif not dev:
        raise Failure("RTNETLINK answers: No such device", 2)
    else:
        asked.setdefault("scope", "link")
    if asked.get("dev"):
        link_state.needs_up(terminal.link(asked["dev"]))
    source = asked.get("prefsrc")
    if source and source not in terminal.ns.local:
        raise Failure("Error: Invalid prefsrc address.", 2)
    for name, usual in (("scope", "global"), ("protocol", "boot")):
        if asked.get(name) == usual:
            asked[name] = None
    return RouteEntry(**asked)


def _through(terminal: Terminal, gateway: str, dev: str | None, asked: dict[str, Any]) -> tuple[str, bool]:
    """Return the device by which a gateway is reached, and whether it is an own address (``fib_check_nh``)."""
    if asked.get("onlink"):
        if not dev:
            raise Failure("Error: Nexthop device required for onlink.", 2)
        if gateway in terminal.ns.local:
            raise Failure("Error: Nexthop has invalid gateway.", 2)
        return dev, False
    way = by_device(terminal, gateway, dev, asked.get("table", "main")) if dev else terminal.ns.fib.lookup(gateway)
    local = way is not None and way.type == "local"
    if way is None or way.gateway or not (way.type == "unicast" or local):
        raise Failure("Error: Nexthop has invalid gateway.", 2)
    return way.dev, local


def _put(terminal: Terminal, command: str, route: RouteEntry) -> None:
    """Insert it among those of the same destination and metric."""
    same = [
        each
        for each in terminal.ns.entries(ROUTES)
        if (each.table, each.dst, each.metric) == (route.table, route.dst, route.metric)
    ]
    if not same:
        if command == "change":
            raise Failure("RTNETLINK answers: No such file or directory", 2)
        terminal.state.add(terminal.name, route)
    elif command == "add":
        raise EXISTS
    elif command in ("change", "replace"):
        if route == same[0]:
            return
        if route in same:
            raise EXISTS
        terminal.state.replace(terminal.name, same[0], route)
    elif route in same:
        raise EXISTS
    elif command == "append":
        terminal.state.add(terminal.name, route)
    else:
        terminal.state.insert(terminal.name, same[0], route)
