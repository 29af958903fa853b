"""What ``pins.yaml`` pins, and the files it names: taken from a folder or the network, checked always."""

from __future__ import annotations

import hashlib
import os
import tempfile
import urllib.error
import urllib.request
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from packetwalk.errors import LabError
from packetwalk.lab.advice import pyyaml

HERE = Path(__file__).parent
LARGEST = 256 * 2**20  # bytes of one download
PATIENCE = 60.0  # seconds without a byte


class Image(NamedTuple):
    """A container image by tag; ``digest`` is what the registry must say of it, None while unknown."""

    image: str
    digest: str | None


class File(NamedTuple):
    """A file by address and SHA-256."""

    url: str
    sha256: str

    @property
    def name(self) -> str:
        """The name under which it is kept: the digest's beginning and the address's end."""
        return f"{self.sha256[:12]}-{self.url.rsplit('/', 1)[-1]}"


@cache
def _data() -> dict[str, Any]:
    yaml = pyyaml()

    return yaml.safe_load((HERE / "pins.yaml").read_text())


def programs() -> dict[str, File]:
    """Return kind and kubectl for Linux on x86-64, the versions that everything here was written for."""
    return {name: File(each["url"], each["sha256"]) for name, each in _data()["programs"].items()}


def node() -> Image:
    """Return kind's node image."""
    return Image(**_data()["engine"]["node"])


def tools() -> Image:
    """Return the image of the container that has the tools a node lacks."""
    return Image(**_data()["engine"]["tools"])


def workload() -> Image:
    """Return the image of the labs' pods."""
    return Image(**_data()["workload"])


def keep() -> Path:
    """Return the folder in which downloads are kept (``XDG_CACHE_HOME``)."""
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(home) / "packetwalk" / "kind"


def fetch(file: File) -> bytes:
    """Return a file's bytes: the kept copy, or a download, which is then kept; LabError says what went wrong.

    Bytes with another digest are never returned nor kept.
    """
    kept = keep() / file.name
    if kept.exists():
        content = kept.read_bytes()
        if _digest(content) == file.sha256:
            return content
    content = _download(file.url)
    if _digest(content) != file.sha256:
        raise LabError(f"{file.url}: SHA-256 is {_digest(content)}, not the pinned {file.sha256}; not used")
    put(kept, content)
    return content


def put(target: Path, content: bytes) -> None:
    """Write a file whole or not at all; LabError when the disk is full or closed to us."""
    part = None
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=target.parent, delete=False) as part:
            part.write(content)
        os.replace(part.name, target)
    except OSError as error:
        raise LabError(f"{target}: {error.strerror}") from None
    finally:
        if part is not None:
            Path(part.name).unlink(missing_ok=True)


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _download(url: str) -> bytes:
    try:
        with urllib.request.urlopen(url, timeout=PATIENCE) as answer:
            content = answer.read(LARGEST + 1)
    except (urllib.error.URLError, OSError, ValueError) as error:
        reason = getattr(error, "reason", None) or error
        raise LabError(f"{url}: {reason}; without a network: packetwalk kind load") from None
    if len(content) > LARGEST:
        raise LabError(f"{url}: more than {LARGEST} bytes")
    return content
