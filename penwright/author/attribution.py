"""Let several authors, or one under each of its labels, read the same text and say which may have written it."""

from collections.abc import Mapping, Sequence
from functools import partial

import numpy as np

from penwright.alphabet.characters import Alphabet
from penwright.author.author import Author
from penwright.errors import NoNumbersError, UsageError
from penwright.evaluation.attribution import Attribution, Compared, attribute_bits
from penwright.evaluation.texts import Costs, character_bits
from penwright.kernels.threads import thread_pool
from penwright.writing.costs import symbol_nats

MAX_AUTHORS = 64
MAX_LABELS = 256
WITHOUT = "(no label)"
"""Name of the reading without a label."""


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
    readers = [(author.costs(), author.alphabet) for author in authors.values()]
    return _attribute(text, list(authors), readers, seed=seed, compared="authors")


def attribute_labels(text: str, author: Author, *, seed: int = 0) -> Attribution:
    """Say under which of its labels an author needs the fewest bits for a text. It reads without a label too.

    Args:
        text: Any text. The more passages it has, the narrower the interval.
        author: An author with 1 to `MAX_LABELS` labels. It reads the text once for each, and once without.
        seed: Seed of the bootstrap, from 0.

    Returns:
        Scores, the best label first, with 95 % intervals. One of them has the name `WITHOUT`.

    Raises:
        UsageError: If it has no labels or too many, or the text has nothing to score.
        AuthorError: If the author's predictions are not numbers.
    """
    if len(author.labels) > MAX_LABELS:
        raise UsageError(f"this author knows {len(author.labels):,} labels; at most {MAX_LABELS} can be compared.")
    nothing = dict.fromkeys(author.labels, 0.0)  # "none" could be the name of a label
    mixtures = [nothing, *({name: 1.0} for name in author.labels)]
    engine = author.engine
    readers = [
        (partial(symbol_nats, engine.with_label(author.label_vector(mixture))), author.alphabet) for mixture in mixtures
    ]
    return _attribute(text, [WITHOUT, *author.labels], readers, seed=seed, compared="labels")


def _attribute(
    text: str, names: Sequence[str], readers: Sequence[tuple[Costs, Alphabet]], *, seed: int, compared: Compared
) -> Attribution:
    """Compare readers by their names. Each has a function for the cost of symbols, and an alphabet."""
    if seed < 0:
        raise UsageError(f"the seed {seed} must be 0 or more.")
    if not text:
        raise UsageError("the text is empty. Give one that the authors can score.")
    reading = [thread_pool("authors").submit(character_bits, costs, alphabet, text) for costs, alphabet in readers]
    bits = np.stack([each.result() for each in reading])
    if not np.isfinite(bits).all():
        raise NoNumbersError
    is_scored = np.ones(len(text), np.bool_)
    for _, alphabet in readers:
        if alphabet.boundary_id is None:
            is_scored[0] = False
        if not alphabet.is_lossless:
            is_scored &= np.array([character in alphabet for character in text])
    return attribute_bits(names, bits, text, is_scored=is_scored, seed=seed, compared=compared)
