"""What contexts say, against sums done by hand, and what is left of it when some is dropped."""

import numpy as np
import pytest

from penwright.counts.followers import Followers, parent_numbers
from penwright.counts.shares import Lookup, Said, say, worth_more

UNIGRAMS = np.array([0.4, 0.3, 0.2, 0.1])


def followers_of(*contexts: tuple[int, int, dict[int, int]]) -> Followers:
    """Followers from (context, parent, {symbol: number})."""
    sizes = [len(numbers) for _, _, numbers in contexts]
    return Followers(
        contexts=np.array([context for context, _, _ in contexts], dtype=np.int32),
        starts=np.append(0, np.cumsum(sizes)),
        parents=np.array([parent for _, parent, _ in contexts], dtype=np.int32),
        symbols=np.array([symbol for _, _, numbers in contexts for symbol in numbers], dtype=np.uint16),
        numbers=np.array([number for _, _, numbers in contexts for number in numbers.values()]),
    )


SHORT = followers_of((5 << 8, 0, {0: 6, 2: 2}), (9 << 8, 0, {1: 4}))
PARENTS = parent_numbers(SHORT.contexts).tolist()


def test_a_context_discounts_what_was_counted_and_leaves_the_rest_to_the_shorter_one() -> None:
    said = say(SHORT, None, UNIGRAMS)  # too little text to estimate discounts: 0.5, 1.0 and 1.4
    shares = np.array([4.6 / 8, 1.0 / 8])
    backoff = 1 - shares.sum()
    np.testing.assert_allclose(said.probabilities[:2], shares + backoff * UNIGRAMS[[0, 2]], rtol=1e-5)
    np.testing.assert_allclose(said.shorter[:2], UNIGRAMS[[0, 2]], rtol=1e-6)
    needed = np.array([4.6, 1.0]) * np.log2(said.probabilities[:2] / UNIGRAMS[[0, 2]])
    np.testing.assert_allclose(said.worth[:2], needed, rtol=1e-4)
    assert said.totals.tolist() == [8, 4]


def test_a_longer_context_extends_the_very_one_that_it_belongs_to() -> None:
    short = say(SHORT, None, UNIGRAMS)
    lookup = Lookup(short.followers, short.probabilities)
    long = followers_of((70, PARENTS[0], {0: 3}), (71, PARENTS[1], {1: 2}), (72, PARENTS[1], {3: 2}))
    said = say(long, lookup, UNIGRAMS)
    np.testing.assert_allclose(said.shorter, [short.probabilities[0], short.probabilities[2], 0.1 * 0.1], rtol=1e-5)


def test_a_lookup_finds_each_pair_and_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("penwright.counts.shares.ASKED_AT_ONCE", 2)
    lookup = Lookup(SHORT, np.array([0.5, 0.25, 0.75], dtype=np.float32))
    parents = np.array([PARENTS[1], PARENTS[0], PARENTS[0], PARENTS[1], 7], dtype=np.int32)
    found = lookup.find(parents, np.array([1, 0, 2, 0, 1], dtype=np.uint16))
    assert found.tolist() == [0.75, 0.5, 0.25, 0.0, 0.0]


def test_contexts_met_once_can_be_left_aside() -> None:
    some = followers_of((1, 0, {0: 1}), (2, 0, {0: 1, 1: 1}), (3, 0, {3: 5}))
    assert say(some, None, UNIGRAMS, is_thrifty=True).followers.contexts.tolist() == [2, 3]
    assert say(some, None, UNIGRAMS).followers.contexts.tolist() == [1, 2, 3]


def test_what_is_worth_little_goes_and_the_rest_stays_as_it_was() -> None:
    said = say(SHORT, None, UNIGRAMS)
    assert np.argmin(said.worth) == 1
    left: Said = worth_more(said, float(said.worth[1]))
    assert left.followers.symbols.tolist() == [0, 1]
    assert left.followers.starts.tolist() == [0, 1, 2]
    assert left.probabilities.tolist() == said.probabilities[[0, 2]].tolist()
    only = worth_more(said, float(np.sort(said.worth)[-2]))
    assert len(only.followers.contexts) == len(only.totals) == 1
