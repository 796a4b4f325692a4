"""What successors are scores, against the formula taken literally, and which of them are kept."""

import math
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from penwright.alphabet.units import CHARACTERS
from penwright.kernels.pruning import NONE
from penwright.ngrams import pruning
from penwright.ngrams.backoff_links import backoff_links
from penwright.ngrams.context_kinds import kinds_of
from penwright.ngrams.counting import count_successors
from penwright.ngrams.discounting import Discounted, discounted
from penwright.ngrams.pruning import CONTEXT_COST, highest_scores, scores_of

VOCAB_SIZE = 8
KINDS = kinds_of(CHARACTERS)
IS_LETTER = np.array([False] * 3 + [True] * 5)


def a_text(size: int = 2_000) -> np.ndarray:
    """Some symbols follow others, most do not."""
    generator, text = np.random.default_rng(0), [0]
    while len(text) < size:
        text.append((text[-1] * 3 + 1) % 8 if generator.random() < 0.5 else int(generator.integers(0, 8)))
    return np.array(text, dtype=np.uint8)


def prepared() -> tuple[Discounted, np.ndarray]:
    counted = count_successors([a_text()], kinds=KINDS, marks=IS_LETTER)
    listed = discounted(counted, vocab_size=VOCAB_SIZE, min_count=2)
    return listed, backoff_links([a_text()], listed, kinds=KINDS, marks=IS_LETTER)


def distribution(listed: Discounted, links: np.ndarray, place: int) -> np.ndarray:
    """All that a context predicts, from the definition."""
    if place == NONE:
        return listed.unigrams.astype(np.float64)
    probs = distribution(listed, links, int(links[place])) * listed.backoffs()[place]
    own = slice(int(listed.starts[place]), int(listed.starts[place + 1]))
    probs[listed.symbols[own]] += listed.shares[own]
    return probs


def by_hand(listed: Discounted, links: np.ndarray, place: int) -> list[float]:
    """What the successors of a context are scores, its own cost among it."""
    found, shorter = [], distribution(listed, links, int(links[place]))
    for at in range(int(listed.starts[place]), int(listed.starts[place + 1])):
        symbol, share = int(listed.symbols[at]), float(listed.shares[at])
        prob = distribution(listed, links, place)[symbol]
        without = (share + listed.backoffs()[place]) * shorter[symbol]
        surprise = prob * math.log(prob / without) + (1 - prob) * math.log((1 - prob) / (1 - without))
        found.append(float(listed.totals[place]) * surprise)
    largest = sorted(found, reverse=True)
    most = max(sum(largest[:size]) / (size + CONTEXT_COST) for size in range(1, len(largest) + 1))
    return [min(scores, most) for scores in found]


def test_worth_is_the_formula() -> None:
    listed, links = prepared()
    scores = scores_of(listed, links)
    chosen = np.random.default_rng(1).choice(len(listed.contexts), 200, replace=False)
    assert any(links[place] == NONE for place in chosen) and (links[chosen] != NONE).sum() > 100
    for place in chosen:
        own = slice(int(listed.starts[place]), int(listed.starts[place + 1]))
        assert scores[own] == pytest.approx(by_hand(listed, links, place), rel=1e-3, abs=1e-4)


def test_a_successor_that_the_shorter_context_expects_is_worth_nothing() -> None:
    text = np.tile(np.array([1, 2], dtype=np.uint8), 500)  # the second symbol before tells nothing more
    listed = discounted(count_successors([text], kinds=KINDS, marks=IS_LETTER), vocab_size=VOCAB_SIZE, min_count=3)
    scores = scores_of(listed, backoff_links([text], listed, kinds=KINDS, marks=IS_LETTER))
    first, others = scores[: listed.starts[listed.kinds[1]]], scores[listed.starts[listed.kinds[1]] :]
    assert first.min() > 50.0 and others.max() < 1.0


@pytest.mark.parametrize("max_entries", [0, 1, 50, 1_000])
def test_those_worth_most_are_kept(max_entries: int) -> None:
    scores = np.random.default_rng(2).random(700, dtype=np.float32)
    is_kept = highest_scores(scores, max_entries=max_entries)
    assert is_kept.sum() == min(max_entries, len(scores))
    assert max_entries in (0, 1_000) or scores[is_kept].min() > scores[~is_kept].max()


def test_of_equals_none_is_kept_that_would_be_too_many() -> None:
    assert highest_scores(np.array([1.0, 2.0, 2.0, 3.0], dtype=np.float32), max_entries=2).tolist() == [
        False,
        False,
        False,
        True,
    ]


def cost(listed: Discounted, links: np.ndarray, is_kept: np.ndarray, *, kind: int) -> float:
    """Bits per symbol that the contexts of a kind would need for what followed them, some successors left out."""
    pruned = Discounted(*(array.copy() for array in listed)).pruned(is_kept)
    where = {int(context): place for place, context in enumerate(pruned.contexts)}
    bits, total = 0.0, 0

    def probs_of(place: int) -> np.ndarray:
        if place == NONE:
            return listed.unigrams.astype(np.float64)
        probs = probs_of(int(links[place]))
        kept = where.get(int(listed.contexts[place]), NONE)
        if kept == NONE:
            return probs
        own = slice(int(pruned.starts[kept]), int(pruned.starts[kept + 1]))
        probs = probs * pruned.backoffs()[kept]
        probs[pruned.symbols[own]] += pruned.shares[own]
        return probs

    chosen: Sequence[int] = range(listed.of_kind(kind).start, listed.of_kind(kind).stop)
    for place in chosen:
        own, expected = slice(int(listed.starts[place]), int(listed.starts[place + 1])), probs_of(place)
        weights = listed.shares[own] * listed.totals[place]
        bits -= float((weights * np.log2(expected[listed.symbols[own]])).sum())
        total += float(weights.sum())
    return bits / total


def test_what_is_worth_most_tells_more_than_what_was_met_most_often() -> None:
    listed, links = prepared()
    scores = scores_of(listed, links)
    by_worth = highest_scores(scores, max_entries=len(scores) // 8)
    met = np.repeat(listed.totals, listed.sizes) + np.random.default_rng(3).random(len(scores))  # no two alike
    by_number = met >= np.sort(met)[-by_worth.sum()]
    assert by_number.sum() == by_worth.sum()
    for kind in (2, 3):
        assert cost(listed, links, by_worth, kind=kind) < 0.97 * cost(listed, links, by_number, kind=kind)


@given(st.lists(st.floats(width=32, allow_nan=False), min_size=1, max_size=60), st.integers(0, 59))
def test_the_scores_to_keep_are_those_above_one_of_the_right_rank(values: list[float], num_left_out: int) -> None:
    scores = np.array([*values, *values[:7]], dtype=np.float32)
    num_left_out = max(1, min(num_left_out, len(scores) - 1))
    expected = scores > np.partition(scores, num_left_out - 1)[num_left_out - 1]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pruning, "_STRETCH", 13)
        found = highest_scores(scores, max_entries=len(scores) - num_left_out)
    assert found.tolist() == expected.tolist()
