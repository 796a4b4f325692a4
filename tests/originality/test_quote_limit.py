"""A limit of copied characters, held against an author that wants nothing but to copy."""

from copy import copy
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
from patchwork import KINDS, corpus_of, longest_shared, patchwork, texts_of

from penwright import Corpus
from penwright.alphabet.characters import Alphabet
from penwright.errors import AuthorError, UsageError
from penwright.originality.building import make_index
from penwright.originality.index import MIN_RUN
from penwright.originality.quote_limit import QuoteLimit
from penwright.writing.generation import iter_text
from penwright.writing.options import SamplingConfig
from penwright.writing.sampling import draws_of


class State(NamedTuple):
    """What a copier has read."""

    ids: tuple[int, ...]
    position: np.ndarray

    def copy(self) -> "State":
        return self


class Copier:
    """An engine that goes on as a book does after the last symbols, from the longest match it finds."""

    def __init__(self, alphabet: Alphabet, books: list[str], *, seed: int) -> None:
        self.vocab_size = alphabet.vocab_size
        self.symbols_at_once = 64
        self._books = [alphabet.encode(book).tolist() for book in books]
        self._random = np.random.default_rng(seed)

    def initial_state(self, **_: Any) -> State:
        return State((), np.zeros(1, np.int64))

    def read(self, ids: np.ndarray, state: State, **_: Any) -> tuple[np.ndarray, State]:
        read = (*state.ids, *ids[0].tolist())
        logits = self._random.normal(size=self.vocab_size).astype(np.float32)
        best = max(
            (self._match(book, at, read), number, at)
            for number, book in enumerate(self._books)
            for at in range(1, len(book))
        )
        logits[self._books[best[1]][best[2]]] += 8.0
        return logits[None, None], State(read, np.array([len(read)]))

    @staticmethod
    def _match(book: list[int], at: int, read: tuple[int, ...]) -> int:
        length = 0
        while length < min(at, len(read), 40) and book[at - 1 - length] == read[-1 - length]:
            length += 1
        return length


def limit_of(corpus: Corpus, alphabet: Alphabet) -> int:
    """The smallest limit that can be kept."""
    return MIN_RUN - 1 + max(map(len, alphabet.texts))


def written(corpus: Corpus, alphabet: Alphabet, *, prompt: str, limit: int | None, number: int = 400) -> str:
    books = texts_of(corpus)
    index = make_index(corpus)
    guides = [] if limit is None else [QuoteLimit(index, alphabet, max_quote=limit)]
    engine, sampling = Copier(alphabet, books, seed=len(prompt)), SamplingConfig(temperature=1.0, min_p=0.0)
    return "".join(
        islice(iter_text(engine, alphabet, prompt, sampling=sampling, draws=draws_of(3), guides=guides), number)
    )


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seed", range(3))
def test_nothing_written_holds_a_longer_run(tmp_path: Path, kind: str, seed: int) -> None:
    """Neither in the text nor from the prompt into it, at the limit itself, and the copier does reach it."""
    corpus, _ = patchwork(tmp_path / "shelf", seed, kind=kind)
    books, alphabet = texts_of(corpus), corpus.alphabet
    limit = limit_of(corpus, alphabet)
    prompt = books[0][7 : 7 + limit - 2]
    assert longest_shared(prompt + written(corpus, alphabet, prompt=prompt, limit=None), books) > limit + 10
    text = prompt + written(corpus, alphabet, prompt=prompt, limit=limit)
    assert limit - 3 <= longest_shared(text, books) <= limit
    assert longest_shared(written(corpus, alphabet, prompt="", limit=limit + 5), books) <= limit + 5


def test_what_cannot_be_kept_is_refused_in_a_sentence(tmp_path: Path) -> None:
    corpus, _ = patchwork(tmp_path / "shelf", 1, kind="characters")
    index, book = make_index(corpus), texts_of(corpus)[0]
    with pytest.raises(UsageError, match="must lie between 20 and"):
        QuoteLimit(index, corpus.alphabet, max_quote=19)
    with pytest.raises(UsageError, match="the prompt itself copies 30 characters in a row"):
        QuoteLimit(index, corpus.alphabet, max_quote=29).read("ж" + book[5:35] + "ж")
    QuoteLimit(index, corpus.alphabet, max_quote=30).read("ж" + book[5:35] + "ж")


def test_where_everything_would_be_a_copy_writing_ends_with_a_sentence(tmp_path: Path) -> None:
    corpus = corpus_of(["a" * 300, "a" * 400, "a" * 500], tmp_path / "shelf")
    guide = QuoteLimit(make_index(corpus), corpus.alphabet, max_quote=40)
    guide.read("a" * 40)
    allowed = np.array([len(text) == 1 for text in corpus.alphabet.texts])
    with pytest.raises(AuthorError, match="every way to go on would copy more than 40 characters"):
        guide.adjust(np.zeros(len(allowed), np.float32), allowed)


def test_a_long_text_is_followed_in_bounded_memory(tmp_path: Path) -> None:
    """The guide forgets what lies far behind and still knows every run."""
    corpus, pieces = patchwork(tmp_path / "shelf", 1, kind="characters")
    book, alphabet = texts_of(corpus)[0], corpus.alphabet
    guide = QuoteLimit(make_index(corpus), alphabet, max_quote=30)
    random = np.random.default_rng(0)
    for _ in range(200):
        start = int(random.integers(len(book) - 31))
        for character in "ж" * int(random.integers(1, 9)) + book[start : start + 30]:
            guide.push(0, character)
        guide, before = copy(guide), guide
        before.push(0, "ж")  # a copy goes on by itself
        allowed = np.ones(alphabet.vocab_size, np.bool_)
        guide.adjust(np.zeros(alphabet.vocab_size, np.float32), allowed)
        assert not allowed[alphabet.encode(book[start + 30])].any()
