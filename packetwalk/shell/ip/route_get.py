"""``ip route get``: what the kernel would do with a packet."""

from __future__ import annotations

from typing import Any

from packetwalk.shell.ip.lookups import by_device
from packetwalk.shell.ip.options import IpOptions
from packetwalk.shell.terminal import Failure, Terminal, Unknown
from packetwalk.shell.words import Words, chosen, number, prefix, wrong
from packetwalk.tables import RouteEntry
from packetwalk.tables.ip_rule import KERNELS
from packetwalk.tables.path import SECONDS
from packetwalk.walks.refusal import BY_RULE
from packetwalk.wire.address import ipv4_from_int, ipv4_to_int

REFUSED = {
    "unreachable": "RTNETLINK answers: No route to host",
    "blackhole": "RTNETLINK answers: Invalid argument",
    "prohibit": "RTNETLINK answers: Permission denied",
}
ANSWERS = "RTNETLINK answers: "
NOWHERE = f"{ANSWERS}Network is unreachable"
KNOWN = "get ADDRESS, from ADDRESS, iif DEVICE, oif DEVICE, mark MARK, fibmatch"
FLAGS = {"local": ["local"], "broadcast": ["local", "brd"], "multicast": ["local", "mc"]}


def run(terminal: Terminal, words: Words, options: IpOptions) -> str:
    """Print one lookup."""
    asked, warning = _asked(terminal, words, options)
    if "dst" not in asked:
        raise Failure("need at least a destination address")
    dst = asked["dst"]
    route = _found(terminal, dst, asked)
    if asked.get("fibmatch"):
        return f"{route} \n"
    told = _told(terminal, route, dst, asked)
    if options.json:
        return options.as_json([_json(told)])
    return warning + _text(told, route, options)


def _asked(terminal: Terminal, words: Words, options: IpOptions) -> tuple[dict[str, Any], str]:
    asked: dict[str, Any] = {}
    warning = ""
    while words:
        word, family = words.next(), "inet" if options.family or "dst" in asked else "any valid"
        if word in ("iif", "oif", "dev"):
            asked["iif" if word == "iif" else "oif"] = terminal.link(words.next()).ifname
        elif word == "from":
            asked["from"] = ipv4_from_int(prefix(words.next(), family).base)
        elif word == "mark":
            asked["mark"] = _mark(words.next())
        elif chosen(word, ("fibmatch",)) and len(word) > 1:
            asked["fibmatch"] = True
        elif word in (
            "tos",
            "dsfield",
            "uid",
            "vrf",
            "ipproto",
            "sport",
            "dport",
            "notify",
            "connected",
            "as",
        ):
            raise Unknown("ip route get", word, KNOWN)
        else:
            word = words.next() if chosen(word, ("to",)) else word
            goal = prefix(word, family)
            if "/" in word and goal.length != 32:
                warning = f"Warning: /{goal.length} as prefix is invalid, only /32 (or none) is supported.\n"
            asked["dst"] = ipv4_from_int(goal.base)
    return asked, warning


def _mark(value: str) -> int:
    try:
        return number(value, "")
    except Failure:
        raise wrong("invalid mark value", value) from None


def _found(terminal: Terminal, dst: str, asked: dict[str, Any]) -> RouteEntry:
    ns = terminal.ns
    source, came = asked.get("from"), asked.get("iif")
    question = ns.fib.asked(dst, asked.get("mark", 0), source or "", came or "lo")
    route, _, rule = ns.fib.routed[question, ""]
    if source and not came and source not in ns.local:
        raise Failure(NOWHERE, 2)
    if came and came != "lo":
        _received(terminal, source, route, asked)
    wanted = asked.get("oif")
    if wanted and (route is None or route.dev != wanted):
        return _out_of(terminal, dst, wanted)
    if 0xE0000000 <= ipv4_to_int(dst) < 0xF0000000 and route is not None and not came:
        return route._replace(type="multicast", gateway=None)
    if route is None or route.type == "throw":
        raise Failure(f"{ANSWERS}{BY_RULE[rule.action]}" if rule and rule.action else NOWHERE, 2)
    if route.type in REFUSED:
        raise Failure(REFUSED[route.type], 2)
    return route


def _received(
    terminal: Terminal, source: str | None, route: RouteEntry | None, asked: dict[str, Any]
) -> None:
    """Refuse what ``ip_route_input`` refuses of a packet that comes in by a device."""
    ns = terminal.ns
    if source in (None, *ns.local) or ns.links[asked["iif"]].master is not None:  # 0.0.0.0 is a martian
        raise Failure("RTNETLINK answers: Invalid argument", 2)
    forwards = ns.forwards(asked["iif"])
    if not forwards and (route is None or route.type not in ("local", "broadcast")):
        raise Failure("RTNETLINK answers: No route to host", 2)


