"""Manifests from files, folders and texts as one estate."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from packetwalk.policy.estate import Estate
from packetwalk.policy.manifests import documents
from packetwalk.policy.manifests.collected import Collected
from packetwalk.policy.manifests.loading import collect
from packetwalk.policy.plugins import CALICO


def load(
    *paths: str | Path,
    blocks_match_pods: bool = True,
    texts: Mapping[str, str] | None = None,
    plugin: str = CALICO,
) -> Estate:
    """Read files and folders, and texts by their names; BadInput, with file and line, for what is wrong in them.

    ``blocks_match_pods``: whether an ipBlock of a NetworkPolicy also means pods with such an address; Kubernetes leaves
    it open, and kernels that are asked for addresses say yes.  ``plugin``: who enforces the policies.
    """
    return Estate(gather(*paths, blocks_match_pods=blocks_match_pods, texts=texts), plugin)


def read(text: str, name: str = "manifests", blocks_match_pods: bool = True, plugin: str = CALICO) -> Estate:
    """Read a text with manifests, YAML or JSON, which is called by a name."""
    return Estate(collect(documents.documents(name, text), blocks_match_pods), plugin)


def gather(
    *paths: str | Path, blocks_match_pods: bool = True, texts: Mapping[str, str] | None = None
) -> Collected:
    """Read as ``load``, and return the objects before anything is made of them."""
    files = [file for path in paths for file in documents.files(str(path))]
    read = [each for file in files for each in documents.read_file(file)]
    read += [each for name, text in (texts or {}).items() for each in documents.documents(name, text)]
    return collect(read, blocks_match_pods)
