"""An author that adapts to a text: equal to a plain loop, never ahead of the text, and learning its habits."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from penwright.kernels.adaptation import PREVIOUS, WORD
from penwright.writing.engines import adaptation as module
from penwright.writing.engines.adaptation import MAX_BIASES, RATES, Adaptation

IS_LETTER = np.array([False, True, True, True, False, True])
LINE_END = 4
V = len(IS_LETTER)


def moved(
    ids: NDArray[np.int64], logits: NDArray[np.float32], *, cuts: tuple[int, ...] = (), learns: bool = True
) -> NDArray[np.float32]:
    """The logits of one text, read in several stretches."""
    adaptation, found = Adaptation(IS_LETTER, line_end=LINE_END), logits.copy()
    state = adaptation.initial_state(1)
    edges = [0, *cuts, len(ids)]
    for first, stop in zip(edges, edges[1:], strict=False):
        if first < stop:
            part = np.ascontiguousarray(found[None, first:stop])
            adaptation.move(0, 1, np.ascontiguousarray(ids[None, first:stop]), state, part, learns=learns)
            found[first:stop] = part[0]
    return found


def plainly(ids: NDArray[np.int64], logits: NDArray[np.float32]) -> NDArray[np.float64]:
    """What `Adaptation.move` does, with a dictionary of rows for each kind of context and no hashing."""
    rows: dict[tuple[object, ...], NDArray[np.float64]] = {}
    factor, column, word, previous = 1.0, 0, "", 0
    found, waiting = np.zeros(logits.shape), None
    for time, symbol in enumerate(ids.tolist()):
        if waiting is not None:
            errors, own, base = waiting
            errors[symbol] -= 1.0
            factor -= float(RATES[5]) * float(errors @ base)
            for key, rate in zip(own, RATES, strict=False):
                rows[key] = rows[key] - float(rate) * errors
        column = 0 if symbol == LINE_END else min(column + 1, 127)
        word = word + chr(symbol + 1) if IS_LETTER[symbol] else ""
        own = [("all",), ("one", symbol), ("two", symbol, previous), ("word", word), ("column", column)]
        previous = symbol
        base = logits[time].astype(np.float64)
        found[time] = base * factor + sum(rows.setdefault(key, np.zeros(V)) for key in own)
        chances = np.exp(found[time] - found[time].max())
        waiting = (chances / chances.sum(), own, base)
    return found


def text_of(seed: int, size: int) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """A text with habits, and the logits of an author that knows none of them."""
    random = np.random.default_rng(seed)
    ids = np.where(random.random(size) < 0.2, random.integers(0, V, size), np.arange(size) % V)
    return ids, random.normal(size=(size, V)).astype(np.float32)


@pytest.mark.parametrize("seed", range(3))
def test_it_equals_a_plain_loop(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_HASHED_ROWS", 20_000)  # so many that no two contexts share one
    ids, logits = text_of(seed, 150)
    assert np.abs(moved(ids, logits) - plainly(ids, logits)).max() < 1e-4


@given(st.lists(st.integers(0, 60), max_size=5).map(lambda cuts: tuple(sorted(cuts))))
@settings(max_examples=20)
def test_any_division_of_a_text_gives_the_same_bits(cuts: tuple[int, ...]) -> None:
    ids, logits = text_of(0, 60)
    assert np.array_equal(moved(ids, logits, cuts=cuts), moved(ids, logits))


def test_nothing_is_known_ahead() -> None:
    """Another symbol changes no prediction made before it was read."""
    ids, logits = text_of(1, 80)
    other = ids.copy()
    other[50] = (other[50] + 1) % V
    first, second = moved(ids, logits), moved(other, logits)
    assert np.array_equal(first[:50], second[:50])
    assert not np.array_equal(first[51:], second[51:])


def test_the_first_symbol_is_predicted_by_the_author_alone() -> None:
    ids, logits = text_of(2, 5)
    assert np.array_equal(moved(ids, logits)[0], logits[0])


def test_without_learning_nothing_moves() -> None:
    ids, logits = text_of(3, 40)
    assert np.array_equal(moved(ids, logits, learns=False), logits)


def test_what_was_learned_is_used_when_nothing_more_is_learned() -> None:
    ids, logits = text_of(4, 200)
    adaptation = Adaptation(IS_LETTER, line_end=LINE_END)
    state = adaptation.initial_state(1)
    adaptation.move(0, 1, ids[None].copy(), state, logits[None].copy(), learns=True)
    before = state.copy()
    part = logits[None, :10].copy()
    adaptation.move(0, 1, ids[None, :10].copy(), state, part, learns=False)
    assert not np.array_equal(part, logits[None, :10])
    assert np.array_equal(before.biases, state.biases)
    assert np.array_equal(before.factors, state.factors)


def test_texts_side_by_side_do_not_disturb_each_other() -> None:
    texts = [text_of(seed, 50) for seed in range(4)]
    adaptation = Adaptation(IS_LETTER, line_end=LINE_END)
    state = adaptation.initial_state(4)
    logits = np.stack([logits for _, logits in texts])
    adaptation.move(0, 4, np.stack([ids for ids, _ in texts]), state, logits, learns=True)
    for row, (ids, alone) in enumerate(texts):
        assert np.array_equal(logits[row], moved(ids, alone))
    assert len({int(place) for place in state.places[:, PREVIOUS]}) > 1 or len({*state.places[:, WORD].tolist()}) > 1


def test_habits_of_a_text_are_learned() -> None:
    """Of a text that repeats itself, an author that expects nothing in particular learns most."""
    ids = np.arange(3_000) % V
    logits = np.zeros((len(ids), V), np.float32)
    found = moved(ids, logits)[:-1].astype(np.float64)
    chances = np.exp(found) / np.exp(found).sum(axis=1, keepdims=True)
    nats = -np.log(chances[np.arange(len(found)), ids[1:]])
    assert nats[:100].mean() < math.log(V)
    assert nats[-100:].mean() < 0.1


@pytest.mark.parametrize("vocab_size", [2, 98, 127, 400, 1_024, 30_000, 65_536])
def test_the_memory_of_a_text_is_bounded(vocab_size: int) -> None:
    for line_end in (None, 1):
        adaptation = Adaptation(np.ones(vocab_size, np.bool_), line_end=line_end)
        assert 1 <= adaptation.num_rows
        assert adaptation.num_rows * vocab_size <= max(MAX_BIASES, vocab_size)
        ids = np.full((1, 3), vocab_size - 1)
        logits = np.zeros((1, 3, vocab_size), np.float32)
        adaptation.move(0, 1, ids, adaptation.initial_state(1), logits, learns=True)
        assert np.isfinite(logits).all()
