"""YAML, read as Kubernetes' tools read it, and the line at which a value of it stands.

Numbers to base 60 and dates stay text, as with go-yaml; a name that stands twice is a mistake, and so is an alias that
makes a document grow without end.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any, ClassVar

from packetwalk.errors import LabError
from packetwalk.policy.manifests.mistake import Mistake, repeated

__all__ = ["Mistake", "line", "read"]
LARGEST = 100_000
"""Values of a document with its aliases written out: more than this, and ten times what is written, is a bomb."""
_TAB = re.compile(r"[ \t]*\t")
KEPT = 512
SHORT = 20_000
"""Documents of fewer characters are remembered: whoever edits one of many waits for that one only."""


def read(text: str) -> Any:
    """Read a document; Mistake where it is none."""
    return _remembered(text) if len(text) < SHORT else _read(text)


@lru_cache(maxsize=KEPT)
def _remembered(text: str) -> Any:
    return _read(text)


def _yaml() -> Any:
    try:
        import yaml
    except ImportError:
        raise LabError("Python package PyYAML missing; pip install PyYAML") from None
    return yaml


@lru_cache(maxsize=1)
def _loader() -> Any:
    """Return the loader: PyYAML's fastest one that is there, with what Kubernetes' tools take for numbers."""
    yaml = _yaml()
    base = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

    class Loader(base):  # type: ignore[misc,valid-type]
        """PyYAML's safe loader without base 60, dates and names that stand twice."""

        yaml_implicit_resolvers: ClassVar[dict[str, list[Any]]] = {}

        def flatten_mapping(self, node: Any) -> None:
            super().flatten_mapping(node)
            if len(node.value) > LARGEST:
                raise Mistake(node.start_mark.line, "YAML", "a mapping merged too large", f"at most {LARGEST:,}")

        def construct_mapping(self, node: Any, deep: bool = False) -> Any:
            if any(key.tag == "tag:yaml.org,2002:merge" for key, _ in node.value):
                self.flatten_mapping(node)
                return super().construct_mapping(node, deep)
            found = super().construct_mapping(node, deep)
            if len(found) < len(node.value):
                name = repeated([str(key.value) for key, _ in node.value])
                last = [key for key, _ in node.value if str(key.value) == name][1]
                raise Mistake(last.start_mark.line, "name that stands twice", name, "each once")
            return found

        def construct_yaml_int(self, node: Any) -> int:
            try:
                return int(super().construct_yaml_int(node))
            except ValueError:
                raise Mistake(node.start_mark.line, "YAML", "a number of too many digits", "a shorter one") from None

    Loader.add_constructor("tag:yaml.org,2002:int", Loader.construct_yaml_int)
    for first, tag, pattern in (
        ("~nN\0", "null", r"~|null|Null|NULL|"),
        ("yYnNtTfFoO", "bool", r"yes|Yes|YES|no|No|NO|true|True|TRUE|false|False|FALSE|on|On|ON|off|Off|OFF"),
        ("-+0123456789", "int", r"[-+]?(?:0b[01_]+|0o?[0-7_]+|0|[1-9][0-9_]*|0x[0-9a-fA-F_]+)"),
        (
            "-+0123456789.",
            "float",
            r"[-+]?(?:[0-9][0-9_]*\.[0-9_]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?|[-+]?[0-9]+[eE][-+]?[0-9]+",
        ),
        ("<", "merge", r"<<"),
    ):
        for letter in (*first.replace("\0", ""), *([""] if "\0" in first else [])):
            rule = (f"tag:yaml.org,2002:{tag}", re.compile(f"(?:{pattern})$"))
            Loader.yaml_implicit_resolvers.setdefault(letter, []).append(rule)
    return Loader


def _read(text: str) -> Any:
    yaml, loader = _yaml(), _loader()
    try:
        found = yaml.load(text, loader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        if mark and text.splitlines()[mark.line : mark.line + 1] and _TAB.match(text.splitlines()[mark.line]):
            raise Mistake(mark.line, "YAML", "a tab", "spaces before a field, never a tab") from None
        raise Mistake(mark.line if mark else 0, "YAML", error.problem or error.context, "YAML") from None
    except yaml.reader.ReaderError:
        found = next(yaml.reader.Reader.NON_PRINTABLE.finditer(text))
        character = f"a character U+{ord(found[0]):04X}"
        raise Mistake(text.count("\n", 0, found.start()), "YAML", character, "text that can be read") from None
    except yaml.YAMLError as error:
        raise Mistake(0, "YAML", str(error).splitlines()[0][:80], "YAML") from None
    except (RecursionError, ValueError, TypeError, OverflowError) as error:
        raise Mistake(0, "YAML", str(error)[:80], "YAML with less depth, names that are text") from None
    if "*" in text and "&" in text:
        _bounded(found, len(text))
    return found


def _bounded(data: Any, written: int) -> None:
    """Refuse what its aliases make too large, or endless."""
    sizes: dict[int, int] = {}
    open_: set[int] = set()

    def size(value: Any) -> int:
        if not isinstance(value, dict | list):
            return 1
        if id(value) in open_:
            raise Mistake(0, "YAML", "an alias within what it stands for", "aliases that end")
        if id(value) not in sizes:
            open_.add(id(value))
            sizes[id(value)] = 1 + sum(map(size, value.values() if isinstance(value, dict) else value))
            open_.discard(id(value))
        return sizes[id(value)]

    values = size(data)
    if values > max(LARGEST, 10 * written):
        raise Mistake(0, "YAML", f"{values:,} values by its aliases", f"at most {LARGEST:,}")


@lru_cache(maxsize=1)
def _composed(text: str) -> Any:
    """Return a document's nodes with their lines; the last one stays, for many things are asked of one list."""
    return _yaml().compose(text, _loader())


def line(text: str, way: tuple[str | int, ...]) -> int:
    """Return the line, from 0, of a value, or of the last one on the way to it that is there."""
    return _remembered_line(text, way) if len(text) < SHORT else _line(text, way)


@lru_cache(maxsize=KEPT)
def _remembered_line(text: str, way: tuple[str | int, ...]) -> int:
    return _line(text, way)


def _line(text: str, way: tuple[str | int, ...]) -> int:
    yaml = _yaml()
    node = _composed(text)
    known = node
    for step in way:
        if isinstance(node, yaml.MappingNode):
            pairs = [(key, value) for key, value in node.value if key.value == str(step)]
            if not pairs:
                break
            known, node = pairs[0]
        elif isinstance(node, yaml.SequenceNode) and isinstance(step, int):
            known = node = node.value[step]
        else:
            break
    found: int = known.start_mark.line if known else 0
    return found
