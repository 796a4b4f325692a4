"""Which characters of the held-out books are scored."""

from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from penwright.alphabet.auto import learn_subwords
from penwright.alphabet.characters import Alphabet
from penwright.errors import UsageError
from penwright.evaluation.passages import (
    character_starts,
    chars_begun,
    choose_passages,
    passage_of,
    sample_passages,
    scorable_chars,
)


class Shelf:
    """Books in memory that look like a corpus."""

    def __init__(self, *texts: str, alphabet: Alphabet) -> None:
        self.alphabet = alphabet
        self.books = [SimpleNamespace(title=text[:4], author="", num_chars=len(text), text=text) for text in texts]

    def book_ids(self, book):
        edge = [] if self.alphabet.boundary_id is None else [self.alphabet.boundary_id]
        return np.concatenate([np.array(edge, dtype=self.alphabet.dtype), self.alphabet.encode(book.text)])


LEARNT = Alphabet("abcdefgh ")
BPE = learn_subwords(LEARNT, ["abc abc dab dab aabb abcd " * 3], unit="bpe", num_symbols=40)
WORDS = learn_subwords(LEARNT, ["abc abc dab dab aabb abcd " * 3], unit="words", num_symbols=40)


def test_a_budget_is_spread_evenly_and_each_passage_begins_its_book() -> None:
    shelf = Shelf("abcdefgh", "hgfedcba", "aabbccdd", alphabet=LEARNT)
    passages = choose_passages(shelf, shelf.books, max_chars=10)
    assert [passage.num_chars for passage in passages] == [3, 3, 4]
    assert [LEARNT.decode(passage.ids[1:]) for passage in passages] == ["abc", "hgf", "aabb"]
    assert all(passage.ids[0] == LEARNT.boundary_id for passage in passages)


def test_what_a_short_book_leaves_unused_goes_to_the_longer_ones() -> None:
    shelf = Shelf("abcdefgh", "ab", "hgfedcba", alphabet=LEARNT)
    passages = choose_passages(shelf, shelf.books, max_chars=12)
    assert [passage.num_chars for passage in passages] == [5, 2, 5]


def test_without_a_budget_everything_is_scored() -> None:
    shelf = Shelf("abcdefgh", "ab", alphabet=LEARNT)
    assert [p.num_chars for p in choose_passages(shelf, shelf.books, max_chars=None)] == [8, 2]


def test_books_with_nothing_to_score_have_no_passage() -> None:
    seed = Shelf("", "L", "Lo", alphabet=Alphabet.seed())
    assert [p.title for p in choose_passages(seed, seed.books, max_chars=None)] == ["Lo"]
    learnt = Shelf("", "a", "bb", alphabet=LEARNT)
    assert [p.title for p in choose_passages(learnt, learnt.books, max_chars=None)] == ["a", "bb"]


def test_a_seed_book_is_scored_from_its_second_character_on() -> None:
    shelf = Shelf("Lorna", alphabet=Alphabet.seed())
    passage = choose_passages(shelf, shelf.books, max_chars=3)[0]
    assert Alphabet.seed().decode(passage.ids) == "Lorn"
    assert passage.num_chars == 3
    assert scorable_chars(shelf, shelf.books[0]) == 4


@given(text=st.text(alphabet="ab é€𝄞\ud800", max_size=30), num_chars=st.integers(1, 40))
def test_a_passage_never_ends_within_a_character_that_is_spelled(text: str, num_chars: int) -> None:
    shelf = Shelf(text + "a", alphabet=LEARNT)
    passage = passage_of(shelf, shelf.books[0], num_chars=num_chars)
    assert LEARNT.decode(passage.ids[1:]) == (text + "a")[:num_chars]
    assert passage.num_chars == min(num_chars, len(text) + 1)


@given(text=st.text(alphabet="ab é€𝄞\ud800中", max_size=30))
def test_every_character_starts_exactly_once(text: str) -> None:
    assert character_starts(LEARNT.encode(text), alphabet=LEARNT).sum() == len(text)


@pytest.mark.parametrize("alphabet", [LEARNT, BPE, WORDS], ids=lambda alphabet: alphabet.unit)
@given(text=st.text(alphabet="abd é€𝄞\ud800中", max_size=30))
def test_the_characters_that_begin_with_the_symbols_are_those_of_the_text(alphabet: Alphabet, text: str) -> None:
    ids = alphabet.encode(text)
    begun = chars_begun(ids, alphabet=alphabet)
    assert begun.sum() == len(text)
    assert chars_begun(np.append(ids, 0), alphabet=alphabet).tolist() == [*begun.tolist(), 0]
    if alphabet is LEARNT:
        assert begun.tolist() == character_starts(ids, alphabet=alphabet).astype(int).tolist()


@pytest.mark.parametrize("alphabet", [BPE, WORDS], ids=lambda alphabet: alphabet.unit)
@given(
    words=st.lists(st.sampled_from(["abc", "dab", "aabb", "é€", "\ud800", "h"]), min_size=1),
    num_chars=st.integers(0, 40),
)
def test_a_passage_of_subwords_is_the_longest_that_fits_and_counts_its_characters(
    alphabet: Alphabet, words: list[str], num_chars: int
) -> None:
    text = " ".join(words)
    shelf = Shelf(text, alphabet=alphabet)
    passage = passage_of(shelf, shelf.books[0], num_chars=num_chars)
    read = alphabet.decode(passage.ids[1:])
    assert text.startswith(read)
    assert passage.num_chars == len(read) <= num_chars
    whole = alphabet.encode(text)
    if len(passage.ids) <= len(whole):
        longest = int(alphabet.num_chars_of_ids.max())
        assert passage.num_chars > num_chars - longest


def test_a_share_smaller_than_its_first_piece_gives_no_passage() -> None:
    shelf = Shelf(" abc abc", "abcdabcd", alphabet=WORDS)
    assert [p.num_chars for p in choose_passages(shelf, shelf.books, max_chars=4)] == [2]
    assert [p.num_chars for p in choose_passages(shelf, shelf.books, max_chars=None)] == [8, 8]


def test_every_symbol_of_the_seed_alphabet_is_a_character() -> None:
    ids = Alphabet.seed().encode("Penwright é")
    assert character_starts(ids, alphabet=Alphabet.seed()).all()


def test_a_budget_below_one_is_refused() -> None:
    shelf = Shelf("abc", alphabet=LEARNT)
    with pytest.raises(UsageError, match="max_chars=0 must be at least 1"):
        choose_passages(shelf, shelf.books, max_chars=0)


def test_of_a_large_library_some_books_are_read_and_not_a_few_lines_of_each() -> None:
    """A page of memory of each of 34,000 books was 2.2 GB, for six million characters."""
    texts = ["abcdefgh" * (1 + index % 5) for index in range(1_000)]
    shelf = Shelf(*texts, alphabet=LEARNT)
    few = sample_passages(shelf, shelf.books, max_chars=4_000)
    assert 100 <= len(few) < 250
    assert sum(passage.num_chars for passage in few) > 3_000
    assert few[0].title == shelf.books[0].title
    whole = sample_passages(shelf, shelf.books, max_chars=10**6)
    assert sum(passage.num_chars for passage in whole) == sum(map(len, texts)), "all of it, if all is wanted"
    small = shelf.books[:100]
    for max_chars in (100, 700, 10**6):
        chosen = choose_passages(shelf, small, max_chars=max_chars)
        for one, other in zip(sample_passages(shelf, small, max_chars=max_chars), chosen, strict=True):
            assert one.num_chars == other.num_chars and np.array_equal(one.ids, other.ids)
