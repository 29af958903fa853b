"""Recordings as people handle them: carried about, broken, written to a full disk, with secrets beside them."""
