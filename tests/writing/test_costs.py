"""The cost of symbols by an engine: the same as by torch, however the text is divided."""

import numpy as np
import pytest
from engines import MAKERS, Noting, loud_model

from penwright.alphabet.auto import learn_subwords
from penwright.alphabet.characters import Alphabet
from penwright.evaluation.costs import symbol_nats as nats_of_torch
from penwright.writing.costs import iter_stretches, log_softmax, symbol_nats

TEXT = "The lamp went out at nine; the lamps didn't say. “Who?” asked Mr. Vane.\n\n" * 5
CHARACTERS = Alphabet.learn(dict.fromkeys(TEXT, 1))
ALPHABETS = {
    "characters": CHARACTERS,
    "bpe": learn_subwords(CHARACTERS, [TEXT], unit="bpe", num_symbols=80),
    "seed": Alphabet.seed(),
}


@pytest.mark.parametrize("kind", ALPHABETS)
@pytest.mark.parametrize("name", MAKERS)
def test_the_costs_are_those_of_torch(kind: str, name: str) -> None:
    alphabet = ALPHABETS[kind]
    model = loud_model(alphabet)
    ids = alphabet.encode(TEXT + "日")
    expected = nats_of_torch(model, ids)
    told: list[int] = []
    found = symbol_nats(MAKERS[name](model, alphabet), ids, tell=told.append)
    assert len(found) == len(ids) - 1 and told[-1] == len(found)
    assert found.mean() == pytest.approx(expected.mean(), abs=5e-6)
    assert found == pytest.approx(expected, abs=1e-4)


def test_a_text_costs_the_same_to_the_last_bit_however_it_is_divided() -> None:
    engine = MAKERS["compiled"](loud_model(CHARACTERS, cell="gated", is_residual=True), CHARACTERS)
    ids = CHARACTERS.encode(TEXT)
    whole = symbol_nats(engine, ids)
    for at_once in (1, 7, 64):
        noting = Noting(engine)
        parts = [
            -each.log_probs[np.arange(len(each.targets)), each.targets]
            for each in iter_stretches(noting, ids, at_once=at_once)
        ]
        assert np.array_equal(np.concatenate(parts), whole.astype(np.float32))
        assert noting.ids == ids[:-1].tolist() and max(map(len, noting.stretches)) == at_once


@pytest.mark.parametrize("ids", [[3], [3, 4]])
def test_the_shortest_texts(ids: list[int]) -> None:
    engine = MAKERS["compiled"](loud_model(CHARACTERS), CHARACTERS)
    assert len(symbol_nats(engine, np.array(ids))) == len(ids) - 1


def test_logits_that_are_no_numbers_pass_without_a_warning() -> None:
    assert not np.isfinite(log_softmax(np.array([[np.nan, 1.0], [np.inf, 1.0]], np.float32))).all()
