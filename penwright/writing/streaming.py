"""From a prompt and options to a text that ends: guides, the writing loop and the ending put together.

Laws, and the choice among several sentences, are imported when a text asks for them. This module knows nothing of
files and cards.
"""

from collections.abc import Iterator, Sequence
from functools import partial

from penwright.alphabet.characters import Alphabet
from penwright.writing.engines.base import Engine
from penwright.writing.generation import Bookmark, iter_text
from penwright.writing.options import Laws, WriteOptions, new_seed, parse_options
from penwright.writing.pen import Guide
from penwright.writing.sampling import draws_of
from penwright.writing.stopping import until_end


def stream_text(
    engine: Engine,
    alphabet: Alphabet,
    prompt: str,
    *,
    after: Bookmark | None,
    guides: Sequence[Guide],
    options: WriteOptions,
) -> Iterator[str]:
    """Write on after a prompt until the text should end, see `Author.stream`.

    Raises:
        UsageError: At once, if an option does not exist, a value is out of bounds, or a law cannot hold.
    """
    ending, sampling, laws, seed = parse_options(options)
    draws = draws_of(new_seed() if seed is None else seed)
    steering = list(guides)
    if laws != Laws():
        from penwright.writing.laws.choosing import guides_of

        steering += guides_of(laws, alphabet=alphabet, sampling=sampling)
    write = iter_text
    if laws.best_of > 1:
        from penwright.writing.best import iter_best

        write = partial(iter_best, num_tries=laws.best_of)
    text = write(
        engine,
        alphabet,
        prompt,
        sampling=sampling,
        draws=draws,
        after=after,
        guides=steering,
        max_match_length=laws.max_match_length,
    )
    return until_end(text, ending=ending)
