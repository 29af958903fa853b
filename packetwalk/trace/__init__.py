"""The record of a packet's way: its steps, and the sentences that explain them."""
