"""Prove anew and keep what anybody can replay: ``python -m tests.refresh_proof [PLUGIN]``, as root.

Writes ``packetwalk/proof/matrix.json``, and of each mode that this kernel can do a recording with a few
packets.  What a guest's kernel recorded and proved (``make proof-guest``) stays; its recordings are
compared again.
"""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
from pathlib import Path

from packetwalk.capture import recording
from packetwalk.capture.recording import Recording
from packetwalk.cni import plugins
from packetwalk.lab.guest.proving import GROUND
from packetwalk.lab.kernel.record import kernel
from packetwalk.lab.proving.prove import prove
from packetwalk.plan.rules import NFTABLES
from packetwalk.proof import recordings
from packetwalk.proof import results as proof
from packetwalk.tables.nftables import RULESET

KEPT = ("cross-node", "cross-subnet", "relay", "service-tcp")
RECORDINGS = recordings.folder()


def says_more(name: str, text: str) -> bool:
    """Say whether a file is more than the same rules as in iptables.txt."""
    return name not in RULESET.files or any(RULESET.parse(text))


def small(whole: Recording) -> Recording:
    """Return a recording with the packets that are kept, without files that say nothing."""
    places = tuple(
        place._replace(files={k: v for k, v in place.files.items() if v and says_more(k, v)})
        for place in whole.places
    )
    return whole._replace(places=places, sent=tuple(s for s in whole.sent if s.name.startswith(KEPT)))


def is_kept(name: str, whole: Recording) -> bool:
    """Say whether a recording is one that comes with the package: of the plan alone, nothing wrong in it."""
    routed = whole.about["underlay"] == "routed" and "-cross" not in name and "-direct" not in name
    return not routed and not whole.about.get("fault") and not whole.about.get("author")


def keep(folder: Path) -> None:
    """Put a new recording in the place of the old one, unless it was made in a guest."""
    whole, target = recording.read(folder), RECORDINGS / folder.name
    old = recording.read(target).about["ground"] if target.exists() else ""
    kept = small(whole)
    if kept.sent and is_kept(folder.name, whole) and old != GROUND:
        shutil.rmtree(target, ignore_errors=True)
        recording.write(kept, target)


def main(plugin: str | None = None) -> int:
    """Return 1 on any difference, and then change nothing; what was proven of other plugins stays."""
    with tempfile.TemporaryDirectory() as temporary:
        results = list(prove(plugin, save=Path(temporary) / "all"))
        known = plugin is None or NFTABLES in plugins()[plugin].rules
        native = list(prove(plugin, rules=NFTABLES)) if known else []
        older = [result for pair in _releases(plugin) for result in prove(pair[0], release=pair[1])]
        if any(each.verdict == "differs" for each in [*results, *native, *older]):
            print(proof.table([*results, *native, *older]))
            return 1
        for folder in sorted((Path(temporary) / "all").iterdir()):
            keep(folder)
    guests = {each.about["kernel"] for each in recordings.recordings() if each.about["ground"] == GROUND}
    results += [each for each in proof.matrix()["results"] if plugin not in (None, each.plugin)]
    results = [each for each in results if each.where != GROUND]
    results.sort(key=lambda each: list(plugins()).index(each.plugin))
    results += [each for each in proof.guest() if each.where == GROUND]
    kernels = {"kernel": kernel(), "emulated": kernel(), GROUND: ", ".join(sorted(guests))}
    lines = ",\n  ".join(json.dumps(each[:7]) for each in results)
    parts = [f'"kernels": {json.dumps(kernels)}', f'"results": [\n  {lines}\n ]']
    for name, found in ((NFTABLES, native), (proof.RELEASES, older)):
        tail = ",\n  ".join(json.dumps(each) for each in _rows(name, found, plugin))
        parts.append(f'"{name}": [\n  {tail}\n ]')
    proof.MATRIX.write_text(f"{{\n {(',' + chr(10) + ' ').join(parts)}\n}}\n")
    print(proof.table(results))
    return 0


def _releases(plugin: str | None) -> list[tuple[str, str]]:
    """Return (plugin, older release) of all, or of one plugin."""
    chosen = [each for each in plugins().values() if plugin in (None, each.name)]
    return [(each.name, release.name) for each in chosen for release in each.releases[1:]]


def _rows(form: str, results: list[proof.Result], plugin: str | None) -> list[proof.Row]:
    """Return results of another form mode by mode, with those of plugins that were not asked for."""
    others = [] if plugin is None else [row for row in proof.matrix()[form] if row.plugin != plugin]
    mine = [row._replace(mode=row.mode.removesuffix(f", {form}")) for row in proof.rows(results) if row.where]
    return sorted([*others, *mine], key=lambda row: list(plugins()).index(row.plugin))


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
