"""Lanes divided among threads: all of them, evenly, and each group's find in its place."""

import threading
from collections.abc import Iterator

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from penwright.training.threads import MIN_SYMBOLS, divided, in_threads


@pytest.fixture
def four_threads() -> Iterator[None]:
    """Let torch use four threads, whatever the machine has."""
    before = torch.get_num_threads()
    torch.set_num_threads(4)
    yield
    torch.set_num_threads(before)


@given(
    num_lanes=st.integers(1, 300),
    seq_len=st.integers(1, 2_000),
    num_threads=st.integers(1, 9),
)
def test_every_lane_is_in_one_group(num_lanes: int, seq_len: int, num_threads: int) -> None:
    before = torch.get_num_threads()
    torch.set_num_threads(num_threads)
    try:
        groups = divided(num_lanes, seq_len=seq_len)
    finally:
        torch.set_num_threads(before)
    lanes = range(num_lanes)
    assert [lane for group in groups for lane in lanes[group]] == list(lanes)
    sizes = [len(lanes[group]) for group in groups]
    assert max(sizes) - min(sizes) <= 1
    assert len(groups) == 1 or (len(groups) <= num_threads and num_lanes * seq_len >= len(groups) * MIN_SYMBOLS)


@pytest.mark.usefixtures("four_threads")
def test_what_the_groups_find_stands_in_their_order() -> None:
    """The first waits until the last is done."""
    last_is_done = threading.Event()

    def work(group: slice) -> int:
        if group.start == 0:
            assert last_is_done.wait(60)
        if group.start == 3:
            last_is_done.set()
        return int(group.start)

    assert in_threads(work, [slice(0, 3), slice(3, 6)]) == [0, 3]


@pytest.mark.usefixtures("four_threads")
def test_torchs_threads_are_shared_out_and_given_back() -> None:
    found = in_threads(lambda group: (torch.get_num_threads(), threading.get_ident()), [slice(0, 1), slice(1, 2)])
    assert [number for number, _ in found] == [2, 2]
    assert threading.get_ident() not in {thread for _, thread in found}
    assert torch.get_num_threads() == 4
    heard: list[int] = []
    new = threading.Thread(target=lambda: heard.append(torch.get_num_threads()))
    new.start()
    new.join()
    assert heard == [4], "a thread that begins later has what the caller has"


@pytest.mark.usefixtures("four_threads")
def test_one_group_is_done_by_the_caller() -> None:
    assert in_threads(lambda group: threading.get_ident(), [slice(0, 9)]) == [threading.get_ident()]


@pytest.mark.usefixtures("four_threads")
def test_a_failure_is_raised_once_all_are_done() -> None:
    done: list[int] = []
    first_has_failed = threading.Event()

    def work(group: slice) -> None:
        if group.start == 0:
            first_has_failed.set()
            raise ValueError("the first")
        assert first_has_failed.wait(60)
        done.append(group.start)

    with pytest.raises(ValueError, match="the first"):
        in_threads(work, [slice(0, 1), slice(1, 2)])
    assert done == [1]
    assert torch.get_num_threads() == 4
