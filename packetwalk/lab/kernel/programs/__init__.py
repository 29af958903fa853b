"""What a program offers that writes a part of a plan itself, and the container runtime that calls CNI plugins.

Which programs there are, a plugin's file in ``packetwalk.lab.plugins`` says.

What such a program is to write is left out of what is built; that it wrote the same, ``prove`` shows.
"""
