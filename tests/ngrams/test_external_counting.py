"""Counting on the disk equals counting in memory, whatever the runs, and leaves nothing behind."""

import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from penwright.alphabet.units import CHARACTERS
from penwright.errors import CorpusError
from penwright.files.scratch import Scratch
from penwright.ngrams import counting, external_counting
from penwright.ngrams.context_kinds import ContextKinds, kinds_of
from penwright.ngrams.counting import Successors, count_successors
from penwright.ngrams.external_counting import RisingCount, count_on_disk

IS_LETTER = np.array([False] * 3 + [True] * 5)
KINDS = kinds_of(CHARACTERS)
NO_LIMIT = 10**9


def are_equal(one: Successors, other: Successors) -> bool:
    same = [np.array_equal(first, second) for first, second in zip(one, other, strict=True)]
    return all(same) and [part.dtype for part in one] == [part.dtype for part in other]


def texts_of(sizes: list[int], seed: int) -> list[np.ndarray]:
    generator = np.random.default_rng(seed)
    shares = np.array([0.3, 0.2, 0.15, 0.1, 0.1, 0.1, 0.04, 0.01])
    return [generator.choice(8, size, p=shares).astype(np.uint8) for size in sizes]


@settings(deadline=None)
@given(
    sizes=st.lists(st.sampled_from([0, 1, 2, 30, 90, 170]), max_size=6),
    seed=st.integers(0, 50),
    kinds=st.sampled_from([KINDS, kinds_of("bpe"), kinds_of(CHARACTERS, 2)]),
    min_count=st.sampled_from([1, 3]),
    max_runs=st.integers(2, 4),
    most=st.sampled_from([3, 65_535]),
)
def test_it_equals_counting_in_memory(
    sizes: list[int], seed: int, kinds: ContextKinds, min_count: int, max_runs: int, most: int
) -> None:
    texts = texts_of(sizes, seed)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(counting, "MAX_BATCH", 100)  # longer texts begin anew, in both ways
        expected = list(count_successors(texts, kinds=kinds, marks=IS_LETTER, min_count=min_count))
        patch.setattr(external_counting, "MAX_RUNS", max_runs)
        patch.setattr(external_counting, "RANGE", 20)
        patch.setattr(counting, "_MAX_COUNT", most)
        rising = RisingCount(min_count, max_entries=NO_LIMIT)
        found = list(count_on_disk(texts, kinds=kinds, marks=IS_LETTER, min_count=rising, num_threads=2))
    assert rising.value == min_count
    assert all(are_equal(one, other) for one, other in zip(found, expected, strict=True))


def totals(successors: Successors) -> np.ndarray:
    return np.add.reduceat(successors.counts, successors.starts[:-1])


@pytest.mark.parametrize("max_entries", [0, 200, 800, 2_000])
def test_the_smallest_count_rises_no_higher_than_it_must(monkeypatch: pytest.MonkeyPatch, max_entries: int) -> None:
    texts = texts_of([900, 1_400], 3)
    whole = list(count_successors(texts, kinds=KINDS, marks=IS_LETTER))[1:]
    needed = 2
    while sum(int(np.diff(each.starts)[totals(each) >= needed].sum()) for each in whole) > max_entries:
        needed += 1
    for range_size, num_threads in ((30, 1), (1_000, 2)):
        monkeypatch.setattr(external_counting, "RANGE", range_size)
        rising = RisingCount(2, max_entries=max_entries)
        counted = count_on_disk(texts, kinds=KINDS, marks=IS_LETTER, min_count=rising, num_threads=num_threads)
        found = list(counted)[1:]
        assert rising.value == needed
        for one, other in zip(found, whole, strict=True):
            is_kept = totals(other) >= needed
            assert np.isin(other.contexts[is_kept], one.contexts).all()
            assert np.array_equal(one.counts_of_counts, other.counts_of_counts)


def test_nothing_is_left_behind(tmp_path: Path) -> None:
    rising = RisingCount(1, max_entries=NO_LIMIT)
    counted = count_on_disk(
        texts_of([300], 0), kinds=KINDS, marks=IS_LETTER, min_count=rising, open_scratch=lambda: Scratch(tmp_path)
    )
    next(counted)
    assert os.name == "nt" or not list(tmp_path.iterdir()), "a killed process leaves no file"
    counted.close()
    assert not list(tmp_path.iterdir())


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    rising = RisingCount(1, max_entries=NO_LIMIT)
    counted = count_on_disk(
        texts_of([300], 0),
        kinds=KINDS,
        marks=IS_LETTER,
        min_count=rising,
        open_scratch=lambda: Scratch(tmp_path / "missing"),
    )
    with pytest.raises(CorpusError, match="Make room there"):
        next(counted)
