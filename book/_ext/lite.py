"""Make the folder of the labs that run in a reader's browser: JupyterLite, its kernel on the book's own Pyodide.

JupyterLite's application is copied as its package brings it; what it would fetch from elsewhere is here, or off. The
kernel's packages are those of this environment, as requirements.txt pins them, in one archive; what changes with the
book, the package and the labs' checks, is in another. No service worker is asked for: a notebook is as good by plain
http in a classroom.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
import shutil
import subprocess
import sys
from functools import cache
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from tempfile import TemporaryDirectory
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from playground import PYODIDE

ROOT = Path(__file__).parents[2]
SOURCES = ROOT / "book" / "lite"
LABS, SOLUTION, EXAM = ROOT / "labs", "solution.ipynb", "exam"
PACKAGE = ROOT / "packetwalk"
KERNEL = PACKAGE / "widgets" / "static" / "kernel.js"
EXTENSIONS = Path(sys.prefix) / "share" / "jupyter" / "labextensions"
USED = ("@jupyter-widgets/jupyterlab-manager", "@jupyterlite/pyodide-kernel-extension", "anywidget")
BROUGHT = EXTENSIONS / "@jupyterlite" / "pyodide-kernel-extension" / "static" / "pypi"
WHEELS = ("pyodide_kernel-*.whl", "ipykernel-*.whl")
"""The kernel's own, which come with its extension."""
PACKAGES = (
    "anywidget", "asttokens", "comm", "executing", "ipython", "ipython-pygments-lexers", "ipywidgets",
    "matplotlib-inline", "prompt-toolkit", "psygnal", "pure-eval", "pygments", "PyYAML", "stack-data", "traitlets",
    "typing-extensions", "wcwidth",
)  # fmt: skip
"""What the kernel, a player and manifests import; of each the Python, no library of this machine."""
COMPILED = (".pyc", ".so", ".pyd")
BUILDERS = ("jupyterlite-core", "jupyterlite-pyodide-kernel")
NOT_THERE = re.compile(
    r"__pycache__|^packetwalk/(lab/guest|lab/real/sources|widgets/static/(editor|engine|kernel|playground)\.js)"
)
"""What no lab on the model reads."""
HELD = ["micropip", "piplite", "ipykernel", "comm", "pyodide-kernel", "jedi", "ipython"]
"""What the kernel would else fetch and install: it is in the archive, or a lab does without."""
OFF = [
    "@jupyterlite/application-extension:service-worker-manager",
    "@jupyterlite/services-extension:service-worker-manager",
]
FAVICONS = ("favicon-notebook.ico", "favicon-busy-1.ico")
"""What a notebook's tab shows while it rests and while it works; JupyterLite asks for both and has neither."""
UNREAD = ("fa-*.eot", "fa-*.svg", "fa-*.ttf", "fa-*.woff")
"""Fonts that a browser which runs Python does not load: it takes woff2."""
LINK = re.compile(r"\[([^\]]+)\]\((?!https?:)[^)]*\)")
BEGINS = re.compile(r"^from packetwalk import lab$|^from packetwalk\.lab\.exam import start$", re.MULTILINE)
"""What the first cell imports: before it the notebook enters its folder."""


def lacking() -> str:
    """Return what this machine has not, empty when labs in the page can be made."""
    if not PYODIDE.is_dir():
        return "Pyodide (npm ci --prefix player)"
    try:
        for name in (*BUILDERS, *PACKAGES):
            distribution(name)
    except PackageNotFoundError as error:
        return f"the Python package {error.name}"
    return ""


def labs() -> list[str]:
    """Return the names of the labs' folders."""
    names = [path.parent.name for path in LABS.glob("[0-9]*/lab.ipynb")]
    return sorted(names, key=lambda name: int(name.partition("-")[0]))


def notebooks() -> list[str]:
    """Return the names of the folders whose notebooks open in the page: the labs, and the exam."""
    return [*labs(), EXAM]


@cache
def installed() -> bytes:
    """Return the archive of other people's packages."""
    files = {}
    for name in PACKAGES:
        for path in distribution(name).files or ():
            if path.suffix not in COMPILED and not {"..", "tests"} & set(path.parts):
                files[path.as_posix()] = Path(str(path.locate())).read_bytes()
    for pattern in WHEELS:
        with ZipFile(next(BROUGHT.glob(pattern))) as wheel:
            files |= {name: wheel.read(name) for name in wheel.namelist() if not name.endswith("/")}
    return zipped(files)


@cache
def own() -> bytes:
    """Return the archive of the package and the checks of all labs."""
    files = {path.relative_to(ROOT).as_posix(): path for path in PACKAGE.rglob("*") if path.is_file()}
    files |= {
        f"packetwalk_labs/{path.relative_to(LABS).as_posix()}": path for path in LABS.glob("[0-9]*/*.py")
    }
    inside = SOURCES / "inside"
    files |= {path.relative_to(inside).as_posix(): path for path in inside.rglob("*.py")}
    held = {name: path.read_bytes() for name, path in files.items() if not NOT_THERE.search(name)}
    return zipped(held | {f"packetwalk_labs/{lab}/{SOLUTION}": solution(lab) for lab in labs()})


