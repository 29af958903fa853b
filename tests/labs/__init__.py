"""Every lab, found by looking into ``labs/``: its solution and what happens without it."""
