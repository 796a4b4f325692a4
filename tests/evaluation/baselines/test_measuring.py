"""All baselines on the held-out passages of a corpus."""

import math
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from penwright.alphabet.auto import learn_subwords
from penwright.alphabet.characters import Alphabet
from penwright.alphabet.units import Unit
from penwright.errors import CorpusError
from penwright.evaluation.baselines.measuring import Baseline, measure_baselines
from penwright.evaluation.passages import choose_passages

SENTENCE = "the lamp was lit and the ferry came over the water. "


class Shelf:
    """Books in memory that look like a corpus."""

    def __init__(self, *books: tuple[str, str], alphabet: Alphabet) -> None:
        self.alphabet = alphabet
        self.books = [
            SimpleNamespace(title=f"Book {n}", author="", split=split, num_chars=len(text), text=text)
            for n, (split, text) in enumerate(books)
        ]

    def books_in(self, split: str):
        return tuple(book for book in self.books if book.split == split)

    def book_ids(self, book):
        edge = [] if self.alphabet.boundary_id is None else [self.alphabet.boundary_id]
        return np.concatenate([np.array(edge, dtype=self.alphabet.dtype), self.alphabet.encode(book.text)])


LEARNT = Alphabet("".join(sorted(set(SENTENCE))))
BOOKS = (("train", SENTENCE * 20), ("train", SENTENCE * 5), ("val", SENTENCE * 3), ("val", SENTENCE[::-1] * 2))


def measured(*books: tuple[str, str], alphabet: Alphabet = LEARNT, **bounds: int) -> dict[str, Baseline]:
    shelf = Shelf(*books, alphabet=alphabet)
    passages = choose_passages(shelf, shelf.books_in("val"), max_chars=None)
    return {baseline.name: baseline for baseline in measure_baselines(shelf, passages, **bounds)}


@pytest.fixture(scope="module")
def baselines() -> dict[str, Baseline]:
    return measured(*BOOKS)


def test_every_baseline_is_measured_once(baselines: dict[str, Baseline]) -> None:
    assert list(baselines) == [
        *(f"{order}-character table" for order in range(1, 7)),
        "gzip -9",
        "bzip2 -9",
        "xz -9e",
        "xz -9e, training text first",
    ]


def test_books_make_up_the_whole(baselines: dict[str, Baseline]) -> None:
    chars = [len(text) for split, text in BOOKS if split == "val"]
    for name, baseline in baselines.items():
        if name == "xz -9e, training text first":
            assert baseline.book_bits_per_char == ()
        else:
            bits = sum(n * b for n, b in zip(chars, baseline.book_bits_per_char, strict=True))
            assert baseline.bits_per_char == pytest.approx(bits / sum(chars))


def test_a_text_that_was_counted_costs_little_and_one_that_was_not_costs_much(baselines: dict[str, Baseline]) -> None:
    known, strange = baselines["6-character table"].book_bits_per_char
    assert known < 0.3
    assert strange > math.log2(LEARNT.vocab_size) / 2


def test_a_spelled_character_costs_all_its_nibbles_but_counts_once() -> None:
    only = measured(("val", "\u20ac"))["1-character table"]
    assert only.bits_per_char == pytest.approx(6 * math.log2(LEARNT.vocab_size - 1))


def test_what_was_counted_is_bounded_and_stated() -> None:
    bounded = measured(*BOOKS, max_train_chars=100, max_compressor_train_chars=50)
    assert bounded["6-character table"].train_chars == 100
    assert bounded["xz -9e, training text first"].train_chars == 50
    assert bounded["xz -9e"].train_chars == 0
    assert "xz -9e, training text first" not in measured(*BOOKS, max_compressor_train_chars=0)


def test_the_seed_alphabet_is_scored_from_the_second_character_on() -> None:
    seed = measured(("val", "Lo"), alphabet=Alphabet.seed())
    assert seed["1-character table"].bits_per_char == pytest.approx(math.log2(98))


def test_without_training_books_compressors_stand_alone() -> None:
    alone = measured(("val", SENTENCE))
    assert "xz -9e, training text first" not in alone
    assert alone["6-character table"].bits_per_char == pytest.approx(math.log2(LEARNT.vocab_size - 1))


def test_nothing_held_out_is_refused() -> None:
    with pytest.raises(CorpusError, match="Hold out at least one book"):
        measured(("train", SENTENCE))


@pytest.mark.parametrize("unit", ["bpe", "words"])
def test_tables_are_counted_on_characters_whatever_the_unit(baselines: dict[str, Baseline], unit: Unit) -> None:
    alphabet = learn_subwords(LEARNT, [SENTENCE * 20], unit=unit, num_symbols=60)
    assert alphabet.subwords
    found = measured(*BOOKS, alphabet=alphabet)
    assert {name: replace(each, seconds=0.0) for name, each in found.items()} == {
        name: replace(each, seconds=0.0) for name, each in baselines.items()
    }
