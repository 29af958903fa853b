"""A packet and the record of its way: what was sent, its steps, and the sentences that explain them."""
