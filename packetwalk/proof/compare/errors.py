"""What the call failed with by which a program sent the packet, in model and kernel."""

from __future__ import annotations

from packetwalk.capture.recording import Recording, Sent
from packetwalk.datapath.run import Run
from packetwalk.walks.refusal import NO_ROOM, refusal

SENT = "sent"
MASKS = {
    "errors of sockets": "Compared where the packet was sent just now. Of TCP only what the model says: an ICMP error "
    "ends a call of connect() too. ENOBUFS is told only to sockets that ask for it."
}


def difference(run: Run, recording: Recording, sent: Sent) -> str:
    """Return how the errors differ, as text; empty when they are the same, or the kernel's is not known."""
    ours = refusal(run)
    expected = SENT if ours in ("", NO_ROOM) else ours
    if not sent.said or sent.said == expected or (sent.packet.proto == "tcp" and expected == SENT):
        return ""
    return f"the program was told '{sent.said}' by the kernel, '{expected}' by the model"
