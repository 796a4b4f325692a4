"""Shelves and texts sewn from the same patches, so that they share runs of every length."""

from pathlib import Path

import numpy as np

from penwright import Corpus, prepare
from penwright.corpus.config import CorpusConfig

LETTERS = "abcdefg é日😀.\n"
KINDS: dict[str, dict[str, object]] = {
    "characters": {},
    "spelled": {"max_characters": 5},
    "bpe": {"unit": "bpe", "num_subwords": 64},
    "words": {"unit": "words", "num_subwords": 64},
    "seed": {"alphabet": "seed", "split": "seed"},
}
"""Settings of a corpus, for each kind of alphabet."""


def patches(seed: int, *, number: int = 12, longest: int = 60, letters: str = LETTERS) -> list[str]:
    """Some texts of random letters."""
    random = np.random.default_rng(seed)
    return ["".join(random.choice(list(letters), random.integers(5, longest))) for _ in range(number)]


def sewn(pieces: list[str], seed: int, *, number: int) -> str:
    """A text of patches and of parts of them."""
    random = np.random.default_rng(seed)
    text = ""
    for _ in range(number):
        piece = pieces[random.integers(len(pieces))]
        start, stop = sorted(random.integers(0, len(piece) + 1, 2))
        text += piece if random.random() < 0.6 else piece[start:stop]
    return text


def corpus_of(texts: list[str], folder: Path, **settings: object) -> Corpus:
    """A corpus of some texts, taken nearly as they are."""
    folder.mkdir()
    for number, text in enumerate(texts):
        (folder / f"Writer{number}_Book_18{number:02}.txt").write_text(text, encoding="utf-8")
    given = {"unwrap": False, "licence": False, "min_count": 1, "drop_duplicates": False, "accept_doubtful": True}
    config = CorpusConfig.from_dict({**given, **settings})
    return prepare([folder], config=config, cache_dir=folder / "cache", workers=1)


def patchwork(folder: Path, seed: int, *, kind: str) -> tuple[Corpus, list[str]]:
    """A corpus with an alphabet of some kind, and the patches that its books are sewn from."""
    pieces = patches(seed, letters="abcdefg .,\n" if kind == "seed" else LETTERS)
    return corpus_of([sewn(pieces, number, number=30) for number in range(3)], folder, **KINDS[kind]), pieces


def texts_of(corpus: Corpus) -> list[str]:
    """The training books."""
    return [corpus.book_text(book) for book in corpus.books_in("train")]


def longest_shared(text: str, books: list[str]) -> int:
    """Length of the longest run that a text shares with a book, by Python's own search."""
    longest = 0
    for start in range(len(text)):
        while start + longest < len(text) and any(text[start : start + longest + 1] in book for book in books):
            longest += 1
    return longest
