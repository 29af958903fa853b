"""An interrupted cell ends its program, and the cluster goes on."""

from __future__ import annotations

import re
import signal
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from packetwalk import lab
from packetwalk.lab.grounds.ground import Ground
from tests.waiting import until

PATTERN, ECHOES = "5ab1e5", 19  # what these echoes carry, and nobody else's do; one a second, were they left alone


def running() -> bool:
    """Say whether there is a process whose command line holds the pattern."""
    for each in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if PATTERN.encode() in each.read_bytes():
                return True
        except OSError:
            continue  # it has ended since
    return False


def interrupt_once_it_runs() -> None:
    if until(running):
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)


def received(cluster: Ground) -> int:
    """Return how many echo requests pod b has had, as its kernel counts them."""
    names, values = re.findall(r"^Icmp: (.*)$", cluster.pod("b").run("cat /proc/net/snmp"), re.MULTILINE)
    return int(values.split()[names.split().index("InEchos")])


@pytest.fixture
def heard() -> Iterator[None]:
    """Let this program hear Ctrl-C as a notebook's kernel does: a shell may have started the tests deaf to it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.kernel
@pytest.mark.usefixtures("heard")
def test_a_ping_that_is_interrupted_ends_and_the_next_one_is_answered() -> None:
    """Tried thrice at most: on a machine that stands still for a while the echoes may all have gone before."""
    with lab.open("flannel", "vxlan", ground="netns") as cluster:
        for _ in range(3):
            before = received(cluster)
            interrupter = threading.Thread(target=interrupt_once_it_runs)
            interrupter.start()
            with pytest.raises(KeyboardInterrupt):
                cluster.pod("a").run(f"ping -p {PATTERN} -c {ECHOES} b")
            interrupter.join()
            assert until(lambda: not running())
            if received(cluster) - before < ECHOES:
                break
        else:
            pytest.fail("the interrupted ping has sent all of its echoes")
        assert cluster.pod("a").ping("b").ok
