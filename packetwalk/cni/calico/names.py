"""Names that Felix makes of what it is told: hashes where the words are too long for the kernel.

Sources: libcalico-go/lib/hash/unique_id.go, felix/rules/policy.go (``ProfileChainName``).
"""

from __future__ import annotations

import base64
import hashlib
import re

CHAIN = 28
"""The longest name of a chain, in characters."""
PROFILE = {"ingress": "cali-pri-", "egress": "cali-pro-"}

SHORT = {
    "NetworkPolicy": "np",
    "GlobalNetworkPolicy": "gnp",
    "StagedNetworkPolicy": "snp",
    "StagedGlobalNetworkPolicy": "sgnp",
    "StagedKubernetesNetworkPolicy": "sknp",
    "KubernetesNetworkPolicy": "knp",
    "KubernetesClusterNetworkPolicy": "kcnp",
}
"""Kinds of policies as names of chains have them (felix/types/policy_id.go, ``KindShortName``)."""
EVERY = "any-interface-at-all"
"""What Felix calls the interface of a host endpoint for all interfaces: longer than any name of one."""
COMMENTED = re.compile(r'--comment "(\w+) (\S+) (?:in|e)gress"')


def limited(prefix: str, text: str, length: int = CHAIN) -> str:
    """Return a name of at most so many characters: a longer text gives way to its hash (``GetLengthLimitedID``)."""
    if len(prefix + text) < length or (len(prefix + text) == length and not text.startswith("_")):
        return prefix + text
    return f"{prefix}_{base64_of(hashlib.sha256(text.encode()).digest())}"[:length]


def profile_chain(profile: str, direction: str) -> str:
    """Return the name of a profile's chain for a direction."""
    return limited(PROFILE[direction], profile)


def base64_of(digest: bytes) -> str:
    """Return bytes in the letters of base64 that stand in a URL, unpadded."""
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


def whole(chain: str, spec: str) -> str:
    """Return a chain's name as it is where there is room for it, by the words of its first rule."""
    said = COMMENTED.search(spec)
    start, cut, _ = chain.partition("-_")
    if not cut or said is None:
        return chain
    kind, name = said.groups()
    return f"{start}-{f'{SHORT[kind]}/{name}' if kind in SHORT else name}"
