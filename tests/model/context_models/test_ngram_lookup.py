"""NgramLookup predictions against sums done by hand."""

import numpy as np
import pytest
import torch
from torch import Tensor

from penwright.alphabet.units import CHARACTERS, UNITS
from penwright.kernels.running import MANY, without_kernels
from penwright.model.context_models.ngram_lookup import NgramLookup
from penwright.ngrams.context_kinds import kinds_of
from penwright.ngrams.contexts import context_sequence, initial_contexts
from penwright.ngrams.tables import NgramTables, make_tables, share_of

VOCAB_SIZE = 6
KINDS = kinds_of(CHARACTERS)
IS_LETTER = np.array([False, False, True, True, True, True])


@pytest.fixture(scope="module")
def text() -> np.ndarray:
    return np.random.default_rng(3).choice(6, 2_000, p=[0.4, 0.3, 0.1, 0.1, 0.05, 0.05]).astype(np.uint8)


@pytest.fixture(scope="module")
def tables(text: np.ndarray) -> NgramTables:
    return make_tables([text], kinds=KINDS, marks=IS_LETTER, max_entries=10**6)


def contexts_of(text: np.ndarray) -> Tensor:
    ids = torch.from_numpy(text.astype(np.int64))[None]
    return context_sequence(ids, initial_contexts(1, kinds=KINDS), kinds=KINDS, marks=torch.from_numpy(IS_LETTER))[0][0]


def by_hand(tables: NgramTables, contexts: list[int]) -> Tensor:
    """The distribution of the longest order, one context at a time."""
    rows = {int(context): row for row, context in enumerate(tables.contexts)}
    starts = [0, *tables.sizes.long().cumsum(0).tolist()]
    probs = tables.unigrams.clone()
    for kind in range(len(KINDS.orders)):
        if (row := rows.get(contexts[kind])) is None:
            continue
        probs = probs * share_of(tables.backoffs[row])
        for entry in range(starts[row], starts[row + 1]):
            probs[int(tables.symbols[entry])] += share_of(tables.shares[entry])
    return probs


def test_a_prediction_is_the_sum_that_its_formula_says(text: np.ndarray, tables: NgramTables) -> None:
    counted = NgramLookup(VOCAB_SIZE, KINDS)
    counted.use(tables)
    contexts = contexts_of(text[:60])
    found = counted(contexts).log_probs.exp()[:, KINDS.orders.index(8) - KINDS.first_output]
    needed = torch.stack([by_hand(tables, names) for names in contexts.tolist()])
    torch.testing.assert_close(found, needed, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("unit", UNITS)
def test_many_contexts_find_what_each_finds_alone_to_the_last_bit(text: np.ndarray, unit: str) -> None:
    kinds = kinds_of(unit)
    counted = NgramLookup(VOCAB_SIZE, kinds)
    counted.use(make_tables([text], kinds=kinds, marks=IS_LETTER, max_entries=10**6))
    ids, letters = torch.from_numpy(text.astype(np.int64))[None], torch.from_numpy(IS_LETTER)
    contexts = context_sequence(ids, initial_contexts(1, kinds=kinds), kinds=kinds, marks=letters)[0][0]
    unmet = torch.randint(-(2**31), 2**31, contexts.shape, generator=torch.Generator().manual_seed(0))
    for asked in (contexts, unmet, torch.cat((contexts[:MANY], unmet[:MANY]))):
        together, alone = counted(asked), counted(asked[7:8])
        torch.testing.assert_close(together.log_probs[7:8], alone.log_probs, rtol=5e-7, atol=0.0)  # logarithms of two
        with without_kernels():
            together, alone = counted(asked), counted(asked[7:8])
        plain = counted._plain(asked)
        assert torch.equal(together.log_probs, plain.log_probs)
        assert torch.equal(together.confidences, plain.confidences)
        assert torch.equal(together.log_probs[7:8], alone.log_probs)


def test_every_prediction_is_a_distribution(text: np.ndarray, tables: NgramTables) -> None:
    counted = NgramLookup(VOCAB_SIZE, KINDS)
    counted.use(tables)
    predictions = counted(contexts_of(text[:200]))
    sums = predictions.log_probs.exp().sum(dim=-1)  # codes are rounded, and a shorter context may have been pruned
    torch.testing.assert_close(sums, torch.ones_like(sums), rtol=0.1, atol=0.0)
    assert predictions.confidences.shape == (200, KINDS.num_confidences)


def test_empty_tables_say_that_all_symbols_are_alike() -> None:
    predictions = NgramLookup(4, KINDS)(torch.zeros(3, KINDS.num_kinds, dtype=torch.int64))
    torch.testing.assert_close(predictions.log_probs.exp(), torch.full((3, KINDS.num_outputs, 4), 0.25))
    assert predictions.confidences.view(3, KINDS.num_outputs, 3)[..., :2].eq(0).all()


def test_counting_knows_more_than_letter_frequencies(text: np.ndarray) -> None:
    cycle = np.tile(np.array([2, 3, 4, 1], dtype=np.uint8), 200)
    counted = NgramLookup(VOCAB_SIZE, KINDS)
    counted.use(make_tables([cycle], kinds=KINDS, marks=IS_LETTER, max_entries=10**6))
    log_probs = counted(contexts_of(cycle[:100])).log_probs[20:-1, 0]
    assert (
        float(log_probs[torch.arange(len(log_probs)), torch.from_numpy(cycle[21:100].astype(np.int64))].mean()) > -0.1
    )
