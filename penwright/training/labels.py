"""The labels of training books: the writer of each, or its folder.

The network sees each symbol with the label of its book, except for stretches without one, so that it also learns to
read and write without. What it writes then is the average of all. This module knows nothing of models.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import PurePosixPath
from typing import NamedTuple

from penwright.corpus.book import Book
from penwright.corpus.store import Corpus
from penwright.errors import CorpusError
from penwright.model.config import MAX_LABELS

NO_LABEL = -1
MAX_LABEL_CHARS = 200
"""Longest name of a label, as on a card."""


class BookLabels(NamedTuple):
    """The labels of the training books."""

    names: tuple[str, ...]
    num_chars: tuple[int, ...]
    """Characters of the books of each label."""
    of_books: tuple[int, ...]
    """Index of each training book's label, or NO_LABEL."""

    def of_each(self, books: Iterable[int]) -> list[int] | None:
        """Return the label of each of some training books, by their indices; None where there are no labels."""
        return [self.of_books[book] for book in books] if self.names else None


def labels_of(corpus: Corpus, kind: str, *, known: Sequence[str] = ()) -> BookLabels:
    """Return the labels of the training books; there are none for the kind "none".

    Args:
        corpus: Only its books marked `train` are used.
        kind: `train.labels` of the configuration.
        known: Labels that the author to begin from has; they come first.

    Raises:
        CorpusError: If no book has such a label.
    """
    if kind == "none":
        return BookLabels((), (), ())
    books = corpus.books_in("train")
    names = names_of_books(books, kind)
    sizes = Counter[str]()
    for name, book in zip(names, books, strict=True):
        if name:
            sizes[name] += book.num_chars
    if not sizes:
        what = "The writer of no book is known" if kind == "writers" else "All books are in one folder"
        raise CorpusError(
            f"{what}, so there is nothing to tell books apart by. Name writers in a manifest, sort the books into "
            "folders, or leave --labels out."
        )
    new = sorted(sorted(sizes.keys() - set(known), key=lambda name: (-sizes[name], name))[: MAX_LABELS - len(known)])
    labels = (*known, *new)
    index = {name: number for number, name in enumerate(labels)}
    return BookLabels(labels, tuple(sizes[name] for name in labels), tuple(index.get(name, NO_LABEL) for name in names))


def names_of_books(books: Sequence[Book], kind: str) -> list[str]:
    """Return the name of each book's label, empty for a book that has none; no names for the kind "none"."""
    return [] if kind == "none" else [_name_of(book, kind) for book in books]


def _name_of(book: Book, kind: str) -> str:
    name = book.author if kind == "writers" else PurePosixPath(book.source).parent.as_posix().removeprefix(".")
    return " ".join(name.split())[:MAX_LABEL_CHARS]
