"""Lets `python -m penwright` do what `penwright` does."""

import sys

from penwright.cli.app import main

if __name__ == "__main__":  # worker processes import this module again
    sys.exit(main())
