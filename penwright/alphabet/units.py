"""The unit of text that a symbol of an alphabet stands for. Data only."""

from typing import Literal, get_args

Unit = Literal["characters", "bpe", "words"]
"""A character; a subword made by byte-pair encoding; a frequent word."""
UNITS: tuple[Unit, ...] = get_args(Unit)
CHARACTERS: Unit = "characters"