def _out_of(terminal: Terminal, dst: str, dev: str) -> RouteEntry:
    """Return the best route that leaves by a device; none means that the goal is on its link."""
    return by_device(terminal, dst, dev) or RouteEntry(dst, dev, scope="link")


def _told(terminal: Terminal, route: RouteEntry, dst: str, asked: dict[str, Any]) -> dict[str, Any]:
    """Return what is said, in the order in which it is printed."""
    here = route.type in ("local", "broadcast")
    came = asked.get("iif")
    told: dict[str, Any] = {"type": route.type, "dst": dst}
    told["from"] = asked.get("from")
    told["gateway"] = route.gateway
    told["dev"] = "lo" if route.type == "local" or (here and came) else route.dev
    told["table"] = route.table
    told["apart"] = route.table != "main" and (route.table != "local" or _rule_added(terminal))
    source = terminal.ns.source_for(route)
    told["prefsrc"] = (
        None if came or asked.get("from") else dst if route.type == "local" and not came else source
    )
    told["mark"] = asked.get("mark")
    told["uid"] = None if came else 0
    told["cache"] = FLAGS.get(route.type, [])
    told["iif"] = came
    if (
        came
        and came == route.dev
        and route.type == "unicast"
        and _redirects(terminal, came, asked.get("from"))
    ):
        told["cache"] = ["redirect"]
    told["mtu"] = route.mtu
    told["learnt"] = None if here else terminal.state.paths.find(terminal.name, route, dst)
    if told["learnt"] and told["learnt"].gateway:
        told["gateway"] = told["learnt"].gateway
    return told


def _redirects(terminal: Terminal, dev: str, source: str | None) -> bool:
    """Say whether the sender is on the link of ``dev``, so that it is told of a shorter way (``__mkroute_input``)."""
    back = terminal.ns.fib.lookup(source) if source else None
    near = back is not None and back.dev == dev and back.gateway is None
    return near and terminal.ns.redirects(dev)


def _text(told: dict[str, Any], route: RouteEntry, options: IpOptions) -> str:
    words = [told["type"]] if told["type"] != "unicast" or options.details else []
    words.append(told["dst"])
    for word, name in (("from", "from"), ("via", "gateway"), ("dev", "dev")):
        words += [word, told[name]] if told[name] else []
    words += ["table", told["table"]] if options.details or told["apart"] else []
    words += ["src", told["prefsrc"]] if told["prefsrc"] else []
    words += ["mark", _mark_told(told["mark"])] if told["mark"] else []
    words += ["uid", str(told["uid"])] if told["uid"] is not None else []
    cache = ["cache", *([f"<{','.join(told['cache'])}>"] if told["cache"] else [])]
    cache += told["learnt"].words if told["learnt"] else _metrics(route)
    cache += ["iif", told["iif"]] if told["iif"] else []
    between = "\\" if options.oneline else "\n"
    return f"{' '.join(words)} {between}    {' '.join(cache)} \n"


def _metrics(route: RouteEntry) -> list[str]:
    """Return the MTU that stands in the route itself, learnt or not (``rtnetlink_put_metrics``)."""
    return ["mtu", *(["lock"] if route.lock else []), str(route.mtu)] if route.mtu else []


def _rule_added(terminal: Terminal) -> bool:
    """Say whether a rule was added: until then the table local is one with main (``fib_unmerge``)."""
    return any(rule not in KERNELS for rule in terminal.ns.fib.rules)


def _mark_told(mark: int) -> str:
    """Return a mark as it is printed: with letters from sixteen on (``print_route``)."""
    return hex(mark) if mark > 15 else str(mark)


def _json(told: dict[str, Any]) -> dict[str, Any]:
    names = ("type", "dst", "from", "gateway", "dev", *(["table"] if told["apart"] else []), "prefsrc")
    out = {name: told[name] for name in names if told[name]}
    if out["type"] == "unicast":
        del out["type"]
    out["flags"] = []
    if told["mark"]:
        out["mark"] = told["mark"]
    if told["uid"] is not None:
        out["uid"] = told["uid"]
    out["cache"] = told["cache"]
    if told["learnt"]:
        out |= {"expires": SECONDS, "metrics": [{"mtu": told["learnt"].mtu}]}
    elif told["mtu"]:
        out["metrics"] = [{"mtu": told["mtu"]}]
    return {**out, "iif": told["iif"]} if told["iif"] else out
