"""What the symbols of an alphabet stand for. Data only."""

from typing import Literal, get_args

Unit = Literal["characters", "bpe", "words"]
"""What a symbol stands for: a character; a subword made by byte-pair encoding; a frequent word."""
UNITS: tuple[Unit, ...] = get_args(Unit)
CHARACTERS: Unit = "characters"
