"""Tests, in the rooms of the package; what reads the built book, and what needs a guest, are suites of their own.

Whoever reads notebooks imports jsonschema, which compiles a grammar of addresses then, for two seconds, that no format
here has: it is not there, says who imports it, as ``book/build.py`` does.
"""

import sys
from pathlib import Path

sys.modules["rfc3987_syntax"] = None  # type: ignore[assignment]
ROOT = Path(__file__).parents[1]
