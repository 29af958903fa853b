"""A real kernel in a reader's page: Debian's for i386 in v86, a guest that takes a plan as a list of orders.

``job`` writes the orders, ``answer`` reads what came of them; both start nothing, and run in the page's own Python.
``build`` makes the guest (``make kernel``), ``proving`` lets it do every case of ``prove`` in Node.
"""
