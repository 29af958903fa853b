"""Tokens, keys and kubeconfigs of a cluster: made for it, kept in its machines' own ``/run``, gone with them."""

from __future__ import annotations

import base64
import json
import os
import secrets
from pathlib import Path

from packetwalk.lab.kernel.namespaces import Namespace

HOME = Path("/run/kubernetes")
"""Where a machine keeps what is its own: a folder of its mount namespace, which nobody else sees."""
KUBECONFIG = HOME / "kubeconfig"
P256 = b"\xa0\x0a\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07"  # [0] prime256v1
MASTERS = "system:masters"


def token() -> str:
    """Return a fresh secret word."""
    return secrets.token_urlsafe(32)


def private_key() -> str:
    """Return a fresh key on the curve P-256 as PEM (RFC 5915, ECPrivateKey without the public half).

    Any number below the curve's order is one; of 32 random bytes all but one in 2^32 are.
    """
    number = b"\x00" * 4 + secrets.token_bytes(28)
    body = b"\x02\x01\x01\x04\x20" + number + P256
    lines = base64.encodebytes(b"\x30" + bytes([len(body)]) + body).decode()
    return f"-----BEGIN EC PRIVATE KEY-----\n{lines}-----END EC PRIVATE KEY-----\n"


def put(machine: Namespace, path: Path, text: str) -> None:
    """Write a file that only root of the machine may read, in the machine's own ``/run``."""

    def write() -> None:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        number = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(number, "w") as file:
            file.write(text)

    machine.own_run()
    machine.inside(write)


def kubeconfig(server: str, authority: str, word: str) -> str:
    """Return a kubeconfig, as JSON (which is YAML): the server's URL, its certificate as PEM, the token."""
    name = "packetwalk"
    return json.dumps(
        {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [
                {
                    "name": name,
                    "cluster": {
                        "server": server,
                        "certificate-authority-data": base64.b64encode(authority.encode()).decode(),
                    },
                }
            ],
            "users": [{"name": name, "user": {"token": word}}],
            "contexts": [{"name": name, "context": {"cluster": name, "user": name}}],
            "current-context": name,
        },
        indent=2,
    )
