"""python -m bertlite_fast: the command line."""

import sys

try:
    from .cli import main

    status = main()
except KeyboardInterrupt:  # while the command line itself was imported
    status = 130
sys.exit(status)
