"""Pages to be judged: written by an author, or cut from a book or any other text.

All pages of a judgement have the same length in characters, because most measures depend on it.
"""

import re
from collections.abc import Callable

from penwright.alphabet.characters import Alphabet
from penwright.corpus.book import Book
from penwright.corpus.store import Corpus
from penwright.writing.crowd import Crowd
from penwright.writing.engines.base import Engine
from penwright.writing.engines.compiled import CompiledEngine
from penwright.writing.generation import open_text
from penwright.writing.laws.choosing import guides_of
from penwright.writing.options import MAX_COUNT, WriteOptions, parse_options
from penwright.writing.sampling import draws_of
from penwright.writing.streaming import stream_text

EDGE_FRACTION = 0.02
"""Share at each end of a held-out book that no page is cut from: title pages and advertisements stand there."""
MAX_ALIGNED_CHARS = 3_000
"""Characters that may be skipped for a page to begin with a paragraph."""
_STEPS_A_REPORT = 64
_LINE_END = re.compile(r"\n\s*")

Tell = Callable[[float], object]
"""Function that is called with the share that is done, 0 to 1."""


def write_pages(
    engine: Engine,
    alphabet: Alphabet,
    *,
    num_pages: int,
    num_chars: int,
    seed: int,
    prompt: str = "",
    options: WriteOptions = WriteOptions(),  # noqa: B008
    tell: Tell = lambda share: None,
) -> list[str]:
    """Let an author write pages. Page k is the text that it writes alone with seed + k, whichever way it is written.

    Args:
        engine: Engine of the author.
        alphabet: Alphabet of the author.
        num_pages: Number of pages, from 1.
        num_chars: Number of characters of each.
        seed: Seed of the first page.
        prompt: Text before each page, not part of it. Without one, each page begins as a book does.
        options: How each character is drawn, and laws; see `Author.write`.
        tell: Called now and then.

    Raises:
        UsageError: If an option does not exist or a value is out of bounds.
        AuthorError: If the author's predictions are not numbers.
    """
    _, sampling, laws, _ = parse_options(options)
    if not isinstance(engine, CompiledEngine) or laws.best_of > 1:
        pages = []
        for number in range(num_pages):
            tell(number / num_pages)
            its: WriteOptions = {**options, "max_chars": num_chars, "seed": seed + number}
            pages.append("".join(stream_text(engine, alphabet, prompt, after=None, guides=(), options=its)))
        return pages
    crowd = Crowd(engine, alphabet, max_match_length=laws.max_match_length)
    written = list[list[str]]()
    for number in range(num_pages):
        draws = draws_of(seed + number)
        opened, begun = open_text(engine, alphabet, prompt, sampling=sampling, draws=draws)
        guides = guides_of(laws, alphabet=alphabet, sampling=sampling, text=prompt + begun)
        crowd.join(opened, sampling=sampling, draws=draws, guides=guides)
        written.append([begun])
    lengths = [len(page[0]) for page in written]
    for step in range(MAX_COUNT):
        for each in crowd.step():  # a text's key is the number of its page
            written[each.key].append(each.text)
            lengths[each.key] += len(each.text)
            if lengths[each.key] >= num_chars:
                crowd.leave(each.key)
        if not len(crowd):
            break
        if step % _STEPS_A_REPORT == 0:
            tell(sum(lengths) / (num_pages * num_chars))
    return ["".join(page)[:num_chars] for page in written]


def cut_pages(text: str, *, num_pages: int, num_chars: int) -> list[str]:
    """Return pages of a text, spread over it without overlap. Each begins with a paragraph if one is near.

    Args:
        text: Any text.
        num_pages: Largest number of pages. A short text has fewer.
        num_chars: Number of characters of each page.
    """
    room = max(0.0, (len(text) - num_pages * num_chars) / num_pages)
    pages = list[str]()
    for number in range(num_pages):
        start = round(number * (room + num_chars) + room / 2)
        begins = _LINE_END.search(text, start, start + min(MAX_ALIGNED_CHARS, int(room / 2)))
        start = begins.end() if begins else start
        if start + num_chars <= len(text):
            pages.append(text[start : start + num_chars])
    return pages


def held_out_pages(corpus: Corpus, book: Book, *, num_pages: int, num_chars: int) -> list[str]:
    """Return pages of a held-out book, see `cut_pages`, but for its beginning and its end."""
    text = corpus.book_text(book)
    edge = round(EDGE_FRACTION * len(text))
    return cut_pages(text[edge : len(text) - edge], num_pages=num_pages, num_chars=num_chars)
