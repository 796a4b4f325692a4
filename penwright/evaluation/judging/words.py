"""The words of a text, and the lexicon of a shelf: every word that one of its training books has.

A word is a run of letters; apostrophes may stand within it. A Han or kana sign is a word by itself.
"""

import re

from penwright.corpus.store import Corpus
from penwright.writing.stopping import WIDE_SIGNS

_WORD = re.compile(rf"[{WIDE_SIGNS}]|[^\W\d_]+(?:['’][^\W\d_]+)*")


def words_of(text: str) -> list[str]:
    """Return the words of a text in small letters, apostrophes made one."""
    return _WORD.findall(text.lower().replace("’", "'"))


def plain_words_of(text: str) -> list[str]:
    """Return the words of a text that have no capital, apostrophes made one. Most names are left out."""
    return [word for word in _WORD.findall(text.replace("’", "'")) if word == word.lower()]


def lexicon_of(corpus: Corpus) -> frozenset[str]:
    """Return the words of all training books, in small letters."""
    lexicon = set[str]()
    for book in corpus.books_in("train"):
        lexicon.update(words_of(corpus.book_text(book)))
    return frozenset(lexicon)
