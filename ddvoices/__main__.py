"""``python -m ddvoices``."""

import sys

from ddvoices.cli import main

if __name__ == "__main__":
    sys.exit(main())
