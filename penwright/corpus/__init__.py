"""Files -> text -> one memory-mapped corpus of ids, with every book's place in it."""

from penwright.corpus.config import CorpusConfig as CorpusConfig
from penwright.corpus.store import Book as Book
from penwright.corpus.store import Corpus as Corpus

__all__ = ["Book", "Corpus", "CorpusConfig"]
