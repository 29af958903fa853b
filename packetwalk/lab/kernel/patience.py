"""How much longer than usual to wait for the kernel: a guest without help of the processor is slow."""

from __future__ import annotations

import os

VARIABLE = "PACKETWALK_PATIENCE"
FACTOR = float(os.environ.get(VARIABLE) or 1)
