"""The Linux data path: what a kernel does with a packet, decided by tables and nothing else."""
