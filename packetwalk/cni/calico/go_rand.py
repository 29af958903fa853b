"""Go's ``math/rand``, as far as Calico's IPAM asks it: the place in a pool where a node looks for its first block.

Mirrors src/math/rand/rng.go of Go: an additive lagged Fibonacci generator, x[n] = x[n-607] + x[n-273] modulo 2 to the
64th.  Each of its first 607 numbers comes from the seed by Lehmer's generator and is combined with a constant of
Go's.  The constants are what the same generator holds after 7.8 million million steps (gen_cooked.go); those that the
first draws need stand here, and a test takes these steps.
"""

from __future__ import annotations

from functools import cache
from struct import unpack

DRAWS = 32
"""How often is drawn before one gives up: each draw fits with a probability of a half or more."""
LEHMER, PRIME, IF_ZERO = 48271, (1 << 31) - 1, 89482311
WORD = (1 << 64) - 1
FEED, TAP = 333, 606  # the two places that the first draw adds; each later one is a place lower
SKIPPED = 21  # steps of Lehmer's generator before the first number of the state
OLDER = unpack(
    ">32Q",
    bytes.fromhex("""
    bfb2f4d968b759c3 f11bfbb3ba3e0841 967e3cd0f12b1c5f 32a31118a95e425f
    9024ebcbf8b8e6af d7e75a07542451da 331786d5a126f97f c444cf11f9840608
    7e61315458970ccb 3fddae4163e010e4 d36a1f70d4f9a2ff 5ee41cb40ca81e2c
    3c7c1de5b3cc1dca 4f37aef6caf41c5d 552d69f0428dce6a d556d17adcc5f6fb
    c73eddfe111385e2 2aea572af8467560 8c0621f768220a97 01fe31d8c7df7dc4
    3faf8d9c775ca781 8f89c0d3396a3b53 3d78cc365badbce1 080ec57577219247
    636925f5baf870cd d85a90375e64310d 1fb7a7e17b9eccb0 d3d7e2863218d979
    1de1979bf5654dd5 d396fc0d89f6e211 91c1fb790e0d3a54 1427685b19caecdd
    """),
)
"""The constants at the places FEED, FEED - 2 and so on; each draw of 64 bits takes two numbers, of which the first counts."""
NEWER = unpack(
    ">32Q",
    bytes.fromhex("""
    39a00a3a31c025c6 74535a96cc7adfd7 a8de655829aab207 e5b5e9385b202824
    51d3a3c351be10ec c45166d9f6935ff8 9516361749f6428a 395c6750aa42e65e
    64fcbfa01dca3978 a848cc5d9cb0e150 aaf677bd80e30ac5 58143117e4e16555
    4bd671b124b5701a 1266fbf77386b1db 7c91d10a8d75740e 324fca6af2b5c1d1
    92d7bb47a4afe838 637e086dc78cf522 628dfe635c795586 77c265a71aebbe54
    5572e7ce34288668 9a77d2f2ef3bd843 1d17558f6164030c 400e2ba01968e7c4
    7d45aa734f760b6d d5f0bb8816e7e8fb ecdedd4ff0dd641b 058ccf98dc1843f7
    e242bb6bb4da36de d3c639c2087dc079 2a0ffc0f7b301e5c ad6e587f47afe7a6
    """),
)
"""The constants at TAP, TAP - 2 and so on."""


@cache
def _factors(place: int) -> tuple[int, int, int]:
    """Return what a seed is multiplied with to get the three numbers of which a place of the state is made."""
    first = SKIPPED + 3 * place
    return tuple(pow(LEHMER, first + each, PRIME) for each in range(3))  # type: ignore[return-value]


def _held(seed: int, place: int, constant: int) -> int:
    """Return the number at a place of the state that a seed makes (``rngSource.Seed``)."""
    high, middle, low = (seed * factor % PRIME for factor in _factors(place))
    return (high << 40 ^ middle << 20 ^ low) & WORD ^ constant


def below(seed: int, limit: int) -> int:
    """Return the first number from 0 up to, not including, ``limit`` that the seed gives (``big.Int.Rand``).

    ``seed`` is not negative, ``limit`` at most 2 to the 31st.  ArithmeticError after DRAWS numbers that are too large.
    """
    seed, mask = seed % PRIME or IF_ZERO, (1 << limit.bit_length()) - 1
    for draw, (older, newer) in enumerate(zip(OLDER, NEWER, strict=True)):
        total = _held(seed, FEED - 2 * draw, older) + _held(seed, TAP - 2 * draw, newer)
        number = total >> 31 & mask  # Uint32: bits 31 to 62 of the sum
        if number < limit:
            return number
    raise ArithmeticError(f"{DRAWS} numbers drawn by seed {seed}, none below {limit}")
