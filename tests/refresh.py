"""Rewrite the golden walks: ``python -m tests.refresh``."""

from tests.golden import refresh

if __name__ == "__main__":
    print("\n".join(refresh()) or "golden walks: nothing changed")
