"""The search by leading bits against the search by halves."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from penwright.ngrams.sorted_search import FEW, bucket_begins, plain_search, search

LOWEST, HIGHEST = -(1 << 31), (1 << 31) - 1


def drawn(seed: int, size: int, *, low: int = LOWEST, high: int = HIGHEST) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randint(low, high + 1, (size,), generator=generator).int()


@settings(max_examples=60)
@given(seed=st.integers(0, 2**31), size=st.integers(1, 3_000), spread=st.sampled_from([HIGHEST, 1_000, 3]))
def test_it_finds_what_halving_finds(seed: int, size: int, spread: int) -> None:
    numbers = drawn(seed, size, low=-spread, high=spread).unique()
    wanted = torch.cat((drawn(seed + 1, FEW), drawn(seed + 2, FEW, low=-spread, high=spread), numbers))
    assert torch.equal(search(numbers, bucket_begins(numbers), wanted), plain_search(numbers, wanted))


@pytest.mark.parametrize("numbers", [[LOWEST], [HIGHEST], [LOWEST, HIGHEST], [LOWEST, -1, 0, 1, HIGHEST]])
def test_the_ends_of_the_range_are_found(numbers: list[int]) -> None:
    held = torch.tensor(numbers, dtype=torch.int32)
    wanted = torch.tensor([LOWEST, LOWEST + 1, -1, 0, 1, HIGHEST - 1, HIGHEST], dtype=torch.int32).repeat(FEW)
    assert torch.equal(search(held, bucket_begins(held), wanted), plain_search(held, wanted))


def test_the_answer_has_the_shape_of_the_question() -> None:
    held = drawn(0, 50).sort().values
    wanted = drawn(1, 2 * FEW).view(2, -1)
    assert search(held, bucket_begins(held), wanted).shape == wanted.shape


def test_buckets_cover_the_list() -> None:
    held = drawn(0, 1_000).sort().values
    begins = bucket_begins(held)
    assert begins[0] == 0 and begins[-1] == len(held) and len(begins) == 513
    assert (begins[1:] >= begins[:-1]).all()
