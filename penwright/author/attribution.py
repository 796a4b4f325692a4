"""Let several authors read the same text and say which of them may have written it."""

from collections.abc import Mapping

import numpy as np

from penwright.author.author import Author
from penwright.errors import NoNumbersError, UsageError
from penwright.evaluation.attribution import Attribution, attribute_bits
from penwright.evaluation.texts import character_bits
from penwright.kernels.threads import thread_pool

MAX_AUTHORS = 64


def attribute(text: str, authors: Mapping[str, Author], *, seed: int = 0) -> Attribution:
    """Say which of several authors needs the fewest bits for a text.

    Each author reads the whole text, and all are scored on the same characters. A character that one of them cannot
    score counts for none: the first with the seed alphabet, and those that such an alphabet cannot tell apart.

    Args:
        text: Any text. The more passages it has, the narrower the interval.
        authors: Authors by name, 2 to `MAX_AUTHORS`. Their alphabets and units may differ.
        seed: Seed of the bootstrap, from 0.

    Returns:
        Scores, the best author first, with 95 % intervals.

    Raises:
        UsageError: If there are too few or too many authors, or the text has nothing to score.
        AuthorError: If an author's predictions are not numbers.
    """
    if not 2 <= len(authors) <= MAX_AUTHORS:
        raise UsageError(f"{len(authors)} authors were given; give 2 to {MAX_AUTHORS} to choose from.")
    if seed < 0:
        raise UsageError(f"the seed {seed} must be 0 or more.")
    if not text:
        raise UsageError("the text is empty. Give one that the authors can score.")
    reading = [
        thread_pool("authors").submit(character_bits, author.costs(), author.alphabet, text)
        for author in authors.values()
    ]
    bits = np.stack([each.result() for each in reading])
    if not np.isfinite(bits).all():
        raise NoNumbersError
    is_scored = np.ones(len(text), np.bool_)
    for alphabet in (author.alphabet for author in authors.values()):
        if alphabet.boundary_id is None:
            is_scored[0] = False
        if not alphabet.is_lossless:
            is_scored &= np.array([character in alphabet for character in text])
    return attribute_bits(list(authors), bits, text, is_scored=is_scored, seed=seed)
