"""What the call of a program fails with that sends a packet: the moment and the error of the socket layer."""

from __future__ import annotations

from packetwalk.datapath.run import Run
from packetwalk.tables import IpRule, RouteEntry

NOWHERE, TOO_LONG, FORBIDDEN = "Network is unreachable", "Message too long", "Operation not permitted"
NO_ROOM = "No buffer space available"
AT_HOME = ("OUTPUT", "POSTROUTING")
"""The hooks at which a rule can refuse what the machine itself sends."""
BY_ROUTE = {
    "unreachable": "No route to host",
    "prohibit": "Permission denied",
    "blackhole": "Invalid argument",
}
"""What connect() and sendto() fail with for a route's type (``fib_props``)."""
BY_RULE = BY_ROUTE | {"unreachable": NOWHERE}
"""And for a rule's action (``fib4_rule_action``)."""


def refusal(run: Run) -> str:
    """Return the error, in the words of the C library, that the sender's own kernel gave; empty when it gave none.

    What happens to the packet later is no error of the call: ENETUNREACH, EMSGSIZE and the like come before it has
    left, EPERM from a rule at OUTPUT or POSTROUTING, ENOBUFS from a veth whose other end takes no frame so long
    (only a socket with IP_RECVERR, as ping's, is told that).
    """
    request = run.traces[0]
    last, here = request.steps[-1], run.client
    left = [step for step in request.steps if step.event == "egress"]
    if last.event != "drop":
        return ""
    if last.note[:1] == ("not-forwardable",):
        at_once = len(left) == 1 and left[0].netns == here and request.steps[-2] is left[0]
        return NO_ROOM if at_once and left[0].note[:1] == ("to-peer",) else ""
    if last.netns != here or left:
        return ""
    told = request.flow.proto != "tcp"  # connect() waits on, as if the segment had been lost
    if last.note[:1] == ("broadcast-refused",):
        return BY_ROUTE["prohibit"] if told else NOWHERE
    late = not told and any(step.hook == "OUTPUT" for step in request.steps)
    if last.note[:1] == ("loopback-out",):
        return "" if late else BY_ROUTE["blackhole"]
    if request.disposition == "no_route" and late:
        return ""
    if request.disposition == "no_route":
        if isinstance(last.entry, IpRule):
            return BY_RULE.get(last.entry.action, NOWHERE)
        return BY_ROUTE.get(last.entry.type, NOWHERE) if isinstance(last.entry, RouteEntry) else NOWHERE
    if last.note[:1] == ("message-too-long",):
        return TOO_LONG
    return FORBIDDEN if told and last.hook in AT_HOME else ""


def forbidden(run: Run) -> bool:
    """Say whether a rule refused a packet before it left its sender's machine: a raw socket is told so of TCP too."""
    last = run.traces[0].steps[-1]
    left = any(step.event == "egress" for step in run.traces[0].steps)
    return last.event == "drop" and last.netns == run.client and last.hook in AT_HOME and not left
