"""The only code that starts processes: plans built in a real kernel, packets sent and captured.

For a lab: ``cluster = lab.open("flannel", "vxlan")`` and ``check, hint = lab.checks(cluster)``, and where
something is broken that has to be found, ``patient = lab.patients(cluster)``.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING
from weakref import WeakValueDictionary

from packetwalk.errors import BadInput, LabError
from packetwalk.plan.rules import IPTABLES

if TYPE_CHECKING:
    from packetwalk.lab.check import Checks
    from packetwalk.lab.grounds.ground import Ground

CHOICE = "PACKETWALK_GROUND"
NOTEBOOK = "get_ipython"  # a name that every notebook's cells have
_opened: WeakValueDictionary[tuple | None, Ground] = WeakValueDictionary()


def open(plugin: str, mode: str | None = None, ground: str | None = None, *, rules: str = IPTABLES, programs: bool = False) -> Ground:
    """Bring a cluster up and return it: on the named ground, else the environment's, else the best there is.

    The environment variable is PACKETWALK_GROUND; ``rules`` is the form of its rules; with ``programs`` it is one on
    which kube-proxy and the plugin's daemon can be ended, first where they run.  In a notebook the cluster that
    the same words opened before is closed first: a cell that runs again leaves no second one.  BadInput for names that
    do not exist; LabError in one line when the ground asked for cannot be used here.
    """
    caller = sys._getframe(1).f_globals
    from packetwalk.cni import plugin as find_plugin
    from packetwalk.lab.rooms import room

    chosen = find_plugin(plugin).mode(mode).name
    find_plugin(plugin).form(rules)
    asked = ground or os.environ.get(CHOICE)
    known = room("lab.grounds").grounds()
    if asked and asked not in known:
        raise BadInput("ground", asked, known)
    if programs:
        known = {name: each for name, each in sorted(known.items(), key=lambda pair: -pair[1].programs) if each.programs}
        if asked and asked not in known:
            raise LabError(f"ground {asked}: no program writes tables there that could be ended; this is for {' and '.join(known)}")
    words = (id(caller), plugin, chosen, asked, rules, programs) if NOTEBOOK in caller else None
    before = _opened.pop(words, None)
    if before is not None:
        before.close()
    reasons = []
    for name in [asked] if asked else known:
        lacks = known[name].missing()
        try:
            if lacks:
                raise LabError(f"missing: {', '.join(lacks)}")
            made = known[name](plugin, chosen, rules)
        except LabError as error:
            reasons.append(f"{name}: {error}")
            continue
        if words:
            _opened[words] = made
        return made
    raise LabError(f"ground {'; '.join(reasons)}")


def checks(cluster: Ground) -> tuple[Checks, Callable[[str], None]]:
    """Return ``check`` and ``hint`` of the lab whose notebook is running: those of its ``check.py``."""
    from packetwalk.lab.rooms import room

    made: Checks = room("lab.check").load(cluster)
    return made, made.hint


def patients(cluster: Ground) -> Callable[[int], None]:
    """Return ``patient``, which breaks the cluster by number: what is wrong is for the learner to find."""
    from packetwalk.lab.rooms import room

    made: Checks = room("lab.check").load(cluster)
    return made.patient


def predict(step: str, *answers: int | Sequence[int]) -> object:
    """Ask what the notebook's lab predicts at a step; with an answer to each question print whether it is right.

    A number answers by itself; of options their numbers from 1, several as a list.  BadInput for a step or an
    answer that is not there.
    """
    from packetwalk.lab.rooms import room

    return room("lab.check.prediction").predict(step, *answers)
