"""The Linux data path: what a kernel does with a packet, decided by tables and nothing else.

Tables never change while a network lives, so what follows from them is made once (``Memo``), by all that it
follows from: the route of a destination and mark (``fib``), the verdict on what rules read (``chain``), the
header for a neighbour and the drivers that listen on a port (``netns``), what a step says of a frame that
comes in (``device``).  What a walk changes itself (connections, what was learnt, fragments, counters) belongs
to its ``Run`` and is gone with it.
"""
