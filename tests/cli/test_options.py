"""Options that exclude each other."""

import pytest

from penwright.cli.options import at_most_one
from penwright.errors import UsageError


def test_options_that_exclude_each_other_are_named() -> None:
    at_most_one({"--for": None, "--steps": 0, "--epochs": ()})
    with pytest.raises(UsageError, match="--for and --steps exclude each other; give one of them"):
        at_most_one({"--for": 1.0, "--steps": 0, "--epochs": None})
