"""What the playground ships for those who edit is complete, and is what is in the repository."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

import pytest

from packetwalk.policy.recipes import recipe
from packetwalk.walks.stepped.page import walked
from packetwalk.widgets.pack import unpack
from packetwalk.widgets.tools.playground import examples
from tests import ROOT
from tests.missing import missing
from tests.why.example import FILE as EXAMPLE
from tests.why.given import nodes

ASKED = """import sys; sys.path.insert(0, sys.argv[1]); sys.path[1:] = [p for p in sys.path[1:] if "site-packages" not in p]
import packetwalk, yaml; assert packetwalk.__file__.startswith(sys.argv[1]) and yaml.__file__.startswith(sys.argv[1])
from packetwalk.policy.playground import answer; print(answer(sys.stdin.read(), "weave", "TCP", 5432, "shop/web", "shop/db"))
"""
WALKED = """
before = {*sys.modules}; from packetwalk.walks.stepped.page import walk
walk(*json.loads(sys.argv[2])); print(json.dumps(sorted(each for each in {*sys.modules} - before)))
"""


WHY = """import json, sys; sys.path.insert(0, sys.argv[1]); sys.path[1:] = [p for p in sys.path[1:] if "site-packages" not in p]
import packetwalk; assert packetwalk.__file__.startswith(sys.argv[1])
from packetwalk.why.page import answer
for what, asked in (("overview", []), ("why", ["a", "b", {}]), ("row", ["a"]), ("walk", ["a", "b", {}])):
    print(answer(sys.argv[2], json.dumps(sys.argv[3:]), what, json.dumps(asked))[:60])
"""


@pytest.fixture(scope="module")
def folder(site: Path) -> Path:
    (found,) = (site / "_static" / "playground").iterdir()
    return found


def test_examples_are_those_of_the_package(folder: Path) -> None:
    assert json.loads(gzip.decompress((folder / "examples.json.gz").read_bytes())) == examples()


@pytest.mark.parametrize("plugin", ["calico", "flannel", "weave"])
def test_walks_are_those_of_the_package(folder: Path, plugin: str) -> None:
    shared, own = (json.loads(gzip.decompress((folder / "walks" / plugin / f"{name}.json.gz").read_bytes())) for name in ("shared", "except"))
    found, each = unpack(own, shared), recipe("except")
    assert len(found) == 6 * 5
    for pair in (each.asked[:2], ("kube-system/coredns", "shop/db")):
        assert found[" ".join(pair)] == json.loads(json.dumps(walked(each.manifests, plugin, *each.asked[2:], *pair)))


def test_what_walks_in_the_page_imports_nothing_that_is_not_in_it_or_in_its_memory(folder: Path, tmp_path: Path) -> None:
    for name in ("package.zip.gz", "walks.zip.gz"):
        if not (folder / name).is_file():
            missing("the book was built without Python for the browser: npm ci --prefix player, then make build")
        with ZipFile(BytesIO(gzip.decompress((folder / name).read_bytes()))) as files:
            files.extractall(tmp_path)
    sys.path.insert(0, str(ROOT / "book" / "_ext"))
    try:
        from playground import libraries
    finally:
        sys.path.pop(0)
    each = recipe("tier-pass")
    asked = [each.manifests, "calico", *each.asked[2:], *each.asked[:2]]
    begin = ASKED.partition("print(")[0] + f"import json, {', '.join(libraries())}\nanswer(json.loads(sys.argv[2])[0], 'calico', 'TCP', 80, '', '')"
    done = subprocess.run(
        [sys.executable, "-I", "-c", begin + WALKED, tmp_path, json.dumps(asked)], capture_output=True, check=False, text=True
    )
    assert done.stderr == ""
    assert {name.partition(".")[0] for name in json.loads(done.stdout)} == {"packetwalk"}


def test_the_package_in_the_page_imports_nothing_that_is_not_in_it(folder: Path, tmp_path: Path) -> None:
    packed = folder / "package.zip.gz"
    if not packed.is_file():
        missing("the book was built without Python for the browser: npm ci --prefix player, then make build")
    with ZipFile(BytesIO(gzip.decompress(packed.read_bytes()))) as files:
        files.extractall(tmp_path)
        for name in files.namelist():
            if name.startswith("packetwalk/"):
                assert files.read(name) == (ROOT / name).read_bytes(), f"{name}: make build"
    done = subprocess.run(
        [sys.executable, "-I", "-c", ASKED, tmp_path], input=recipe("two-peers").manifests, capture_output=True, check=False, text=True
    )
    assert done.stderr == ""
    assert json.loads(done.stdout)["why"]["verdict"] == "allow"


@pytest.mark.parametrize("given", ["the example", "the files of its nodes"])
def test_what_asks_a_recording_in_the_page_imports_nothing_that_is_not_in_it(folder: Path, tmp_path: Path, given: str) -> None:
    place, dropped = tmp_path / "package", tmp_path / "dropped"
    for name in ("package.zip.gz", "walks.zip.gz", "why.zip.gz"):
        if not (folder / name).is_file():
            missing("the book was built without Python for the browser: npm ci --prefix player, then make build")
        with ZipFile(BytesIO(gzip.decompress((folder / name).read_bytes()))) as files:
            files.extractall(place)
    example = (folder / EXAMPLE.name).read_bytes()
    assert example == EXAMPLE.read_bytes()
    dropped.mkdir()
    files_given = nodes(tmp_path) if given != "the example" else {EXAMPLE.name: example}
    for number, content in enumerate(files_given.values()):
        (dropped / str(number)).write_bytes(content)
    done = subprocess.run(
        [sys.executable, "-I", "-c", WHY, place, dropped, *files_given], capture_output=True, check=False, text=True
    )
    assert done.stderr == ""
    assert len(done.stdout.splitlines()) == 4 and "wrong" not in done.stdout
