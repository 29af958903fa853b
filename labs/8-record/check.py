"""What is looked at in lab 8."""

import re
from pathlib import Path

from packetwalk.errors import BadInput
from packetwalk.lab.check import hints
from packetwalk.walks.replay import replay

WORKER = "kind-worker"


def walked(folder):
    """Return the walk of a recording, and what is wrong with it if it has none."""
    try:
        return replay(folder), []
    except BadInput as error:
        return None, [str(error)]


@hints(
    "The file is a list of routes; each has dst, and those that lead to another node have a gateway.",
    'Pod b\'s address is in one of the ranges: `cluster.address("b")`.',
    "The gateway of the route whose dst is b's range, 10.244.2.0/24 in the book's cluster.",
)
def check_1(cluster, hop):
    """The recorded route leads where the cluster's own route does."""
    way = cluster.node(WORKER).run(f"ip route get {cluster.address('b')}")
    found = re.search(r" via (\S+) ", way)
    if found is None or hop.strip() != found[1]:
        yield f"{WORKER} does not send packets for {cluster.address('b')} to {hop}"


@hints(
    "Each step has netns, event and evidence.",
    'Look for the step with netns "kind-worker" and event "route".',
    "Taps see frames, not decisions: it is the other word.",
)
def check_2(cluster, evidence):
    """Nobody saw the kernel choose the route: the line comes from the recorded table."""
    walk = replay(cluster.capture("a", "b"))
    real = {step.evidence for step in walk.traces[0].steps if (step.netns, step.event) == (WORKER, "route")}
    if evidence not in real:
        yield f"the step with the route of {WORKER} is not {evidence}"


@hints(
    "`shutil.copytree` copies a folder, `shutil.rmtree` deletes one.",
    'Then replay(home / "elsewhere").',
    'shutil.copytree(home / "ping", home / "elsewhere"), shutil.rmtree(home / "ping"), there = replay(...)',
)
def check_3(cluster, home, walk, there):
    """Nothing of the walk is lost: the folder is all there is."""
    if (Path(home) / "ping").exists():
        yield f"the folder {Path(home) / 'ping'} is still there"
    copy, wrong = walked(Path(home) / "elsewhere")
    yield from wrong
    if copy is not None and repr(there) != repr(copy):
        yield "`there` is not the walk of the copy"
    if repr(there) != repr(walk):
        yield "the walk of the copy is not the one from before"


@hints(
    "Look into the files for the text default/web.",
    "kube-proxy writes the names of Services as comments of its rules.",
    "The file that keeps what iptables-save printed.",
)
def check_4(cluster, home, told):
    """Names of Services are in the comments of kube-proxy's rules; headers are all that is kept of frames."""
    folder = Path(home) / "headers"
    _, wrong = walked(folder)
    yield from wrong
    file = folder / WORKER / Path(told).name
    if not file.is_file() or "default/web" not in file.read_text():
        yield f"{told} does not name default/web"


@hints(
    "The second line of the walk says where the request ends.",
    "The last step of walk.traces[0] has netns and dev.",
    "lost = replay(home / 'sick').traces[0].steps[-1], then node = lost.netns and device = lost.dev",
)
def check_5(cluster, home, node, device):
    """The request got as far as that device, and was for another MAC than its own."""
    walk, wrong = walked(Path(home) / "sick")
    yield from wrong
    if walk is None:
        return
    if walk.traces[0].disposition == "delivered" or cluster.pod("a").ping("b").ok:
        yield "the ping is not lost: the fault belongs to this step"
    last = walk.traces[0].steps[-1]
    if (node, device) != (last.netns, last.dev):
        yield f"the request does not end at {device} of {node}"
