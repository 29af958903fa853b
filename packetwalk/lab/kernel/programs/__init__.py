"""Programs that write a part of a plan themselves; which ones, a plugin's file in ``packetwalk.lab.plugins`` says.

What such a program is to write is left out of what is built; that it wrote the same, ``prove`` shows.
"""
