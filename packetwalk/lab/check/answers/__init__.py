"""The one reader of answers: every usual way to write a number, a name, an address, a MAC, a rule ... as one value.

A check names what it wants of each answer as its annotation, ``check_2(cluster, port: answers.number)``, and gets it
read. Each reader takes the answer and the cluster, and returns a plain value; BadInput, in one line with what is
valid, for what nobody could read. Only names need the cluster.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from packetwalk.lab.check.answers.addresses import address, end, mac
from packetwalk.lab.check.answers.names import diagnosis, node, nodes, place, pod, pods
from packetwalk.lab.check.answers.numbers import decimal, number, share
from packetwalk.lab.check.answers.said import placeholder
from packetwalk.lab.check.answers.words import chain, device, folder, rule, several, word

Reader = Callable[..., Any]
__all__ = [
    "Reader",
    "address",
    "chain",
    "decimal",
    "device",
    "diagnosis",
    "end",
    "folder",
    "mac",
    "node",
    "nodes",
    "number",
    "place",
    "placeholder",
    "pod",
    "pods",
    "rule",
    "several",
    "share",
    "word",
]
