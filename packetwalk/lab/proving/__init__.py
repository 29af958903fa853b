"""Model against kernel: which clusters are built, which packets are sent, and what came of it."""
