"""Names and labels as Kubernetes' API server takes them (apimachinery's ``util/validation``): what is wrong in one, if anything."""

from __future__ import annotations

import re
from functools import lru_cache

LABEL, SUBDOMAIN, QUALIFIED, PORT = 63, 253, 63, 15
"""The most characters of a label of DNS, a name of DNS, a label's name or value, a port's name."""
_DNS_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")
_SUBDOMAIN = re.compile(rf"{_DNS_LABEL.pattern}(\.{_DNS_LABEL.pattern})*")
_QUALIFIED = re.compile(r"[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?")
_PORT = re.compile(r"(?!.*--)(?=.*[a-z])[a-z0-9]([-a-z0-9]*[a-z0-9])?")


def namespace(text: str) -> str:
    """Say what a namespace's name would have to be; nothing where it is valid (``IsDNS1123Label``)."""
    fits = len(text) <= LABEL and _DNS_LABEL.fullmatch(text)
    return "" if fits else f"lower-case letters, digits and -, at most {LABEL}"


@lru_cache(maxsize=4096)
def name(text: str) -> str:
    """Say what an object's name would have to be; nothing where it is valid (``IsDNS1123Subdomain``)."""
    fits = len(text) <= SUBDOMAIN and _SUBDOMAIN.fullmatch(text)
    return "" if fits else f"lower-case letters, digits, - and ., at most {SUBDOMAIN}"


@lru_cache(maxsize=4096)
def label_key(text: str) -> str:
    """Say what a label's name would have to be; nothing where it is valid (``IsQualifiedName``)."""
    prefix, slash, own = text.rpartition("/")
    if slash and name(prefix):
        return f"a name in DNS before the /, such as example.org/{own or 'app'}"
    fits = len(own) <= QUALIFIED and _QUALIFIED.fullmatch(own)
    return "" if fits else f"letters, digits, -, _ and ., at most {QUALIFIED}, a letter or digit at both ends"


@lru_cache(maxsize=4096)
def label_value(text: str) -> str:
    """Say what a label's value would have to be; nothing where it is valid (``IsValidLabelValue``)."""
    fits = not text or (len(text) <= QUALIFIED and _QUALIFIED.fullmatch(text))
    return "" if fits else f"nothing, or letters, digits, -, _ and ., at most {QUALIFIED}"


@lru_cache(maxsize=4096)
def port_name(text: str) -> str:
    """Say what a port's name would have to be; nothing where it is valid (``IsValidPortName``, RFC 6335)."""
    fits = len(text) <= PORT and _PORT.fullmatch(text)
    letters = f"a name of lower-case letters, digits and single -, at least one letter, at most {PORT}"
    return "" if fits else f"a number without quotes, {letters}" if text.isdecimal() else letters
