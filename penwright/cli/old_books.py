"""What an author that was taught other books has kept of its old ones: the same passages scored before and after."""

from copy import copy
from pathlib import Path
from typing import NamedTuple

from penwright.author.author import Author
from penwright.author.card import Card
from penwright.corpus.book import Book
from penwright.corpus.store import Corpus
from penwright.errors import CorpusError
from penwright.evaluation.books import evaluate, total

MAX_CHARS = 100_000
"""Largest number of characters scored."""


class Kept(NamedTuple):
    """Scores of the old books."""

    before: float
    """Bits per character of the author that the training began from."""
    after: float
    """Bits per character of the author that the training made."""
    num_chars: int
    """Number of characters scored."""
    is_of_card: bool
    """True if the author's card lists the books as held out, False if they are others that the user named."""

    def sentence(self) -> str:
        """Return the scores as a line to print."""
        what = "Held-out books of its old shelf" if self.is_of_card else "The books of --old-books"
        return f"{what}: {self.before:.3f} bits/char before, {self.after:.3f} now ({self.num_chars:,} characters)."


def unlearned(corpus: Corpus, card: Card, *, taught: Card | None = None) -> tuple[tuple[Book, ...], bool]:
    """Return the books that an author did not learn from, and True if its card lists them as held out.

    Where it lists none of them, they are the books or passages that the corpus holds out.

    Args:
        corpus: Books that the user named.
        card: Card of the author.
        taught: Card of the author after the training, whose new books are left out.

    Raises:
        CorpusError: If the author has learned from all of them.
    """
    learned = {book.sha256 for book in card.books if book.split == "train"}
    held_out = {book.sha256 for book in card.books if book.split != "train"}
    new = {book.sha256 for book in (taught.books if taught else ()) if book.split == "train"} - learned
    others = [book for book in corpus.books if book.sha256 not in new]
    books = [book for book in others if book.sha256 in held_out and (book.sha256 not in learned or book.first_char)]
    if books:
        return tuple(books), True
    books = [book for book in others if book.sha256 not in learned and book.split != "train"]
    if not books:
        raise CorpusError("the author has learned from all books of --old-books. Name the shelf that it was raised on.")
    return tuple(books), False


def compare_on(corpus: Corpus, *, start: Path, author: Path) -> Kept:
    """Score old books with two authors.

    Args:
        corpus: The old books.
        start: File of the author that the training began from.
        author: File of the author that the training made.

    Raises:
        AuthorError: If one of them cannot be read.
        CorpusError: If none of the books can be scored.
    """
    before, after = Author.load(start), Author.load(author)
    chosen = copy(corpus)
    chosen.books, is_of_card = unlearned(corpus, before.card, taught=after.card)
    scores = []
    for each in (before, after):
        recoded = chosen.in_alphabet(each.alphabet)
        scores.append(total(evaluate(each.model, recoded, recoded.books, max_chars=MAX_CHARS)))
    return Kept(scores[0].bits_per_char, scores[1].bits_per_char, scores[0].num_chars, is_of_card)
