"""Counting against a dictionary, whatever the pieces."""

from collections import Counter

import numpy as np
import pytest
import torch

from penwright.counts import followers as followers_module
from penwright.counts.contexts import NUM_KINDS, SHORTER, context_sequence, initial_contexts
from penwright.counts.followers import Followers, count_followers, parent_numbers

IS_LETTER = np.array([False] * 3 + [True] * 5)


def some_texts(seed: int = 0) -> list[np.ndarray]:
    generator = np.random.default_rng(seed)
    return [generator.integers(0, 8, size).astype(np.uint8) for size in (400, 1, 90, 0, 255)]


def by_hand(texts: list[np.ndarray], kind: int) -> Counter[tuple[int, int]]:
    """(context, follower) -> number, one text after the other."""
    found: Counter[tuple[int, int]] = Counter()
    for text in texts:
        if len(text) > 1:
            ids = torch.from_numpy(text.astype(np.int64))[None]
            contexts, _ = context_sequence(ids, initial_contexts(1), is_letter=torch.from_numpy(IS_LETTER))
            found.update(zip(contexts[0, :-1, kind].tolist(), text[1:].tolist(), strict=True))
    return found


def as_counter(followers: Followers) -> Counter[tuple[int, int]]:
    owners = np.repeat(followers.contexts, np.diff(followers.starts))
    return Counter(
        dict(
            zip(zip(owners.tolist(), followers.symbols.tolist(), strict=True), followers.numbers.tolist(), strict=True)
        )
    )


def test_pairs_are_counted_as_a_dictionary_counts_them() -> None:
    texts = some_texts()
    counted = list(count_followers(texts, is_letter=IS_LETTER))
    assert len(counted) == NUM_KINDS
    for kind, followers in enumerate(counted):
        assert as_counter(followers) == by_hand(texts, kind)
        assert (np.diff(followers.contexts.astype(np.int64)) > 0).all()


def test_stretches_blocks_and_threads_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = some_texts(1)
    whole = list(count_followers(texts, is_letter=IS_LETTER))
    monkeypatch.setattr(followers_module, "STRETCH", 7)
    monkeypatch.setattr(followers_module, "BLOCK", 11)
    for one, other in zip(whole, count_followers(texts, is_letter=IS_LETTER, num_threads=3), strict=True):
        assert all(np.array_equal(first, second) for first, second in zip(one, other, strict=True))


def test_a_context_knows_the_shorter_one_that_it_extends() -> None:
    counted = list(count_followers(some_texts(), is_letter=IS_LETTER))
    for kind, shorter in enumerate(SHORTER):
        if shorter is None:
            assert not counted[kind].parents.any()
        else:
            assert set(counted[kind].parents.tolist()) <= set(parent_numbers(counted[shorter].contexts).tolist())


def test_a_large_alphabet_is_counted_the_same_but_for_the_shorter_contexts() -> None:
    small = list(count_followers(some_texts(), is_letter=IS_LETTER))
    large = list(count_followers(some_texts(), is_letter=np.append(IS_LETTER, np.zeros(300, dtype=np.bool_))))
    for one, other in zip(small, large, strict=True):
        assert as_counter(one) == as_counter(other)
        assert not other.parents.any()


def test_a_shelf_without_text_has_no_contexts() -> None:
    assert all(len(followers.contexts) == 0 for followers in count_followers([], is_letter=IS_LETTER))
