"""What the symbols of an alphabet stand for. Data only."""

from typing import Literal, get_args

Unit = Literal["characters", "pairs", "words"]
"""What a symbol stands for: a character; a piece that pairs of smaller ones grew into; a frequent word."""
UNITS: tuple[Unit, ...] = get_args(Unit)
CHARACTERS: Unit = "characters"
