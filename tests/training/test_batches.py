"""Windows are what the 2017 sequencer gave, carry on where they ended, and are a pure function of their number."""

import re

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from penwright.alphabet.characters import BOUNDARY_ID
from penwright.errors import ConfigError, CorpusError
from penwright.training.batches import Lanes


def rolled_reference(data: list[int], batch_size: int, seq_len: int, epoch: int) -> list[tuple[np.ndarray, np.ndarray]]:
    """The 2017 system's rnn_minibatch_generator for one epoch, from 0, as its slides and code describe it."""
    num_batches = (len(data) - 1) // (batch_size * seq_len)
    used = num_batches * batch_size * seq_len
    inputs = np.array(data[:used]).reshape(batch_size, num_batches * seq_len)
    targets = np.array(data[1 : used + 1]).reshape(batch_size, num_batches * seq_len)
    return [
        (
            np.roll(inputs[:, j * seq_len : (j + 1) * seq_len], -epoch, axis=0),
            np.roll(targets[:, j * seq_len : (j + 1) * seq_len], -epoch, axis=0),
        )
        for j in range(num_batches)
    ]


def split_in_books(data: list[int], sizes: list[int]) -> list[np.ndarray]:
    ends = np.cumsum(sizes)[:-1]
    return [book for book in np.split(np.array(data, dtype=np.uint8), np.minimum(ends, len(data))) if len(book)]


@given(
    data=st.lists(st.integers(1, 250), min_size=30, max_size=200),
    batch_size=st.integers(1, 4),
    seq_len=st.integers(1, 6),
    epoch=st.integers(1, 6),
    sizes=st.lists(st.integers(1, 60), min_size=1, max_size=5),
)
def test_rolled_windows_are_those_of_the_2017_sequencer(
    data: list[int], batch_size: int, seq_len: int, epoch: int, sizes: list[int]
) -> None:
    lanes = Lanes(split_in_books(data, sizes), batch_size=batch_size, seq_len=seq_len, order="rolled")
    expected = rolled_reference(data, batch_size, seq_len, epoch - 1)
    assert lanes.windows_per_epoch == len(expected)
    for window, (inputs, targets) in enumerate(expected):
        batch = lanes.batch(epoch, window)
        assert np.array_equal(batch.inputs, inputs)
        assert np.array_equal(batch.targets, targets)
        assert batch.resets is None


def test_rolled_rows_run_on_across_epochs_but_for_one() -> None:
    data = list(range(1, 241))
    lanes = Lanes([np.array(data, dtype=np.uint8)], batch_size=5, seq_len=4, order="rolled")
    last, first = lanes.batch(1, lanes.windows_per_epoch - 1), lanes.batch(2, 0)
    assert int((last.targets[:, -1] != first.inputs[:, 0]).sum()) == 1


@given(order=st.sampled_from(["shuffled", "rolled"]), epoch=st.integers(1, 4))
def test_lanes_carry_on_where_they_ended(order: str, epoch: int) -> None:
    books = [np.arange(start, start + 40, dtype=np.uint8) for start in (1, 50, 100, 150)]
    lanes = Lanes(books, batch_size=3, seq_len=5, order=order, seed=7)
    for window in range(1, lanes.windows_per_epoch):
        before, after = lanes.batch(epoch, window - 1), lanes.batch(epoch, window)
        assert torch.equal(before.targets[:, -1], after.inputs[:, 0])
        assert torch.equal(after.inputs[:, 1:], after.targets[:, :-1])


def test_a_shuffled_epoch_reads_every_id_once_but_for_its_tail() -> None:
    books = [np.arange(1, 60, dtype=np.uint8), np.arange(60, 130, dtype=np.uint8), np.arange(130, 200, dtype=np.uint8)]
    lanes = Lanes(books, batch_size=4, seq_len=6, seed=3)
    read = torch.cat([lanes.batch(2, window).inputs.flatten() for window in range(lanes.windows_per_epoch)])
    assert len(read) == len(read.unique())
    assert 0 <= sum(map(len, books)) - 1 - len(read) < 4 * 6


def test_shuffled_epochs_differ_and_repeat_with_the_seed() -> None:
    books = [np.full(40, number, dtype=np.uint8) for number in range(1, 9)]

    def epoch_of(seed: int, epoch: int) -> torch.Tensor:
        lanes = Lanes(books, batch_size=2, seq_len=8, seed=seed)
        return torch.stack([lanes.batch(epoch, window).inputs for window in range(lanes.windows_per_epoch)])

    assert torch.equal(epoch_of(0, 1), epoch_of(0, 1))
    assert not torch.equal(epoch_of(0, 1), epoch_of(0, 2))
    assert not torch.equal(epoch_of(0, 1), epoch_of(1, 1))


def test_the_state_starts_afresh_at_the_edge_of_a_book_and_with_a_shuffled_epoch() -> None:
    books = [
        np.array([BOUNDARY_ID, 5, 6, 7, 8, 9, 5, 6], dtype=np.uint8),
        np.array([BOUNDARY_ID, 7, 8, 9, 5, 6, 7, 8, 9], dtype=np.uint8),
    ]
    lanes = Lanes(books, batch_size=2, seq_len=4, resets_at_books=True)
    first, second = lanes.batch(1, 0), lanes.batch(1, 1)
    assert first.resets is not None
    assert first.resets[:, 0].all()
    for batch in (first, second):
        edges = batch.inputs == BOUNDARY_ID
        found = batch.resets if batch.resets is not None else torch.zeros_like(edges)
        assert torch.equal(found[:, 1:], edges[:, 1:])


