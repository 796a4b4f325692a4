"""From a prompt and options to a text that ends: guides, the writing loop and the ending put together.

Laws, the choice among several sentences, and checks are imported when a text asks for them. This module knows nothing
of files and cards.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING

from penwright.alphabet.characters import Alphabet
from penwright.errors import UsageError
from penwright.writing.engines.base import Engine
from penwright.writing.generation import Bookmark, iter_text
from penwright.writing.options import Laws, WriteOptions, new_seed, parse_options
from penwright.writing.pen import Guide
from penwright.writing.sampling import draws_of
from penwright.writing.stopping import until_end

if TYPE_CHECKING:
    from penwright.writing.checked import Checking


def stream_text(
    engine: Engine,
    alphabet: Alphabet,
    prompt: str,
    *,
    after: Bookmark | None,
    guides: Sequence[Guide],
    options: WriteOptions,
    check: "Checking | Callable[[str], bool] | None" = None,
) -> Iterator[str]:
    """Write on after a prompt until the text should end, see `Author.stream`.

    Raises:
        UsageError: At once, if an option does not exist, a value is out of bounds, a law cannot hold, or both a check
            and `best_of` are given.
    """
    ending, sampling, laws, seed = parse_options(options)
    draws = draws_of(new_seed() if seed is None else seed)
    steering = list(guides)
    if laws != Laws():
        from penwright.writing.laws.choosing import guides_of

        steering += guides_of(laws, alphabet=alphabet, sampling=sampling)
    write = iter_text
    if check is not None:
        from penwright.writing.checked import Checking, iter_checked, until_unit

        if laws.best_of > 1:
            raise UsageError(f"best_of={laws.best_of} and a check exclude each other; give one of them.")
        write = partial(iter_checked, checking=check if isinstance(check, Checking) else Checking(accepts=check))
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
    if check is not None:
        text, ending = until_unit(text, ending=ending)
    return until_end(text, ending=ending)
