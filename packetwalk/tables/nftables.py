"""Rules of nftables (``nft list ruleset``): recorded, and not yet read."""

from __future__ import annotations

from packetwalk.tables.table import Table

RULESET: Table = Table(
    "nft",
    "nft list ruleset",
    (),
    rank=95,
    files={"nft.json": ("nft", "-j", "list", "ruleset")},
    hidden=True,
    compared=False,
)
