"""The page that asks a recording, in a browser."""
