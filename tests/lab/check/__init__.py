"""Checks of a lab: how answers are read, how steps are reached, what is handed in."""
