"""Rules of which not every word is known: a recording is asked all the same, and what hangs on such a rule is not known."""

from __future__ import annotations

import pytest

from packetwalk.capture.recording import Recording, read
from packetwalk.proof import recordings
from packetwalk.why import why

NODE = "kind-worker"
LIMITED = "-A FORWARD -m hashlimit --hashlimit-upto 5/sec --hashlimit-name x"


def with_file(recorded: Recording, name: str, change: tuple[str, str]) -> Recording:
    """Return a recording with words of a node's file changed; of a file that is not there, the new ones alone."""
    node = recorded.place(NODE)
    files = {**node.files, name: node.files.get(name, change[0]).replace(*change, 1)}
    places = tuple(each._replace(files=files) if each is node else each for each in recorded.places)
    return recorded._replace(places=places, sent=())


def ruled(rule: str) -> Recording:
    """Return a recording in which a node has one more rule, the first of its table."""
    recorded = read(recordings.find("calico-bgp"))
    text = recorded.place(NODE).files["iptables.txt"]
    filtering = text[text.index("*filter") :]
    chains = filtering[: filtering.rindex("\n", 0, filtering.index("-A "))]
    last = [line for line in chains.split("\n") if line.startswith(":")][-1]
    return with_file(recorded, "iptables.txt", (f"{last}\n", f"{last}\n{rule}\n"))


def nft(rule: str) -> Recording:
    """Return a recording in which a node has a table of nftables with one rule."""
    hook = "type filter hook forward priority filter; policy accept;"
    made = f"table ip x {{\n\tchain c {{\n\t\t{hook}\n\t\t{rule}\n\t}}\n}}\n"
    return with_file(read(recordings.find("calico-bgp")), "nft.txt", ("", made))


@pytest.mark.parametrize(
    ("rule", "verdict"),
    [
        (f"{LIMITED} -j DROP", "not known"),
        (f"{LIMITED} -j ACCEPT", "reaches"),  # one that lets pass does not stop what arrives
        (f"{LIMITED} -j LOG", "reaches"),
        (f"{LIMITED} -p udp -j DROP", "reaches"),  # what is known of it does not fit a ping
        ("-A FORWARD -d 10.9.9.9/32 -j NFQUEUE --queue-num 1", "reaches"),
        ("-A FORWARD -j NFQUEUE --queue-num 1", "not known"),
        ("-A FORWARD -m geoip --src-cc CN -j DROP", "not known"),
    ],
)
def test_a_rule_with_unknown_words(rule: str, verdict: str) -> None:
    answer = why(ruled(rule), "a", "b")
    assert answer.verdict == verdict, str(answer)
    assert (rule in str(answer)) == (verdict == "not known")
    assert "packetwalk-" not in str(answer)


@pytest.mark.parametrize(
    ("rule", "verdict"),
    [
        ("limit rate 10/second drop", "not known"),
        ("ip daddr 10.9.9.9 limit rate 10/second drop", "reaches"),
        ("ip daddr 10.9.9.9 ip daddr set 127.0.0.1", "reaches"),
        ("tcp flags syn drop", "reaches"),
        ("icmp type echo-request ct count over 3 drop", "not known"),
        ("socket transparent 1 accept", "reaches"),
        ('log prefix "seen " group 2', "reaches"),
        ('log prefix "seen " drop', "does not reach"),
        ("fib saddr oif", "not known"),
    ],
)
def test_a_rule_of_nftables_with_unknown_words(rule: str, verdict: str) -> None:
    answer = why(nft(rule), "a", "b")
    assert answer.verdict == verdict, str(answer)
    assert "packetwalk-" not in str(answer)


def test_what_ends_for_another_reason_ends_there_whatever_a_rule_says() -> None:
    recorded = ruled(f"{LIMITED} -j DROP")
    lost = with_file(recorded, "route.json", ("10.244.110.128/26", "10.77.0.0/26"))
    answer = why(lost, "a", "b")
    assert answer.verdict == "does not reach" and answer.mend is not None, str(answer)
    assert not any("packetwalk-" in word for words in answer.mend.commands for word in words)
