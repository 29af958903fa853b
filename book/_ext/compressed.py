"""Files that a page unpacks itself, as small as gzip can be made: a site holds some 1,500 of them (libdeflate)."""

from __future__ import annotations

from deflate import gzip_compress

LEVEL = 12
"""The most; a twelfth less than zlib's 9."""


def compressed(data: bytes) -> bytes:
    """Return data in the form of gzip; the same bytes give the same."""
    return bytes(gzip_compress(data, LEVEL))
