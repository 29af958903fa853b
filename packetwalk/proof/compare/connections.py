"""What connection tracking wrote down of each TCP and UDP packet, in model and recording."""

from __future__ import annotations

from packetwalk.capture.recording import Place, Recording, Sent
from packetwalk.datapath.run import Run
from packetwalk.tables import ConntrackEntry
from packetwalk.tables.conntrack import CONNECTIONS

MASKS = {
    "connections": "Both directions of each connection are compared; the port that masquerading draws is not. "
    "Where no rule of a namespace asks for tracking, it depends on the kernel's other modules, and is left out. So are those of IPv6, which the tool lists only when asked for them.",
}


def difference(run: Run, recording: Recording, sent: Sent) -> str:
    """Return the first namespace that took a connection down differently; empty when there is none."""
    if ":" in sent.dst or sent.packet.proto == "icmp" or _sends_again(recording, sent):  # its identifier is the program's
        return ""
    for place in recording.places:
        if not CONNECTIONS.files.keys() <= place.files.keys() or place.netns not in run.conntracks:
            continue
        made = _modelled(run, place.netns, sent)
        goals = {sent.dst, *(entry.dst for entry in made)}
        ours, theirs = (
            sorted(_shown(entry) for entry in some if entry.dst in goals)
            for some in (made, _recorded(place, sent))
        )
        if theirs != ours:
            return f"{place.netns}: connections of the model {ours}; of the kernel {theirs}"
    return ""


def _sends_again(recording: Recording, sent: Sent) -> bool:
    """Say whether more is sent from this port later: the listing is as the last packet left it."""
    later = recording.sent[recording.sent.index(sent) + 1 :]
    return any(
        (each.packet.proto, each.packet.sport) == (sent.packet.proto, sent.packet.sport) for each in later
    )


def _recorded(place: Place, sent: Sent) -> list[ConntrackEntry]:
    """Return the connections with the packet's port; earlier packets with the same one went elsewhere."""
    return [
        entry
        for entry in place.entries(CONNECTIONS)
        if (entry.protocol, entry.sport) == (sent.packet.proto, sent.packet.sport)
    ]


def _modelled(run: Run, netns: str, sent: Sent) -> list[ConntrackEntry]:
    table = run.conntracks.get(netns)
    entries = [connection.entry() for connection in table.connections()] if table else []
    return [entry for entry in entries if entry.sport == sent.packet.sport]


def _shown(entry: ConntrackEntry) -> str:
    """Return an entry as text, without a port that masquerading drew."""
    drawn = (entry.reply_dst, entry.reply_dport) != (entry.src, entry.sport)
    port = "any" if drawn else entry.reply_dport
    return (
        f"{entry.protocol} {entry.src}:{entry.sport} > {entry.dst}:{entry.dport}, "
        f"answered {entry.reply_src}:{entry.reply_sport} > {entry.reply_dst}:{port}"
    )
