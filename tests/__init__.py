"""Tests, in the rooms of the package; what reads the built book, and what needs a guest, are suites of their own."""

from pathlib import Path

ROOT = Path(__file__).parents[1]
