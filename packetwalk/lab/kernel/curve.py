"""Curve25519 (RFC 7748): a public key of a private one, as ``wg pubkey`` computes it."""

from __future__ import annotations

PRIME = 2**255 - 19
A24 = 121665  # (486662 - 2) / 4
BASE = 9


def public_of(private: bytes) -> bytes:
    """Return the public key, 32 bytes, of 32 private ones: RFC 7748, section 5, the Montgomery ladder."""
    scalar = int.from_bytes(private, "little") & ~7 & (1 << 255) - 1 | 1 << 254
    x2, z2, x3, z3, swapped = 1, 0, BASE, 1, 0
    for bit in reversed(range(255)):
        now = scalar >> bit & 1
        if now != swapped:
            x2, x3, z2, z3 = x3, x2, z3, z2
        swapped = now
        a, b, c, d = x2 + z2, x2 - z2, x3 + z3, x3 - z3
        aa, bb, da, cb = a * a, b * b, d * a, c * b
        e = aa - bb
        x3, z3 = (da + cb) ** 2 % PRIME, BASE * (da - cb) ** 2 % PRIME
        x2, z2 = aa * bb % PRIME, e * (aa + A24 * e) % PRIME
    if swapped:
        x2, z2 = x3, z3
    return (x2 * pow(z2, PRIME - 2, PRIME) % PRIME).to_bytes(32, "little")
