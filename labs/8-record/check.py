"""What is looked at in lab 8."""

import re

from packetwalk.errors import BadInput
from packetwalk.lab.check import answers, hints
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
)
def check_1(cluster, hop: answers.address):
    """The recorded route leads where the cluster's own route does."""
    way = cluster.node(WORKER).run(f"ip route get {cluster.address('b')}")
    found = re.search(r" via (\S+) ", way)
    if found is None or hop != found[1]:
        yield f"{WORKER} does not send packets for {cluster.address('b')} to {hop}"


@hints(
    "Each step has netns, event and evidence.",
    'Look for the step with netns "kind-worker" and event "route".',
)
def check_2(cluster, evidence: answers.word):
    """Nobody saw the kernel choose the route: the line comes from the recorded table."""
    walk = replay(cluster.capture("a", "b"))
    real = {step.evidence for step in walk.traces[0].steps if (step.netns, step.event) == (WORKER, "route")}
    if evidence not in real:
        yield f"the step with the route of {WORKER} is not {evidence}"


@hints(
    "`shutil.copytree` copies a folder, `shutil.rmtree` deletes one.",
    'Then replay(home / "elsewhere").',
)
def check_3(cluster, home: answers.folder, walk, there):
    """Nothing of the walk is lost: the folder is all there is."""
    if (home / "ping").exists():
        yield f"the folder {home / 'ping'} is still there"
    copy, wrong = walked(home / "elsewhere")
    yield from wrong
    if copy is not None and repr(there) != repr(copy):
        yield "`there` is not the walk of the copy"
    if repr(there) != repr(walk):
        yield "the walk of the copy is not the one from before"


@hints(
    "Look into the files for the text default/web.",
    "kube-proxy writes the names of Services as comments of its rules.",
)
def check_4(cluster, home: answers.folder, told: answers.folder):
    """Names of Services are in the comments of kube-proxy's rules; headers are all that is kept of frames."""
    folder = home / "headers"
    _, wrong = walked(folder)
    yield from wrong
    files = [each for each in (folder / WORKER).glob("*") if told.name in (each.name, each.stem)]
    if not files:
        yield f"the folder {WORKER} of the recording has no file {told.name}"
    elif "default/web" not in files[0].read_text(errors="replace"):
        yield f"{files[0].name} does not name default/web"


@hints(
    "The second line of the walk says where the request ends.",
    "The last step of walk.traces[0] has netns and dev.",
)
def check_5(cluster, home: answers.folder, node: answers.node, device: answers.device):
    """The request got as far as that device, and was for another MAC than its own."""
    walk, wrong = walked(home / "sick")
    yield from wrong
    if walk is None:
        return
    if walk.traces[0].disposition == "delivered" or cluster.pod("a").ping("b").ok:
        yield "the ping is not lost: the fault belongs to this step"
    last = walk.traces[0].steps[-1]
    if (node, device) != (last.netns, last.dev):
        yield f"the request does not end at {device} of {node}"
