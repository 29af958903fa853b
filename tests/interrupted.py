"""Programs that tests interrupt hear it, however the tests were started."""

import shutil

HEARS = (shutil.which("env") or "env", "--default-signal=INT")
"""Words before a program's own: a shell that starts the tests in the background makes them deaf to Ctrl-C."""
