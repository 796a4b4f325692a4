"""Counting against a dictionary, whatever the batches."""

from collections import Counter

import numpy as np
import pytest
import torch

from penwright.alphabet.units import CHARACTERS
from penwright.ngrams import counting
from penwright.ngrams.context_kinds import kinds_of
from penwright.ngrams.contexts import context_sequence, initial_contexts
from penwright.ngrams.counting import Successors, count_successors

KINDS = kinds_of(CHARACTERS)
IS_LETTER = np.array([False] * 3 + [True] * 5)


def some_texts(seed: int = 0) -> list[np.ndarray]:
    generator = np.random.default_rng(seed)
    return [generator.integers(0, 8, size).astype(np.uint8) for size in (400, 1, 90, 0, 255)]


def by_hand(texts: list[np.ndarray], kind: int) -> Counter[tuple[int, int]]:
    """(context, successor) -> number, one text after the other."""
    found: Counter[tuple[int, int]] = Counter()
    for text in texts:
        if len(text) > 1:
            ids = torch.from_numpy(text.astype(np.int64))[None]
            contexts, _ = context_sequence(
                ids, initial_contexts(1, kinds=KINDS), kinds=KINDS, marks=torch.from_numpy(IS_LETTER)
            )
            found.update(zip(contexts[0, :-1, kind].tolist(), text[1:].tolist(), strict=True))
    return found


def as_counter(successors: Successors) -> Counter[tuple[int, int]]:
    owners = np.repeat(successors.contexts, np.diff(successors.starts))
    return Counter(
        dict(
            zip(zip(owners.tolist(), successors.symbols.tolist(), strict=True), successors.counts.tolist(), strict=True)
        )
    )


def test_pairs_are_counted_as_a_dictionary_counts_them() -> None:
    texts = some_texts()
    counted = list(count_successors(texts, kinds=KINDS, marks=IS_LETTER))
    assert len(counted) == KINDS.num_kinds
    for kind, successors in enumerate(counted):
        assert as_counter(successors) == by_hand(texts, kind)
        assert (np.diff(successors.contexts.astype(np.int64)) > 0).all()


def test_batches_and_threads_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = some_texts(1)
    whole = list(count_successors(texts, kinds=KINDS, marks=IS_LETTER))
    monkeypatch.setattr(counting, "MAX_BATCH", 500)
    monkeypatch.setattr(counting, "STRETCH", 7)
    monkeypatch.setattr(counting, "RANGE", 20)
    for one, other in zip(whole, count_successors(texts, kinds=KINDS, marks=IS_LETTER, num_threads=3), strict=True):
        assert all(np.array_equal(first, second) for first, second in zip(one, other, strict=True))


def test_a_pair_met_more_often_than_a_number_holds_is_counted_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counting, "_MAX_COUNT", 3)
    keys = counting.count_keys(np.array([1 << 32] * 8 + [2 << 32], dtype=np.int64))
    assert [(int(key) >> 32, int(key) & 3) for key in keys] == [(1, 3), (1, 3), (1, 2), (2, 1)]


def test_a_shelf_without_text_has_no_contexts() -> None:
    assert all(len(successors.contexts) == 0 for successors in count_successors([], kinds=KINDS, marks=IS_LETTER))


@pytest.mark.parametrize("min_count", [2, 3, 40])
def test_rare_contexts_can_be_left_out_and_are_still_counted(monkeypatch: pytest.MonkeyPatch, min_count: int) -> None:
    monkeypatch.setattr(counting, "RANGE", 20)
    texts = some_texts(2)
    counted = list(count_successors(texts, kinds=KINDS, marks=IS_LETTER, min_count=min_count))
    for kind, successors in enumerate(counted):
        pairs = by_hand(texts, kind)
        totals: Counter[int] = Counter()
        for (context, _), number in pairs.items():
            totals[context] += number
        needed = {pair: number for pair, number in pairs.items() if totals[pair[0]] >= (min_count if kind else 1)}
        assert as_counter(successors) == needed
        assert successors.counts_of_counts.tolist() == [list(pairs.values()).count(times) for times in range(5)]
