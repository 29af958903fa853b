"""Which lines of a network's tables another release of their program writes otherwise, and which release changed them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from packetwalk.cni import Plugin, plugins
from packetwalk.plan import kube_proxy_releases as proxies
from packetwalk.plan.rules import IPTABLES
from packetwalk.tables import Entry, every_table
from packetwalk.walks.network import Network


class ReleaseOrder:
    """Releases of one program, the oldest first, by the name that chooses each; ``at`` is where the walked one stands."""

    def __init__(self, title: str, numbers: Mapping[str, str], walked: str) -> None:
        """Take the releases' numbers by name."""
        self.names = sorted(numbers, key=lambda name: [*map(int, numbers[name].split("."))])
        self.titles = [f"{title} {numbers[name]}" for name in self.names]
        self.at = self.names.index(walked)

    def changed(self, has: Sequence[bool]) -> str:
        """Return the release that brought a line which releases have or not, else the one that took it away; empty: none."""
        first = last = self.at
        while first and has[first - 1]:
            first -= 1
        while last + 1 < len(has) and has[last + 1]:
            last += 1
        if first:
            return self.titles[first]
        return self.titles[last + 1] if last + 1 < len(has) else ""


class Changed:
    """The changed lines of a cluster with a plugin, namespace by namespace."""

    def __init__(self, plugin: Plugin, rules: str, made: Callable[[str], Network]) -> None:
        """Take the plugin in its release, the form of the rules, and what returns the same cluster in another, unbroken."""
        self._made = made
        own = {
            each.name: each.name
            for each in plugins()[plugin.name].releases
            if rules == IPTABLES or each.nftables
        }
        beside = {each.name: each.number for each in proxies.differing(rules, plugin.proxy)}
        self._plugin = ReleaseOrder(plugin.title, own, plugin.release.name)
        self._proxy = ReleaseOrder(proxies.PROGRAM, beside, plugin.proxy.name)
        self._known: dict[str, dict[Entry, str]] = {}

    def lines(self, netns: str) -> Mapping[Entry, str]:
        """Return the lines of a namespace that a release changed, each with that release: ``Calico 3.33``."""
        if netns not in self._known:
            self._known[netns] = dict(self._compared(netns))
        return self._known[netns]

    def _compared(self, netns: str) -> Iterator[tuple[Entry, str]]:
        several = [each for each in (self._plugin, self._proxy) if each.names[1:]]
        if not several:
            return
        written = {name: self._written(netns, name) for each in several for name in each.names}
        for each in several:
            here = self._made(each.names[each.at]).fabric.netns(netns)
            for table in every_table():
                for entry in here.entries(table):
                    by_proxy = here.origin.get(entry, ("", ""))[0] == proxies.PROGRAM
                    if by_proxy == (each is self._proxy):
                        line = table.name, str(entry)
                        release = each.changed([line in written[name] for name in each.names])
                        if release:
                            yield entry, release

    def _written(self, netns: str, release: str) -> set[tuple[str, str]]:
        ns = self._made(release).fabric.netns(netns)
        return {(table.name, str(entry)) for table in every_table() for entry in ns.entries(table)}