def test_a_boundary_that_is_not_given_carries_the_state_across_books() -> None:
    lanes = Lanes([np.zeros(50, dtype=np.uint8)], batch_size=2, seq_len=4, order="rolled")
    assert lanes.batch(1, 0).resets is None


def test_rolled_rows_begin_afresh_with_every_fold() -> None:
    """They used to run from the end of one fold into the middle of the next."""
    books = [np.full(41, number, dtype=np.uint8) for number in (1, 2)]
    lanes = Lanes(books, batch_size=2, seq_len=5, order="rolled", folds=[[0], [1]])
    per_fold = lanes.windows_per_epoch // 2
    for window in range(2 * per_fold):
        resets = lanes.batch(1, window).resets
        if window % per_fold == 0:
            assert resets is not None
            assert resets[:, 0].all()
        else:
            assert resets is None


def test_processes_together_read_what_one_reads_alone() -> None:
    lanes = Lanes([np.arange(1, 240, dtype=np.uint8)], batch_size=6, seq_len=5, seed=1)
    for window in range(lanes.windows_per_epoch):
        alone = lanes.batch(1, window)
        shares = [lanes.batch(1, window, lanes=slice(start, start + 2)) for start in (0, 2, 4)]
        assert torch.equal(alone.inputs, torch.cat([share.inputs for share in shares]))
        assert torch.equal(alone.targets, torch.cat([share.targets for share in shares]))


def test_the_book_of_a_window_is_the_one_its_first_id_comes_from() -> None:
    books = [np.full(size, number, dtype=np.uint8) for number, size in ((10, 33), (11, 21), (12, 50), (13, 7))]
    for order in ("rolled", "shuffled"):
        lanes = Lanes(books, batch_size=4, seq_len=3, order=order, seed=2)
        for epoch in (1, 2, 3):
            for window in range(lanes.windows_per_epoch):
                first_ids = lanes.batch(epoch, window).inputs[:, 0].tolist()
                assert [10 + lanes.book_at(epoch, window, row) for row in range(4)] == first_ids


def test_too_little_text_says_how_much_is_needed() -> None:
    with pytest.raises(
        CorpusError,
        match=re.escape(
            "has 24 symbols to learn from, the beginnings of books included, and training needs 25: a window of 6"
        ),
    ):
        Lanes([np.zeros(24, dtype=np.uint8)], batch_size=4, seq_len=6)
    assert Lanes([np.zeros(25, dtype=np.uint8)], batch_size=4, seq_len=6).windows_per_epoch == 1


def test_no_training_book_at_all_is_said() -> None:
    with pytest.raises(CorpusError, match="no book is left to train on"):
        Lanes([], batch_size=1, seq_len=1)


def test_an_unknown_order_names_the_near_one() -> None:
    with pytest.raises(ConfigError, match="'shufled'. Did you mean 'shuffled'"):
        Lanes([np.zeros(9, dtype=np.uint8)], batch_size=1, seq_len=1, order="shufled")
    with pytest.raises(ConfigError, match="batch_size=0"):
        Lanes([np.zeros(9, dtype=np.uint8)], batch_size=0, seq_len=1)


FOLDED = [np.arange(start, start + size, dtype=np.uint8) for start, size in ((0, 40), (50, 60), (120, 35), (160, 45))]


@given(epoch=st.integers(1, 5))
def test_folds_are_read_one_after_the_other_and_hold_only_their_own_books(epoch: int) -> None:
    folds = [[3, 0], [1, 2]]
    lanes = Lanes(FOLDED, batch_size=2, seq_len=5, seed=3, folds=folds)
    assert lanes.windows_per_epoch == 84 // 10 + 94 // 10
    assert [lanes.fold_at(window) for window in range(lanes.windows_per_epoch)] == [0] * 8 + [1] * 9
    for window in range(lanes.windows_per_epoch):
        own = np.concatenate([FOLDED[number] for number in folds[lanes.fold_at(window)]])
        batch = lanes.batch(epoch, window)
        assert np.isin(batch.inputs.numpy(), own).all()
        for row in range(2):
            assert lanes.book_at(epoch, window, row) in folds[lanes.fold_at(window)]


def test_every_fold_begins_with_an_empty_memory_and_so_does_every_book() -> None:
    lanes = Lanes(FOLDED, batch_size=1, seq_len=5, folds=[[0], [1, 2, 3]], resets_at_books=True)
    seen = []
    for window in range(lanes.windows_per_epoch):
        batch = lanes.batch(1, window)
        if batch.resets is not None:
            seen += batch.inputs[batch.resets].tolist()
    assert set(seen) == {0, 50, 120, 160}


def test_books_that_begin_in_a_window_are_reset_there_whatever_their_number() -> None:
    books = [np.full(length, 1, dtype=np.uint8) for length in (5, 1, 7, 3, 9)]
    lanes = Lanes(books, batch_size=1, seq_len=4, order="rolled", resets_at_books=True)
    begins = {0, 5, 6, 13, 16}
    for window in range(lanes.windows_per_epoch):
        resets = lanes.batch(1, window).resets
        found = {4 * window + place for place in range(4) if resets is not None and resets[0, place]}
        assert found == {begin for begin in begins if begin // 4 == window}
