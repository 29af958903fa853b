"""Which frame became which: each frame's predecessor on its packet's way."""