def solution(lab: str) -> bytes:
    """Return a lab's solution without what it printed: checkpoints do what stands in its cells."""
    read = json.loads((LABS / lab / SOLUTION).read_text())
    for cell in read["cells"]:
        if cell["cell_type"] == "code":
            cell["outputs"] = []
    return json.dumps(read, ensure_ascii=False).encode()


def zipped(files: dict[str, bytes]) -> bytes:
    """Return files as an archive that is the same each time."""
    held = io.BytesIO()
    with ZipFile(held, "w", ZIP_DEFLATED) as packed:
        for name, content in sorted(files.items()):
            packed.writestr(ZipInfo(name), content, ZIP_DEFLATED)
    return held.getvalue()


def notebook(lab: str) -> str:
    """Return a lab's notebook for the page: it enters its folder, and links to no file that is not there."""
    read = json.loads((LABS / lab / "lab.ipynb").read_text())
    for cell in read["cells"]:
        text = "".join(cell["source"])
        if cell["cell_type"] == "markdown":
            cell["source"] = LINK.sub(r"*\1*", text)
    first = next(cell for cell in read["cells"] if BEGINS.search("".join(cell["source"])))
    entered = rf'\g<0>\nfrom packetwalk_labs import enter\n\nenter("{lab}")'
    first["source"] = BEGINS.sub(entered, "".join(first["source"]), count=1)
    return json.dumps(read, ensure_ascii=False)


def settings(engine: str, archives: dict[str, bytes]) -> dict:
    """Return JupyterLite's configuration; ``engine`` is Pyodide's folder, as seen from JupyterLite's own."""
    kernel = {
        "pyodideUrl": "../kernel.js",
        "disablePyPIFallback": True,
        "loadPyodideOptions": {"engine": engine, "archives": list(archives), "packages": HELD},
    }
    return {
        "jupyter-lite-schema-version": 0,
        "jupyter-config-data": {
            "appName": "Packet Walk: labs",
            "disabledExtensions": OFF,
            "litePluginSettings": {"@jupyterlite/pyodide-kernel-extension:kernel": kernel},
        },
    }


@cache
def contents(engine: str) -> tuple[dict, dict[str, bytes]]:
    """Return the configuration and the archives by name; the name changes with what is in one."""
    archives = {
        f"{name}.{digest(data)}.zip": data for name, data in (("python", installed()), ("packetwalk", own()))
    }
    return settings(engine, archives), archives


def digest(*parts: bytes) -> str:
    """Return a short name for what is in some bytes."""
    return hashlib.sha256(b"".join(parts)).hexdigest()[:10]


def version(engine: str) -> str:
    """Return a name for all that is in the folder."""
    builders = [f"{name} {distribution(name).version}" for name in BUILDERS]
    texts = [
        json.dumps(contents(engine)[0]),
        *map(notebook, notebooks()),
        *builders,
        (SOURCES / "overrides.json").read_text(),
    ]
    return digest(*(text.encode() for text in texts), KERNEL.read_bytes(), Path(__file__).read_bytes())


def fill(folder: Path, engine: str) -> None:
    """Write all of it into a folder, which appears only when it is whole. RuntimeError with what JupyterLite says."""
    if folder.is_dir():
        return
    unfinished = folder.with_name(f"{folder.name}.unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    configuration, archives = contents(engine)
    with TemporaryDirectory() as made:
        place = Path(made)
        (place / "jupyter-lite.json").write_text(json.dumps(configuration))
        shutil.copy(SOURCES / "overrides.json", place)
        (place / "files").mkdir()
        for lab in notebooks():
            (place / "files" / f"{lab}.ipynb").write_text(notebook(lab))
        application(place, unfinished)
    shutil.copy(KERNEL, unfinished)
    for name, data in archives.items():
        (unfinished / name).write_bytes(data)
    icons = unfinished / "static" / "favicons"
    icons.mkdir(parents=True)
    for name in FAVICONS:
        shutil.copy(unfinished / "notebooks" / "favicon.ico", icons / name)
    for pattern in UNREAD:
        for font in (unfinished / "build").glob(pattern):
            font.unlink()
    unfinished.rename(folder)


def application(place: Path, into: Path) -> None:
    """Have JupyterLite build what is in a place: of its applications the one of a single notebook."""
    extensions = [f"--LiteBuildConfig.federated_extensions={EXTENSIONS / name}" for name in USED]
    done = subprocess.run(
        [
            *(sys.executable, "-m", "jupyterlite_core", "build", "--lite-dir=.", f"--output-dir={into}"),
            *("--apps=notebooks", "--no-sourcemaps", "--no-unused-shared-packages", "--no-libarchive"),
            *("--ignore-sys-prefix", *extensions, "--contents=files"),
        ],
        cwd=place,
        env={**os.environ, "HOME": str(place), "JUPYTER_NO_CONFIG": "1"},
        capture_output=True,
        check=False,
        text=True,
    )
    if done.returncode:
        raise RuntimeError(f"jupyter lite build: {(done.stderr or done.stdout).strip()[-2000:]}")
