"""Why a packet does not arrive: recorded tables, loaded into the model, and the packet sent there.

The recording tells what stands in the tables and what taps have seen; the model decides as the kernel does with
just these tables.  What was not recorded is said, never guessed.
"""

from packetwalk.why.change import Mend, applied
from packetwalk.why.diagnosis import Diagnosis, why
from packetwalk.why.dropped import found
from packetwalk.why.loading import Loaded, load
from packetwalk.why.pairs import Pairs, pairs

__all__ = ["Diagnosis", "Loaded", "Mend", "Pairs", "applied", "found", "load", "pairs", "why"]
