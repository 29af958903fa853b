"""The ``packetwalk`` command."""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from packetwalk.capture import recording
from packetwalk.cni import plugin as find_plugin
from packetwalk.cni import plugins
from packetwalk.errors import BadInput, LabError
from packetwalk.lab import doctor
from packetwalk.walks import replay, report
from packetwalk.walks.pcap import pcap, pcapng
from packetwalk.walks.scenario import SCENARIOS, scenario, scenarios, walk


class Parser(argparse.ArgumentParser):
    """A parser whose errors are one line and exit code 2."""

    def error(self, message: str) -> NoReturn:
        """Print the message on one line and leave with 2."""
        sys.stderr.write(f"{self.prog}: {message}\n")
        raise SystemExit(2)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code: 0, 1 for a difference, 2 for wrong input."""
    parsed = _parser().parse_args(arguments)
    try:
        return parsed.run(parsed) or 0
    except (BadInput, LabError, OSError) as error:
        reason = (
            error
            if not isinstance(error, OSError)
            else f"{error.filename or 'output'}: {error.strerror or error}"
        )
        sys.stderr.write(f"packetwalk: {reason}\n")
        return 2


def _parser() -> Parser:
    parser = Parser(prog="packetwalk", description="Walk packets through Kubernetes networks.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND", parser_class=Parser)

    def command(name: str, run, text: str, formats: tuple[str, ...]) -> Parser:
        sub = commands.add_parser(name, help=text, description=text)
        sub.add_argument("--format", choices=formats, default=formats[0])
        sub.set_defaults(run=run)
        return sub

    command("list", _list, "plugins, modes, scenarios and faults", ("text", "json"))
    walking = command("walk", _walk, "send one packet and print its way", ("text", "json", "pcap"))
    walking.add_argument("plugin")
    walking.add_argument("mode")
    walking.add_argument(
        "scenario", nargs="?", metavar="SCENARIO", help=", ".join(each.name for each in SCENARIOS)
    )
    walking.add_argument("--src", help="pod, node or address, instead of a scenario")
    walking.add_argument("--dst", help="pod, node, service or address, with :PORT if you like")
    walking.add_argument("--proto", metavar="icmp|udp|tcp")
    walking.add_argument("--size", type=_whole, metavar="BYTES", help="payload, default 56")
    walking.add_argument("--df", action="store_true", default=None, help="do not fragment")
    walking.add_argument("--ttl", type=_whole, default=64)
    walking.add_argument("--cold", action="store_true", default=None, help="nobody has asked ARP yet")
    walking.add_argument("--fault", metavar="NAME", help="break something first")
    walking.add_argument("-o", "--output", metavar="FILE")
    tables = command("tables", _tables, "what ip, bridge and iptables-save would print", ("text", "json"))
    tables.add_argument("plugin")
    tables.add_argument("mode")
    tables.add_argument("--node", metavar="NODE|POD")
    mtu = command("mtu", _mtu, "overhead of each header, the pod's MTU, the largest packet", ("text", "json"))
    mtu.add_argument("plugin")
    mtu.add_argument("mode")
    mtu.add_argument("--underlay", type=_whole, default=1500, metavar="BYTES")
    proving = command("prove", _prove, "send the same packets in this kernel and compare", ("text", "json"))
    proving.add_argument("plugin", nargs="?")
    proving.add_argument("mode", nargs="?")
    proving.add_argument("--save", metavar="FOLDER", help="keep the recordings there")
    proving.add_argument("--replay", metavar="FOLDER", help="compare a recording instead; needs no rights")
    replaying = command("replay", _replay, "the walk of a recorded packet", ("text", "json"))
    replaying.add_argument("folder", help="a recording: what `record` or a lab wrote")
    replaying.add_argument("packet", nargs="?", help="the first when left out")
    command("doctor", _doctor, "what can run here and what is missing", ("text", "json"))
    return parser


def _whole(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number") from None


def _print(data: object) -> None:
    text = data if isinstance(data, str) else json.dumps(data, indent=1)
    try:
        print(text, flush=True)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _list(parsed: argparse.Namespace) -> None:
    rows = [
        {
            "plugin": p.name,
            "mode": m.name,
            "scenarios": [s.name for s in scenarios(p)],
            "faults": [f.name for f in p.faults if m.name in f.modes],
        }
        for p in plugins().values()
        for m in p.modes
    ]
    if parsed.format == "json":
        _print(rows)
        return
    lines = [f"{row['plugin']:<9}{row['mode']:<21}faults: {', '.join(row['faults'])}" for row in rows]
    lines += ["", "scenarios of every mode:", *(f"  {s.name:<15}{s.title}" for s in SCENARIOS)]
    for each in plugins().values():
        if each.scenarios:
            lines += ["", f"only of {each.name}:", *(f"  {s.name:<15}{s.title}" for s in each.scenarios)]
    _print("\n".join(lines))


def _walk(parsed: argparse.Namespace) -> None:
    if parsed.scenario is not None:
        scenario(parsed.scenario, find_plugin(parsed.plugin))
        if parsed.src or parsed.dst:
            raise BadInput("with a scenario", "--src/--dst", ["leave them out"])
    done = walk(
        parsed.plugin,
        parsed.mode,
        parsed.scenario,
        src=parsed.src,
        dst=parsed.dst,
        proto=parsed.proto,
        size=parsed.size,
        df=parsed.df,
        ttl=parsed.ttl,
        cold=parsed.cold,
        fault=parsed.fault,
    )
    if parsed.format == "pcap":
        packed = (pcapng if str(parsed.output).endswith(".pcapng") else pcap)(done)
        _write(parsed.output, packed)
        return
    text = repr(done) if parsed.format == "text" else json.dumps(done.to_json())
    _write(parsed.output, (text + "\n").encode()) if parsed.output else _print(text)


def _write(path: str | None, content: bytes) -> None:
    """Write a file whole or not at all; without a path, to standard output."""
    if path is None:
        if sys.stdout.isatty():
            raise BadInput("output of a pcap", "the terminal", ["-o FILE"])
        sys.stdout.buffer.write(content)
        return
    target = Path(path)
    if target.exists() and not target.is_file():
        target.write_bytes(content)
        return
    try:
        with tempfile.NamedTemporaryFile(dir=target.parent, delete=False) as part:
            part.write(content)
        os.chmod(part.name, 0o644)
        os.replace(part.name, target)
    except OSError as error:
        if "part" in locals():
            Path(part.name).unlink(missing_ok=True)
        raise OSError(error.errno, error.strerror, path) from None


def _tables(parsed: argparse.Namespace) -> None:
    found = report.tables(parsed.plugin, parsed.mode, parsed.node)
    _print(found.to_json() if parsed.format == "json" else repr(found))


def _mtu(parsed: argparse.Namespace) -> None:
    found = report.mtu(parsed.plugin, parsed.mode, parsed.underlay)
    _print(found.to_json() if parsed.format == "json" else repr(found))


def _prove(parsed: argparse.Namespace) -> int:
    """Exit code 1 on any difference."""
    from packetwalk.lab.kernel import rootless
    from packetwalk.lab.proving import prove
    from packetwalk.proof import recordings
    from packetwalk.proof import results as proof

    if parsed.replay:
        results = list(prove.replay(recording.read(parsed.replay), there=True))
    else:
        if parsed.plugin:
            find_plugin(parsed.plugin).mode(parsed.mode)
        save = _new_folder(parsed.save) if parsed.save else None
        named = [name for name in (parsed.plugin, parsed.mode) if name]
        rootless.ensure_root(["prove", *named, "--format", parsed.format, *_option("--save", save)])
        results = list(prove.prove(parsed.plugin, parsed.mode, save=save))
    _print([each._asdict() for each in results] if parsed.format == "json" else proof.table(results))
    if any(each.verdict == "not here" for each in results) and recordings.missing():
        sys.stderr.write(f"packetwalk: {recordings.missing()}\n")
    return int(any(each.verdict == "differs" for each in results))


def _option(name: str, value: object) -> list[str]:
    return [name, str(value)] if value is not None else []


def _new_folder(path: str) -> Path:
    """Return a folder that is not there yet, or is empty; BadInput for another."""
    folder = Path(path).absolute()
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise BadInput("--save", path, ["a folder that does not exist yet"])
    return folder


def _replay(parsed: argparse.Namespace) -> None:
    done = replay.replay(parsed.folder, parsed.packet)
    _print(repr(done) if parsed.format == "text" else json.dumps(done.to_json()))


def _doctor(parsed: argparse.Namespace) -> None:
    found = doctor.examine()
    _print([each._asdict() for each in found] if parsed.format == "json" else doctor.text(found))
