"""The sub-commands that need the book's repository: a wheel has only their names, in ``packetwalk.cli.commands``."""
