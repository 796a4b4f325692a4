"""Branches of a text: each is what the engine makes of its symbols, and none changes another."""

import numpy as np
import pytest
import torch
from engines import MAKERS, loud_model

from penwright.alphabet.characters import Alphabet
from penwright.ngrams.letters import marks_of
from penwright.ngrams.tables import empty_tables
from penwright.writing.branches import Branches

PROSE = "The lamp went out at nine. The lamps were lamps, and the lamp was a lamp.\n" * 2
ALPHABET = Alphabet.learn(dict.fromkeys(PROSE, 1))


@pytest.mark.parametrize("has_match", [True, False])
@pytest.mark.parametrize("kind", MAKERS)
def test_a_branch_is_what_a_copy_would_be(kind: str, has_match: bool) -> None:
    shape = {"match_slots": 16, "context_kinds": 2} if has_match else {}  # so few that branches meet in them
    model = loud_model(ALPHABET, **shape)
    if model.context_models is not None:
        model.context_models.use(empty_tables(ALPHABET.vocab_size), torch.from_numpy(marks_of(ALPHABET)))
    engine = MAKERS[kind](model, ALPHABET)
    logits, state = engine.read(ALPHABET.encode(PROSE).astype(np.int64)[None], engine.initial_state())
    branches = Branches(engine, logits[0, 0], engine.to_text_state(state).copy(), num_rows=3)
    known = {(): branches.root}
    random = np.random.default_rng(0)
    for _ in range(20):
        chosen = [list(known)[index] for index in random.integers(0, len(known), random.integers(1, 4))]
        symbols = random.integers(0, ALPHABET.vocab_size, len(chosen)).tolist()
        read = branches.read([known[path] for path in chosen], symbols)
        known |= {(*path, symbol): branch for path, symbol, branch in zip(chosen, symbols, read, strict=True)}
    for path, branch in known.items():
        copy, expected = state.copy(), logits
        for symbol in path:
            expected, copy = engine.read(np.array([[symbol]]), copy)
        np.testing.assert_allclose(branch.logits, expected[0, 0], rtol=0, atol=0 if kind == "compiled" else 1e-5)
    assert max(map(len, known)) > 3
