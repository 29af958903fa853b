"""Weaver's encryption between two peers: NaCl secretboxes, by the package PyNaCl if it is there.

As ``naClEncryptor`` and ``naClDecryptor`` of weave router/sleeve.go: 8 clear bytes (the DF bit and a number
that counts) end the nonce, whose first bit says which side dialled; the box is 16 bytes of Poly1305 and
what XSalsa20 made of the records.  The key is the lab's own: real peers agree on one as they connect.
"""

from __future__ import annotations

import hashlib
from importlib.util import find_spec

CLEAR, NONCE, DIALLED, DF = 8, 24, 0x80, 1 << 63


def missing() -> str:
    """Return what is missing for it, or nothing."""
    return "" if find_spec("nacl") else "encryption by weaver (NaCl): Python package PyNaCl missing"


class PeerCipher:
    """One end of a session: ``me`` and ``peer`` are names (6 bytes), ``dialled`` says who opened the TCP connection."""

    def __init__(self, me: bytes, peer: bytes, dialled: bool) -> None:
        from nacl.secret import SecretBox

        self._secretbox = SecretBox(hashlib.sha256(b"".join(sorted((me, peer)))).digest())
        self._dialled = dialled
        self._sent = {False: 0, True: 0}

    def closed(self, records: bytes, df: bool) -> bytes:
        """Return the clear bytes and the secretbox; datagrams with DF are counted apart."""
        self._sent[df] += 1
        clear = (DF * df | self._sent[df]).to_bytes(CLEAR)
        return clear + self._secretbox.encrypt(records, _nonce(self._dialled, clear)).ciphertext

    def opened(self, data: bytes) -> bytes:
        """Return the records that the other end closed, or nothing when it did not."""
        from nacl.exceptions import CryptoError

        clear, sealed = data[:CLEAR], data[CLEAR:]
        try:
            return self._secretbox.decrypt(sealed, _nonce(not self._dialled, clear))
        except (CryptoError, ValueError):
            return b""


def _nonce(dialled: bool, clear: bytes) -> bytes:
    return bytes([DIALLED * dialled]) + bytes(NONCE - 1 - len(clear)) + clear
