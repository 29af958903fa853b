"""Control planes in virtual time: what programs say to each other, and the table lines that they write and take.

No clock runs: a world has an agenda, and the next entry of it is now.  The same deeds give the same timeline, always.
"""
