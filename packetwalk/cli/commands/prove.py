"""Send the same packets in this kernel and compare.

The exit code is 1 when anything differs.

  packetwalk prove                                    all modes, also what your kernel lacks
  packetwalk prove flannel vxlan --save my-recordings
  packetwalk prove flannel vxlan --rules nftables
  packetwalk prove flannel vxlan -6
  packetwalk prove calico vxlan --release 3.32
  packetwalk prove --replay my-recordings/flannel-vxlan
  packetwalk prove --replay weave-fastdp
  packetwalk prove --random 200 --seed 1                clusters changed at random, differences made simple
  packetwalk prove --real 100                           kube-proxy itself, which make real builds, against the plan
"""

from __future__ import annotations

import argparse
import sys

from packetwalk.capture import recording
from packetwalk.cli.output import new_folder, show
from packetwalk.cli.parser import Parser, whole
from packetwalk.cni import plugin as find_plugin
from packetwalk.errors import BadInput
from packetwalk.plan.rules import IPTABLES


def arguments(parser: Parser) -> None:
    """Add what can follow the command's name."""
    parser.mode("?")
    parser.rules()
    parser.release()
    parser.ipv6()
    parser.add_argument("--save", metavar="FOLDER", help="keep the recordings there")
    parser.add_argument("--replay", metavar="RECORDING", help="compare this one instead; needs no rights")
    parser.add_argument(
        "--random", type=whole, metavar="N", help="draw so many clusters, commands and packets"
    )
    parser.add_argument(
        "--real", type=whole, metavar="N", help="tell so many drawn clusters to the real kube-proxy"
    )
    parser.add_argument("--seed", metavar="TEXT", help="draw the same ones again; 0 when left out")
    parser.formats("text", "json")


def run(parsed: argparse.Namespace) -> int:
    """Print a table of results; return 1 on any difference."""
    from packetwalk.lab.kernel import rootless
    from packetwalk.lab.proving import prove
    from packetwalk.proof import recordings
    from packetwalk.proof import results as proof

    _alone(parsed)
    if parsed.real is not None:
        return _real(parsed)
    if parsed.random is not None:
        return _random(parsed)
    if parsed.replay is not None:
        results = list(prove.replay(recording.read(recordings.find(parsed.replay)), there=True))
    else:
        if parsed.plugin:
            find_plugin(parsed.plugin, parsed.release).form(parsed.rules)
            find_plugin(parsed.plugin).mode(parsed.mode)
        elif parsed.release:
            raise BadInput("--release", parsed.release, ["with a plugin"])
        save = new_folder("--save", parsed.save) if parsed.save is not None else None
        named = [name for name in (parsed.plugin, parsed.mode) if name]
        kept = ["--save", str(save)] if save else []
        kept += ["--release", parsed.release] if parsed.release else []
        kept += ["-6"] if parsed.ipv6 else []
        rootless.ensure_root(["prove", *named, "--rules", parsed.rules, "--format", parsed.format, *kept])
        form = {"rules": parsed.rules, "release": parsed.release}
        results = list(prove.prove(parsed.plugin, parsed.mode, save=save, ipv6=parsed.ipv6, **form))
    show([each._asdict() for each in results] if parsed.format == "json" else proof.table(results))
    if any(each.verdict == "not here" for each in results) and recordings.missing():
        sys.stderr.write(f"packetwalk: {recordings.missing()}\n")
    return int(any(each.verdict == "differs" for each in results))


def _alone(parsed: argparse.Namespace) -> None:
    """Refuse what says nothing together: BadInput names it."""
    replay = "plugin", "save", "random", "real", "seed", "release"
    real = "plugin", "save", "random", "release"
    for one, others in (("replay", replay), ("random", ("save", "release")), ("real", real)):
        if getattr(parsed, one) is not None:
            for other in others:
                if getattr(parsed, other) is not None:
                    name = f"--{other}" if other != "plugin" else parsed.plugin
                    raise BadInput(f"with --{one}", name, ["leave it out"])
    beside = [name for name in ("replay", "random", "real", "release") if getattr(parsed, name) is not None]
    if parsed.ipv6 and (beside or parsed.rules != IPTABLES):
        raise BadInput("with -6", f"--{[*beside, 'rules'][0]}", ["leave it out: not known of IPv6 yet"])
    if parsed.seed is not None and parsed.random is None and parsed.real is None:
        raise BadInput("--seed", parsed.seed, ["with --random", "with --real"])


def _random(parsed: argparse.Namespace) -> int:
    from packetwalk.lab.kernel import rootless
    from packetwalk.lab.rooms import room

    room("shell")  # commands are drawn in its words
    from packetwalk.lab.proving import search

    if parsed.random < 1:
        raise BadInput("--random", parsed.random, ["1 or more"])
    if parsed.plugin:
        find_plugin(parsed.plugin).mode(parsed.mode)
    search.check()
    named = [name for name in (parsed.plugin, parsed.mode) if name]
    seed = parsed.seed or "0"
    asked = ["--random", str(parsed.random), "--seed", seed, "--format", parsed.format]
    rootless.ensure_root(["prove", *named, *asked])
    outcomes = search.everywhere(parsed.random, seed, search.modes(parsed.plugin, parsed.mode))
    show(
        [each.json() for each in outcomes if each.difference]
        if parsed.format == "json"
        else search.text(outcomes)
    )
    return int(any(each.difference for each in outcomes))


def _real(parsed: argparse.Namespace) -> int:
    from packetwalk.lab.kernel import rootless
    from packetwalk.lab.rooms import room

    real = room("lab.proving.real")
    if parsed.real < 1:
        raise BadInput("--real", parsed.real, ["1 or more"])
    real.check()
    seed = parsed.seed or "0"
    rootless.ensure_root(["prove", "--real", str(parsed.real), "--seed", seed, "--format", parsed.format])
    outcomes = list(real.search(parsed.real, seed))
    beside = list(real.beside(parsed.real, seed))
    differing = [each.json() for each in outcomes if each.differences]
    differing += [{**case._asdict(), "difference": found} for case, found in beside if found]
    show(differing if parsed.format == "json" else real.text(outcomes, beside))
    return int(bool(differing))
