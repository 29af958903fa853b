"""Broken clusters: how each is broken, and what a real program sends there."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

import yaml

from packetwalk import lab
from packetwalk.lab.grounds.ground import Ground
from packetwalk.plan.rules import IPTABLES

_FILE: dict[str, Any] = yaml.safe_load(Path(__file__).with_name("broken.yaml").read_text())
BROKEN: dict[str, dict[str, Any]] = {each["id"]: each for each in _FILE["clusters"]}
KNOWN: dict[str, dict[str, str]] = _FILE["known"]
PING = 56  # bytes, as ping sends


def healthy(case: dict[str, Any]) -> Ground:
    """Return the cluster of a case as its plugin makes it, in the running kernel."""
    return lab.open(case["plugin"], case["mode"], "netns", rules=case.get("rules", IPTABLES))


def run(cluster: Ground, netns: str, words: list[str]) -> None:
    """Run a command that has to succeed; its error fails the test."""
    said = cluster.execute(netns, words, ())
    assert said.ok, (netns, words, str(said))


def damage(cluster: Ground, case: dict[str, Any]) -> None:
    """Do what somebody did."""
    for netns, lines in case["break"].items():
        for line in lines:
            run(cluster, netns, shlex.split(line))


def arrives(cluster: Ground, case: dict[str, Any]) -> bool:
    """Say whether a real ping or curl of the question's kind is answered; twice asked, for who learns by an error."""
    dst, _, port = case["ask"]["to"].partition(":")
    size = case["ask"].get("size", case.get("full"))
    address = cluster.find(dst) or dst
    if port:
        fill = ["-H", f"X-Fill: {'a' * size}"] if size else []
        argv = ["curl", "-sS", "-m", "1", *fill, f"http://{address}:{port}/hostname"]
    else:
        whole = ["-M", "do"] if case["ask"].get("df") else ["-M", "dont"]
        argv = ["ping", "-c", "1", "-W", "1", "-s", str(size or PING), *whole, address]
    return any(cluster.execute(case["ask"]["from"], argv, ()).ok for _ in range(2))
