"""``python3 -m packetwalk``: the command line from a bare checkout."""

import sys

from packetwalk.cli import main

sys.exit(main())
