"""Measure what the finished author of a run does: a page it writes, how much of it is copied, what surprises it.

This module knows nothing of runs or pages.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from penwright.author.author import Author
from penwright.corpus.store import Book, Corpus
from penwright.evaluation.texts import MIN_PASSAGE_CHARS
from penwright.originality.building import index_of
from penwright.originality.meter import copied

PAGE_WORDS, PAGE_CHARS = 300, 3_000
LENGTHS = (20, 30, 50, 80)
"""Lengths of copied spans, in characters."""
SCORED_CHARS = 6_000
"""Characters of a held-out book in which surprises are looked for."""
NUM_PARAGRAPHS = 3


@dataclass(frozen=True, kw_only=True, slots=True)
class Paragraph:
    """A paragraph of a held-out book."""

    text: str
    bits_per_char: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Portrait:
    """What an author does."""

    page: str
    """The page that it wrote without a prompt, from the beginning of a paragraph."""
    shares: tuple[tuple[int, float, float | None], ...]
    """Length of a span, share of the page that lies in such spans of the training books, and the same share for a
    passage of a held-out book; None without one."""
    longest: str
    """Longest span of the page that a training book has too."""
    num_searched_chars: int
    book: str
    """Title of the held-out book; empty without one."""
    surprising: tuple[Paragraph, ...]
    """The paragraphs that it predicts worst, the worst first."""
    expected: tuple[Paragraph, ...]
    """The paragraphs that it predicts best, the best first."""


def paint(author: Author, corpus: Corpus, *, seed: int, tell: Callable[[str], None]) -> Portrait:
    """Let an author write a page, search the training books for it, and read a held-out book.

    Args:
        author: The author.
        corpus: The books that it was raised on.
        seed: Seed of the page.
        tell: Called with what is being done.
    """
    tell("Letting the author write a page")
    page = author.write(max_words=PAGE_WORDS, max_chars=PAGE_CHARS, seed=seed)
    held_out = next((book for split in ("val", "test") for book in corpus.books_in(split)), None)
    passage = _from_the_middle(corpus, held_out) if held_out else ""
    tell("Searching the training books for what it wrote")
    index = index_of(corpus)
    own = copied([page], index, lengths=LENGTHS)
    theirs = copied([passage[: len(page)]], index, lengths=LENGTHS).shares if passage else {}
    tell("Looking for what surprises it")
    ranked = _ranked(author, passage)
    return Portrait(
        page=page,
        shares=tuple((length, own.shares[length], theirs.get(length)) for length in LENGTHS),
        longest=own.longest,
        num_searched_chars=index.num_chars,
        book=held_out.title if held_out else "",
        surprising=tuple(ranked[:NUM_PARAGRAPHS]),
        expected=tuple(ranked[::-1][: min(NUM_PARAGRAPHS, max(0, len(ranked) - NUM_PARAGRAPHS))]),
    )


def portrait_from(data: Mapping[str, Any]) -> Portrait:
    """Return the portrait that `asdict` made plain data of.

    Raises:
        KeyError, TypeError, ValueError: If it is something else.
    """

    def paragraphs(name: str) -> tuple[Paragraph, ...]:
        return tuple(
            Paragraph(text=str(each["text"]), bits_per_char=float(each["bits_per_char"])) for each in data[name]
        )

    return Portrait(
        page=str(data["page"]),
        shares=tuple(
            (int(length), float(own), None if theirs is None else float(theirs))
            for length, own, theirs in data["shares"]
        ),
        longest=str(data["longest"]),
        num_searched_chars=int(data["num_searched_chars"]),
        book=str(data["book"]),
        surprising=paragraphs("surprising"),
        expected=paragraphs("expected"),
    )


def _from_the_middle(corpus: Corpus, book: Book) -> str:
    """Return a passage without the title page, from the beginning of a paragraph if there is one."""
    text = corpus.book_text(book)
    start = max(0, len(text) - SCORED_CHARS) // 2
    paragraph = text.find("\n\n", start)
    start = paragraph + 2 if 0 <= paragraph < start + SCORED_CHARS // 2 else start
    return text[start : start + SCORED_CHARS]


def _ranked(author: Author, passage: str) -> list[Paragraph]:
    """Return the long paragraphs of a passage, but for the last, which was cut, the worst predicted first."""
    if len(passage) < MIN_PASSAGE_CHARS:
        return []
    score = author.score(passage)
    whole = replace(score, paragraphs=score.paragraphs[:-1])
    ranked = whole.most_surprising(len(whole.paragraphs))
    return [Paragraph(text=each.text.strip(), bits_per_char=each.bits_per_char) for each in ranked]
