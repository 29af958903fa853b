"""What lab 8 asks before it shows it."""

import shutil
from pathlib import Path
from tempfile import TemporaryDirectory

from packetwalk import lab, walk
from packetwalk.walks.replay import replay
from packetwalk.widgets.questions import Stated, choice, end, see


def recorded(folder):
    """Record a ping of the model's cluster into a folder, and return the folder."""
    lab.open("flannel", "vxlan", ground="model").record(folder, "a", "b")
    return folder


def predict_2():
    """What nobody saw."""
    with TemporaryDirectory() as home:
        route = see(replay(recorded(Path(home, "ping"))), "route", "kind-worker")
    return choice(
        "That step is",
        {
            name: route.step.evidence == name.replace(" ", "_")
            for name in ("computed", "observed", "looked up")
        },
        route,
    )


def predict_3():
    """A copy."""
    with TemporaryDirectory() as home:
        here = replay(recorded(Path(home, "ping")))
        there = replay(shutil.copytree(Path(home, "ping"), Path(home, "elsewhere")))
    steps = [[(each.netns, each.event, each.evidence) for each in of.steps] for of in (here, there)]
    lines = [[str(each.entry) for each in of.steps] for of in (here, there)]
    return choice(
        "What is lost?",
        {
            "the frames": len(steps[1]) < len(steps[0]),
            "the deciding lines": lines[0] != lines[1],
            "nothing": steps[0] == steps[1] and lines[0] == lines[1],
        },
        end(there),
    )


def predict_4():
    """What a folder tells."""
    with TemporaryDirectory() as home:
        files = {
            each.name: each.read_text() for each in sorted(recorded(Path(home, "ping")).glob("kind-worker/*"))
        }
    offered = {
        name: text
        for name, text in files.items()
        if name.partition(".")[0] in ("route", "neigh", "iptables", "link")
    }
    told = {name: "default/web" in text for name, text in offered.items()}
    told["none of them"] = not any(told.values())
    name = next(name for name, said in told.items() if said)
    line = next((line for line in files.get(name, "").splitlines() if "default/web" in line), "")
    return choice(
        "Which file names a Service?",
        told,
        Stated(f"kind-worker/{name}", line, "kube-proxy’s comment names it."),
    )


def predict_5():
    """Somebody else's fault."""
    lost = walk("flannel", "vxlan", "cross-node", fault="vtep-mac-mismatch")
    well = walk("flannel", "vxlan", "cross-node")
    return choice(
        "Which machine threw it away?",
        {node: end(lost).step.netns == node for node in ("kind-worker", "kind-worker2")},
        end(lost),
    ), choice(
        "What is no longer as flanneld wrote it for the others?",
        {
            "the route of kind-worker": see(lost, "route", "kind-worker").line
            != see(well, "route", "kind-worker").line,
            "the MAC of flannel.1 on kind-worker2": see(lost, "encap").field("eth.dst") in end(lost).step.why,
        },
        end(lost),
    )
