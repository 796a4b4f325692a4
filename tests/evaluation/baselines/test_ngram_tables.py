"""Counted tables as proper probabilities."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from penwright.evaluation.baselines.ngram_tables import NgramCounts, iter_probabilities

EDGE = 99  # in the plain reference: what precedes a text


def witten_bell(train: list[list[int]], context: tuple[int, ...], symbol: int, *, num_symbols: int) -> float:
    """The probability by the definition, with dictionaries: contexts from the longest to none."""

    def successors(context: tuple[int, ...]) -> Counter[int]:
        counts: Counter[int] = Counter()
        for text in train:
            padded = [EDGE] * len(context) + text
            for index in range(1, len(text)):
                here = index + len(context)
                if tuple(padded[here - len(context) : here]) == context:
                    counts[padded[here]] += 1
        return counts

    shorter = witten_bell(train, context[1:], symbol, num_symbols=num_symbols) if context else 1 / num_symbols
    counts = successors(context)
    if not counts:
        return shorter
    return (counts[symbol] + len(counts) * shorter) / (counts.total() + len(counts))


text = st.lists(st.integers(1, 4), min_size=2, max_size=25).map(lambda ids: [0, *ids])
texts = st.lists(text, min_size=1, max_size=3)


@given(train=texts, held_out=texts)
def test_tables_equal_a_plain_count(train: list[list[int]], held_out: list[list[int]]) -> None:
    """The hash, the sorting and the look-ups change nothing."""
    orders = list(iter_probabilities(arrays(train), arrays(held_out), num_symbols=4, first_symbol=1, max_order=3))
    for order, probabilities in enumerate(orders):
        expected = []
        for text in held_out:
            padded = [EDGE] * order + text
            for index in range(1, len(text)):
                context = tuple(padded[index : index + order])
                expected.append(witten_bell(train, context, text[index], num_symbols=4))
        assert probabilities == pytest.approx(expected, rel=1e-12)


def test_the_edge_of_a_book_is_no_symbol_that_occurs() -> None:
    """The seed alphabet's first id is a symbol like any other, and a book may begin with it."""
    train, held_out = [[0, 0, 1, 2]], [[0, 1, 2]]
    *_, probabilities = iter_probabilities(arrays(train), arrays(held_out), num_symbols=3, first_symbol=0, max_order=2)
    expected = [witten_bell(train, (EDGE, 0), 1, num_symbols=3), witten_bell(train, (0, 1), 2, num_symbols=3)]
    assert probabilities == pytest.approx(expected)
    assert expected[0] < expected[1]


@given(train=texts, context=st.lists(st.integers(1, 4), max_size=8))
def test_after_every_context_the_probabilities_sum_to_one(train: list[list[int]], context: list[int]) -> None:
    continuations = [[0, *context, symbol] for symbol in range(1, 8)]
    for probabilities in iter_probabilities(
        arrays(train), arrays(continuations), num_symbols=7, first_symbol=1, max_order=6
    ):
        last_of_each = probabilities.reshape(7, -1)[:, -1]
        assert last_of_each.sum() == pytest.approx(1.0)
        assert (last_of_each > 0).all()


def test_a_table_learns_what_always_follows() -> None:
    train = [np.array([0] + [1, 2, 3] * 200, dtype=np.uint8)]
    *_, longest = iter_probabilities(train, train, num_symbols=3, first_symbol=1, max_order=6)
    assert longest[10:].min() > 0.99


def test_books_do_not_run_into_each_other() -> None:
    joined = [np.array([0, 1, 2, 1, 2, 3, 3], dtype=np.uint8)]
    apart = [np.array([0, 1, 2, 1, 2], dtype=np.uint8), np.array([0, 3, 3], dtype=np.uint8)]
    begins = [np.array([0, 3], dtype=np.uint8)]
    numbers = {"num_symbols": 3, "first_symbol": 1, "max_order": 2}
    after_the_edge = list(iter_probabilities(apart, begins, **numbers))[2]
    assert after_the_edge > list(iter_probabilities(joined, begins, **numbers))[2]


def test_without_anything_to_count_every_symbol_is_as_probable() -> None:
    held_out = [np.array([0, 1, 2, 3], dtype=np.uint16)]
    for probabilities in iter_probabilities([], held_out, num_symbols=50_000, first_symbol=1, max_order=2):
        assert probabilities == pytest.approx([1 / 50_000] * 3)


def test_symbols_of_a_large_alphabet_are_told_apart() -> None:
    train = [np.array([0, 60_000, 59_999] * 50, dtype=np.uint16)[:-1]]
    *_, longest = iter_probabilities(train, train, num_symbols=60_000, first_symbol=1, max_order=6)
    assert longest[20:].min() > 0.9


def arrays(texts: list[list[int]]) -> list[np.ndarray]:
    """The texts as ids."""
    return [np.array(text, dtype=np.uint8) for text in texts]


@given(train=texts, held_out=text)
def test_kept_tables_expect_what_the_passing_ones_found(train: list[list[int]], held_out: list[int]) -> None:
    """Every order; and the end of a text alone is enough for what comes after it."""
    options = {"num_symbols": 4, "first_symbol": 1, "max_order": 3}
    counts = NgramCounts(arrays(train), **options)
    (ids,), target = arrays([held_out]), np.array(held_out[1:]) - 1
    for order, expected in enumerate(iter_probabilities(arrays(train), [ids], **options)):
        chances = counts.distributions(ids, max_order=order)
        assert chances.sum(axis=1) == pytest.approx(np.ones(len(target)))
        assert chances[np.arange(len(target)), target] == pytest.approx(expected, rel=1e-12)
    assert counts.distributions(ids[-4:])[-1] == pytest.approx(counts.distributions(ids)[-1], rel=1e-12)
