"""A model with n-grams and a match model: steps equal windows, gradients included; a new one predicts as n-grams do."""

import numpy as np
import pytest
import torch

from penwright.alphabet.units import CHARACTERS
from penwright.model.char_model import CharModel, ModelConfig, num_parameters_of, state_from_tensors, state_to_tensors
from penwright.ngrams.context_kinds import kinds_of
from penwright.ngrams.tables import make_tables

VOCAB_SIZE = 9
KINDS = kinds_of(CHARACTERS)
IS_LETTER = np.array([False, False] + [True] * 7)


def text(size: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).choice(9, size, p=[0.2, 0.2] + [0.6 / 7] * 7).astype(np.uint8)


def make_model(**settings: int) -> CharModel:
    config = ModelConfig(
        vocab_size=VOCAB_SIZE,
        embedding_dim=12,
        hidden_size=10,
        num_layers=2,
        mlp_size=14,
        **{"ngram_entries": 10**5, "match_slots": 64, **settings},
    )
    model = CharModel(config, generator=torch.Generator().manual_seed(0))
    tables = make_tables([text(3_000)], kinds=config.kinds, marks=IS_LETTER, max_entries=10**5)
    assert model.context_models is not None
    model.context_models.use(tables, torch.from_numpy(IS_LETTER))
    with torch.no_grad():  # a new model's weights are mostly zero, which would hide mistakes
        generator = torch.Generator().manual_seed(1)
        for parameter in model.parameters():
            parameter += 0.1 * torch.randn(parameter.shape, generator=generator)
    return model


WITHOUT: list[dict[str, int]] = [{}, {"ngram_entries": 0}, {"match_slots": 0}]
SETTINGS = [
    *WITHOUT,
    *({**without, "consensus": True} for without in WITHOUT),
    *({**without, "consensus": True, "context_kinds": 2} for without in WITHOUT),
]


@pytest.mark.parametrize("settings", SETTINGS)
def test_single_steps_equal_a_window_in_logits_memory_and_gradients(settings: dict[str, int]) -> None:
    model = make_model(**settings)
    ids = torch.from_numpy(np.stack([text(40, 5), text(40, 6)]).astype(np.int64))
    upstream = torch.randn(2, 40, VOCAB_SIZE, generator=torch.Generator().manual_seed(2))
    whole, whole_state = model.sequence(ids, model.initial_state(2))
    whole.backward(upstream)
    needed = [parameter.grad.clone() for parameter in model.parameters()]
    model.zero_grad()
    state, steps = model.initial_state(2), []
    for time in range(40):
        logits, state = model.step(ids[:, time], state)
        steps.append(logits)
    found = torch.stack(steps, dim=1)
    found.backward(upstream)
    torch.testing.assert_close(found, whole, rtol=1e-4, atol=1e-4)
    for one, other in zip(state.parts, whole_state.parts, strict=True):
        for part, same in zip(one, other, strict=True):
            torch.testing.assert_close(part, same)
    for parameter, gradient in zip(model.parameters(), needed, strict=True):
        torch.testing.assert_close(parameter.grad, gradient, rtol=1e-3, atol=1e-4)


def test_a_text_begun_anew_within_a_window_is_read_as_from_the_start() -> None:
    model = make_model()
    ids = torch.from_numpy(text(30, 7).astype(np.int64))[None]
    resets = torch.zeros(1, 30, dtype=torch.bool)
    resets[0, 17] = True
    logits, state = model.sequence(ids, model.initial_state(1), resets=resets)
    afresh, fresh_state = model.sequence(ids[:, 17:], model.initial_state(1))
    torch.testing.assert_close(logits[:, 17:], afresh)
    for one, other in zip(state.parts, fresh_state.parts, strict=True):
        for part, same in zip(one, other, strict=True):
            torch.testing.assert_close(part, same)


def test_a_new_model_predicts_what_counting_six_characters_does() -> None:
    config = ModelConfig(vocab_size=VOCAB_SIZE, embedding_dim=8, hidden_size=8, num_layers=1, ngram_entries=10**5)
    model = CharModel(config)
    assert model.context_models is not None and model.context_models.ngram_lookup is not None
    tables = make_tables([text(3_000)], kinds=KINDS, marks=IS_LETTER, max_entries=10**5)
    model.context_models.use(tables, torch.from_numpy(IS_LETTER))
    ids = torch.from_numpy(text(50, 8).astype(np.int64))[None]
    logits, _ = model.sequence(ids, model.initial_state(1))
    found, *_ = model.context_models.sequence(ids, *model.context_models.initial_state(1))
    assert found.ngrams is not None
    torch.testing.assert_close(logits, found.ngrams.log_probs[..., KINDS.inputs[0] - KINDS.first_output, :])


def test_no_character_is_seen_before_it_is_read() -> None:
    model = make_model()
    ids = torch.from_numpy(text(40, 9).astype(np.int64))[None]
    changed = ids.clone()
    changed[0, 25] = (ids[0, 25] + 1) % VOCAB_SIZE
    one, other = (model.sequence(values, model.initial_state(1))[0] for values in (ids, changed))
    torch.testing.assert_close(one[:, :25], other[:, :25], rtol=0, atol=0)
    assert not torch.equal(one[:, 25:], other[:, 25:])


def test_its_parameters_are_as_many_as_arithmetic_says() -> None:
    for settings in SETTINGS:
        model = make_model(**settings)
        assert model.num_parameters == num_parameters_of(model.config)


def test_its_memory_survives_being_saved() -> None:
    model = make_model()
    _, state = model.sequence(torch.from_numpy(text(20).astype(np.int64))[None], model.initial_state(1))
    again = state_from_tensors(model, state_to_tensors(state, "lanes"), "lanes")
    for one, other in zip(state.parts, again.parts, strict=True):
        assert all(torch.equal(part, same) for part, same in zip(one, other, strict=True))
