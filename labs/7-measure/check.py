"""What is looked at in lab 7: exact numbers by frames, measurements by what they are of; never who is faster."""

from packetwalk import lab
from packetwalk.lab.check import answers, hints
from packetwalk.lab.grounds.measure import Measurement

CABLE = 24  # bytes of a cable's time for each frame, beside the frame
DATA = 100  # bytes of the small datagram
LINK = 1000  # Mbit/s


def datagram(cluster):
    """Return the length of the small datagram's frame as it leaves kind-worker, in bytes."""
    frames = cluster.capture("a", "b", proto="udp", size=DATA).packet().frames
    sent = [f for f in frames if (f.netns, f.dev, f.direction) == ("kind-worker", "eth0", "out")]
    return len(sent[0].data) if sent else 0


def measured(cluster, runs, mode):
    """Return what is wrong with a list of measurements that should be of a mode on this cluster."""
    if cluster.mode != mode:
        return [f"the cluster is in the mode {cluster.mode}, not in {mode}"]
    strange = [each for each in runs if not isinstance(each, Measurement)]
    if strange:
        return [f"{str(strange[0])[:40]!r} is no measurement; cluster.measure returns one"]
    if len({id(each) for each in runs}) < 3:
        return [f"three measurements in a list are wanted, these are {len({id(each) for each in runs})}: only several show a spread"]
    other = [each for each in runs if (each.ground, each.mode) != (cluster.ground, mode)]
    if other:
        return [f"one is of {other[0].mode} on {other[0].ground}"]
    if any((each.src, each.dst) != ("a", "b") for each in runs):
        return ["one is not from a to b"]
    empty = [each for each in runs if not each.bytes and not each.why]
    return ["one has no bytes"] if empty else []


@hints(
    "Of all the time that a packet takes on the cable, which part carries payload?",
    "payload / (frame + 24) is the share; the cable carries 1000 Mbit/s.",
)
def check_1(cluster, goodput: answers.decimal):
    """With this MTU no machine gets more of TCP's payload through such a cable."""
    if cluster.mode != "vxlan":
        yield f"the cluster is in the mode {cluster.mode}: this step is about vxlan"
        return
    wanted = cluster.ceiling("a", "b").goodput(LINK)
    if abs(goodput - wanted) > 1:
        yield f"{goodput:.1f} Mbit/s is not what is left of {LINK}"


@hints(
    "The program's bytes divided by all that the cable is busy with for them.",
    "The first length that tcpdump prints is the outer frame; add the 24 bytes.",
)
def check_2(cluster, small: answers.share):
    """Less than half of the cable's time is the program's: the headers weigh more than its data."""
    if cluster.mode != "vxlan":
        yield f"the cluster is in the mode {cluster.mode}: this step is about vxlan"
        return
    frame = datagram(cluster)
    if abs(small - DATA / (frame + CABLE)) > 0.005:
        yield f"the frame on kind-worker's card has {frame} bytes: the share is not {small:.3f}"


@hints(
    'cluster.measure("a", "b") returns one measurement.',
    "Three of them in a list: a loop, or a list comprehension.",
)
def check_3(cluster, wrapped: answers.several):
    """Three measurements of this mode, from a to b, on this ground."""
    yield from measured(cluster, wrapped, "vxlan")


@hints(
    "`cluster.use` starts anew in another mode; then the same three measurements.",
    'cluster.use("host-gw"), and a list of three as in step 3.',
)
def check_4(cluster, plain: answers.several):
    """The cluster is in host-gw mode, wraps nothing any more, and is measured."""
    if "OTV" in cluster.node("kind-worker").tcpdump("eth0", "a", "b"):
        yield "between the nodes packets are still wrapped"
    yield from measured(cluster, plain, "host-gw")


@hints(
    "Compare the first `length` of the two listings of the datagram.",
    "Compute the share without VXLAN as in step 2, take the share with it off, and count in hundredths.",
)
def check_5(cluster, longer: answers.number, lost: answers.decimal):
    """The tunnel's headers are the same for every packet; what they cost depends on its size."""
    if cluster.mode != "host-gw":
        yield f"the cluster is in the mode {cluster.mode}: step 4 comes first"
        return
    bare = datagram(cluster)
    with lab.open("flannel", "vxlan", ground="model") as other:
        wrapped = datagram(other)
    if longer != wrapped - bare:
        yield f"the datagram's frame has {bare} bytes here and {wrapped} under VXLAN: it is not {longer} bytes longer"
    points = 100 * DATA * (1 / (bare + CABLE) - 1 / (wrapped + CABLE))
    if abs(abs(lost) - points) > 0.5:
        yield f"the share does not fall by {lost:.1f} points in a hundred"
