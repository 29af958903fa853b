"""What the kernel tells a sender only now and then, and how long a lab waits until it does (``struct inet_peer``).

A router sends the next redirect after 20 milliseconds, then after twice as long each time (``ip_rt_send_redirect``);
of packets without a route it tells five times in a row, then once a second (``ip_error``).  Both count in one place,
which a redirect empties.  The settings (net.ipv4.route) are the whole machine's, so no namespace can change them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from packetwalk.datapath.run import Run
from packetwalk.wire import Ipv4

REDIRECT_LOAD = 0.02  # seconds (ip_rt_redirect_load)
ERRORS = 5  # in a row (ip_rt_error_burst)
ERROR_COST = 1.02  # seconds for each more (ip_rt_error_cost), and some for the clock's tick
Peer = tuple[str, str]  # who tells whom: namespace, address


class HoldingBack:
    """Of the packets of one cluster: who has been told how often."""

    def __init__(self) -> None:
        self._redirects = 0
        self._errors: Counter[Peer] = Counter()

    def until(self, run: Run | None) -> float:
        """Return how many seconds to wait before the packet of which the model says ``run``; none without one."""
        wait = 0.0
        if run is not None and run.redirected:
            self._redirects += 1
            wait = REDIRECT_LOAD * 2**self._redirects
            self._errors |= Counter(dict.fromkeys(run.redirected, ERRORS))
        for peer, many in Counter(refused(run) if run else ()).items():
            missing = max(0, self._errors[peer] + many - ERRORS)
            wait = max(wait, ERROR_COST * missing)
            self._errors[peer] += many - missing
        return wait


def refused(run: Run) -> Iterator[Peer]:
    """Yield who found no route for a packet that came, and its sender then, once for each packet."""
    for trace in run.traces:
        last = trace.steps[-1]
        if trace.disposition == "no_route" and last.netns != trace.steps[0].netns:
            yield last.netns, next(header.src for header in last.before if isinstance(header, Ipv4))
