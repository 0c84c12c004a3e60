"""``python -m labelkit``: the same as the command ``labelkit``."""

import sys

from labelkit.cli import main

if __name__ == "__main__":
    sys.exit(main())
