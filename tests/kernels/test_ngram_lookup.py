"""Contexts looked up by a kernel against the same done by torch."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from penwright.kernels.running import without_kernels
from penwright.model.context_models.ngram_lookup import NgramLookup, Predictions
from penwright.ngrams.context_kinds import kinds_of
from penwright.ngrams.tables import NgramTables, empty_tables

KINDS = kinds_of("characters")
LOWEST, HIGHEST = -(2**31), 2**31 - 1


def some_tables(contexts: Tensor, vocab_size: int, generator: torch.Generator) -> NgramTables:
    """Tables that hold some contexts, each with successors of its own."""

    def codes(count: int) -> Tensor:
        return torch.randint(0, 256, (count,), dtype=torch.uint8, generator=generator)

    contexts = contexts.unique().int()
    sizes = torch.randint(1, min(vocab_size, 255) + 1, (len(contexts),), generator=generator)
    symbols = [torch.randperm(vocab_size, generator=generator)[:size] for size in sizes.tolist()]
    unigrams = torch.rand(vocab_size, generator=generator)
    return NgramTables(
        contexts=contexts,
        sizes=sizes.to(torch.uint8),
        backoffs=codes(len(contexts)),
        totals=codes(len(contexts)),
        symbols=torch.cat(symbols).int(),
        shares=codes(int(sizes.sum())),
        unigrams=unigrams / unigrams.sum(),
    )


def assert_alike(counted: NgramLookup, contexts: Tensor) -> None:
    found: Predictions = counted(contexts)
    with without_kernels():
        needed: Predictions = counted(contexts)
    torch.testing.assert_close(found.log_probs, needed.log_probs, rtol=1e-6, atol=1e-6)
    assert torch.equal(found.confidences, needed.confidences)


@settings(max_examples=20)
@given(
    seed=st.integers(0, 2**31),
    num_asked=st.sampled_from([1, 63, 64, 65, 300]),
    num_held=st.sampled_from([1, 2, 700]),
    vocab_size=st.sampled_from([2, 64, 127, 300]),
    unit=st.sampled_from(["characters", "words"]),
)
def test_a_kernel_finds_what_torch_finds(seed: int, num_asked: int, num_held: int, vocab_size: int, unit: str) -> None:
    generator = torch.Generator().manual_seed(seed)
    kinds = kinds_of(unit)
    contexts = torch.randint(LOWEST, HIGHEST + 1, (num_asked, kinds.num_kinds), generator=generator)
    contexts[0, 0], contexts[-1, -1] = LOWEST, HIGHEST
    held = torch.cat((contexts.flatten(), torch.tensor([7])))
    held = held[torch.randperm(len(held), generator=generator)[:num_held]]
    counted = NgramLookup(vocab_size, kinds)
    counted.use(some_tables(held, vocab_size, generator))
    assert_alike(counted, contexts)


def test_contexts_whose_leading_bits_are_alike_are_told_apart() -> None:
    generator = torch.Generator().manual_seed(0)
    contexts = torch.arange(40 * KINDS.num_kinds).view(40, -1)
    counted = NgramLookup(5, KINDS)
    counted.use(some_tables(contexts.flatten()[::3], 5, generator))
    assert_alike(counted, contexts)
    assert_alike(counted, contexts + (HIGHEST - contexts.max()))


@pytest.mark.parametrize("num_asked", [1, 300])
def test_empty_tables_are_no_exception(num_asked: int) -> None:
    counted = NgramLookup(5, KINDS)
    counted.use(empty_tables(5))
    assert_alike(counted, torch.zeros(num_asked, KINDS.num_kinds, dtype=torch.int64))


def test_threads_change_nothing() -> None:
    generator = torch.Generator().manual_seed(0)
    contexts = torch.randint(0, 500, (1_000, KINDS.num_kinds), generator=generator)
    counted = NgramLookup(127, KINDS)
    counted.use(some_tables(contexts[::2].flatten(), 127, generator))
    num_threads = torch.get_num_threads()
    try:
        torch.set_num_threads(1)
        alone = counted(contexts)
        torch.set_num_threads(3)
        together = counted(contexts)
    finally:
        torch.set_num_threads(num_threads)
    assert torch.equal(alone.log_probs, together.log_probs)
    assert torch.equal(alone.confidences, together.confidences)
