"""A recording: what the tools printed in each namespace, and the frames of the packets that were sent.

On disk it is a plain folder: ``recording.json``, one folder a namespace with what each tool printed,
one pcapng a packet.  Nothing in it needs privileges to read, and no command asks for a secret.
"""

from packetwalk.capture.recording.reading import read
from packetwalk.capture.recording.values import (
    COMMANDS,
    COMMANDS6,
    HEAD,
    VERSION,
    Place,
    Probe,
    Recording,
    Sent,
)
from packetwalk.capture.recording.writing import write

__all__ = ["COMMANDS", "COMMANDS6", "HEAD", "VERSION", "Place", "Probe", "Recording", "Sent", "read", "write"]
