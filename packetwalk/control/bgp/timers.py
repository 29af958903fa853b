"""How long BIRD waits, as confd's bird.cfg sets it; BIRD counts whole seconds, so each may end up to one sooner."""

from __future__ import annotations

from packetwalk.control.timeline import MILLISECOND, SECOND

CONNECT = 2 * SECOND  # connect delay time, also after a refused connection
RETRY = 5 * SECOND  # connect retry time: a connection that nobody answers
ERROR = 5 * SECOND  # error wait time, at first
HOLD = 240 * SECOND  # hold time: a peer that was not heard for so long is gone
KEEPALIVE = 80 * SECOND  # a third of it
GRACEFUL = 120 * SECOND  # graceful restart time: how long the routes of a peer that went without a word stay
RECOVERY = 240 * SECOND  # graceful restart wait: how long a BIRD started with -R waits for its peers
SCAN = 2 * SECOND  # scan time: how often BIRD looks at the kernel's routes
LEARNT = 1 * MILLISECOND  # until BIRD has heard from the kernel that a route came or went
