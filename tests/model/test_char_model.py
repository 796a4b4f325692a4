"""The network as a whole, for every cell: forms that agree, causality, dropout, learning."""

import inspect
import math
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from penwright.model.cells.base import Drop
from penwright.model.char_model import (
    CharModel,
    ModelState,
    detach_state,
    num_parameters_of,
    state_from_tensors,
    state_to_tensors,
)
from penwright.model.config import CELLS, ModelConfig

VOCAB_SIZE = 11
STACKS: dict[str, dict[str, Any]] = {
    "one-hot": {"embedding_dim": 0, "is_residual": False},
    "embedded": {"embedding_dim": 6, "is_residual": False, "gru_reset": "after"},
    "residual": {"embedding_dim": 6, "is_residual": True, "mlp_size": 7},
    "without mlp": {"embedding_dim": 6, "is_residual": True, "mlp_size": 0},
}
KINDS = [pytest.param(cell, stack, id=f"{cell}, {stack}") for cell in CELLS for stack in STACKS]


def make(cell: str, stack: str = "residual", *, scale: float = 0.0, **changes: Any) -> CharModel:
    """A small model in double precision; `scale` adds noise to every weight, so that none is zero."""
    fields: dict[str, Any] = {"hidden_size": 5, "num_layers": 2, "window_size": 3, **STACKS[stack], **changes}
    generator = torch.Generator().manual_seed(0)
    model = CharModel(ModelConfig(vocab_size=VOCAB_SIZE, cell=cell, **fields), generator=generator).double()
    with torch.no_grad():
        for weight in model.parameters():
            weight += scale * torch.randn(weight.shape, generator=generator, dtype=weight.dtype)
    return model


def random_ids(batch_size: int, seq_len: int, *, seed: int = 1) -> Tensor:
    """Characters drawn evenly from the alphabet."""
    return torch.randint(VOCAB_SIZE, (batch_size, seq_len), generator=torch.Generator().manual_seed(seed))


def flat(state: ModelState) -> list[Tensor]:
    """Every tensor of a state, in order."""
    return [tensor for part in state.parts for tensor in part]


@pytest.mark.parametrize(("cell", "stack"), KINDS)
def test_the_count_without_building_equals_the_built_model(cell: str, stack: str) -> None:
    for num_layers in (1, 3):
        model = make(cell, stack, num_layers=num_layers)
        assert num_parameters_of(model.config) == model.num_parameters
        assert model.num_parameters == sum(weight.numel() for weight in model.state_dict().values())


def test_the_seed_is_built_with_4137570_parameters() -> None:
    config = ModelConfig(vocab_size=98, cell="gru", embedding_dim=0, hidden_size=512, num_layers=3, is_residual=False)
    with torch.device("meta"):
        model = CharModel(config)
    assert model.num_parameters == 4_137_570


@pytest.mark.parametrize(("cell", "stack"), KINDS)
def test_steps_equal_one_sequence_and_two_windows(cell: str, stack: str) -> None:
    model, ids = make(cell, stack, scale=0.3), random_ids(3, 6)
    logits, final = model.sequence(ids, model.initial_state(3))
    assert logits.shape == (3, 6, VOCAB_SIZE)
    state, steps = model.initial_state(3), []
    for time in range(6):
        step_logits, state = model.step(ids[:, time], state)
        steps.append(step_logits)
    torch.testing.assert_close(torch.stack(steps, dim=1), logits)
    torch.testing.assert_close(flat(state), flat(final))
    early, state = model.sequence(ids[:, :4], model.initial_state(3))
    late, state = model.sequence(ids[:, 4:], state)
    torch.testing.assert_close(torch.cat((early, late), dim=1), logits)
    torch.testing.assert_close(flat(state), flat(final))


@pytest.mark.parametrize(("cell", "stack"), KINDS)
def test_a_reset_lane_reads_as_if_it_were_alone(cell: str, stack: str) -> None:
    model, ids = make(cell, stack, scale=0.3), random_ids(2, 6)
    _, before = model.sequence(random_ids(2, 4, seed=2), model.initial_state(2))
    resets = torch.zeros(2, 6, dtype=torch.bool)
    resets[1, 3] = True
    logits, final = model.sequence(ids, before, resets=resets)
    untouched, _ = model.sequence(ids, before)
    alone, alone_final = model.sequence(ids[1:, 3:], model.initial_state(1))
    torch.testing.assert_close(logits[0], untouched[0])
    torch.testing.assert_close(logits[1:, 3:], alone)
    torch.testing.assert_close([tensor[1:] for tensor in flat(final)], flat(alone_final))


@pytest.mark.parametrize(("cell", "stack"), KINDS)
def test_what_is_still_to_come_changes_nothing(cell: str, stack: str) -> None:
    model, ids = make(cell, stack, scale=0.3), random_ids(1, 8)
    changed = ids.clone()
    changed[0, 5] = (ids[0, 5] + 1) % VOCAB_SIZE
    logits, other = (model(each, model.initial_state(1))[0] for each in (ids, changed))
    assert torch.equal(logits[:, :5], other[:, :5])
    assert not torch.equal(logits[:, 5], other[:, 5])


@pytest.mark.parametrize("cell", CELLS)
def test_one_hot_vectors_need_not_be_built(cell: str) -> None:
    model, ids = make(cell, "one-hot", scale=0.3), random_ids(3, 5)
    values = F.one_hot(ids.t(), VOCAB_SIZE).double()
    for layer, state in zip(model.layers, model.initial_state(3).layers, strict=True):
        values, _ = layer.sequence(values, state)
    spelled_out = F.linear(values.transpose(0, 1), model.readout_weight, model.readout_bias)
    logits, _ = model(ids, model.initial_state(3))
    torch.testing.assert_close(logits, spelled_out)
    upstream = torch.randn(logits.shape, generator=torch.Generator().manual_seed(2), dtype=logits.dtype)
    found, needed = (torch.autograd.grad(each, list(model.parameters()), upstream) for each in (logits, spelled_out))
    torch.testing.assert_close(found, needed)


@pytest.mark.parametrize(("cell", "stack"), KINDS)
def test_a_new_model_is_about_as_surprised_as_a_guess(cell: str, stack: str) -> None:
    model, ids = make(cell, stack), random_ids(8, 60)
    logits, _ = model(ids[:, :-1], model.initial_state(8))
    loss = F.cross_entropy(logits.flatten(0, 1), ids[:, 1:].flatten()).item()
    assert loss == pytest.approx(math.log(VOCAB_SIZE), rel=1e-12 if model.config.is_residual else 0.1)


@pytest.mark.parametrize(("cell", "stack"), KINDS)
def test_every_weight_takes_part(cell: str, stack: str) -> None:
    model, ids = make(cell, stack, scale=0.3), random_ids(4, 12)
    logits, _ = model(ids, model.initial_state(4))
    logits.square().sum().backward()
    for name, weight in model.named_parameters():
        assert weight.grad is not None, name
        assert weight.grad.ne(0).any(), name


SENTENCE = "the lamp was lit, and no one came."


@pytest.mark.parametrize("stack", ["embedded", "residual"])
@pytest.mark.parametrize("cell", [cell for cell in CELLS if cell != "perceptron"])
def test_a_small_model_learns_one_sentence_by_heart(cell: str, stack: str) -> None:
    characters = sorted(set(SENTENCE))
    ids = torch.tensor([[characters.index(character) for character in SENTENCE]])
    fields: dict[str, Any] = {
        **STACKS[stack],
        "embedding_dim": 16,
        "hidden_size": 32,
        "num_layers": 1,
        "window_size": 6,
    }
    config = ModelConfig(vocab_size=len(characters), cell=cell, **fields)
    model = CharModel(config, generator=torch.Generator().manual_seed(0))
    optimizer = torch.optim.Adam(model.parameters(), lr=0.02)
    for _ in range(60):
        logits, _ = model(ids[:, :-1], model.initial_state(1))
        loss = F.cross_entropy(logits.flatten(0, 1), ids[:, 1:].flatten())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert loss.item() < 0.1


def test_a_perceptron_learns_the_most_frequent_successor() -> None:
    ids = torch.tensor([[0, 1, 0, 1, 0, 2] * 6])  # after 0 mostly 1; after 1 and 2 always 0
    config = ModelConfig(vocab_size=3, cell="perceptron", hidden_size=8, num_layers=1, **STACKS["one-hot"])
    model = CharModel(config, generator=torch.Generator().manual_seed(0))
    optimizer = torch.optim.Adam(model.parameters(), lr=0.1)
    for _ in range(80):
        logits, _ = model(ids[:, :-1], model.initial_state(1))
        loss = F.cross_entropy(logits.flatten(0, 1), ids[:, 1:].flatten())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    best_possible = 0.5 * (math.log(3) - 2 / 3 * math.log(2))  # half the characters are sure, half have odds of 2 to 1
    assert loss.item() == pytest.approx(best_possible, abs=0.02)


@pytest.mark.parametrize(("cell", "stack"), KINDS)
def test_dropout_acts_only_when_a_generator_is_passed_and_is_drawn_from_it_alone(cell: str, stack: str) -> None:
    model, ids = make(cell, stack, scale=0.3, dropout=0.5), random_ids(3, 6)
    plain, again = (model(ids, model.initial_state(3))[0] for _ in range(2))
    assert torch.equal(plain, again)
    before = torch.get_rng_state()
    first, second, third = (
        model(ids, model.initial_state(3), dropout_generator=torch.Generator().manual_seed(seed))[0]
        for seed in (1, 1, 2)
    )
    assert torch.equal(first, second)
    assert not torch.equal(first, third)
    assert not torch.equal(first, plain)
    assert torch.equal(torch.get_rng_state(), before)


def inputs_of_first_layer(model: CharModel, ids: Tensor, monkeypatch: pytest.MonkeyPatch) -> Tensor:
    """What reaches the first layer when the model reads with dropout, (T, B, D)."""
    layer, seen = model.layers[0], []
    original = layer.sequence

    def spy(inputs: Tensor, *rest: Any, drop: Drop) -> Any:
        seen.append(drop(inputs))
        return original(seen[0], *rest)

    monkeypatch.setattr(layer, "sequence", spy)
    model(ids, model.initial_state(len(ids)), dropout_generator=torch.Generator().manual_seed(0))
    return seen[0]


def test_dropout_takes_the_announced_share_anew_for_each_character(monkeypatch: pytest.MonkeyPatch) -> None:
    model = make("gru", "embedded", dropout=0.2, embedding_dim=50)
    with torch.no_grad():
        model.embedding.fill_(1.0)
    inputs = inputs_of_first_layer(model, random_ids(4, 100), monkeypatch)
    assert set(inputs.unique().tolist()) == {0.0, 1.25}
    assert (inputs == 0).double().mean().item() == pytest.approx(0.2, abs=0.015)  # 20,000 draws: sigma is 0.003
    assert not torch.equal(inputs[:, 0], inputs[:, 1])


def test_dropout_of_a_one_hot_vector_takes_the_whole_character(monkeypatch: pytest.MonkeyPatch) -> None:
    model = make("gru", "one-hot", dropout=0.2)
    scales = []
    original = model.layers[0].look_up

    def spy(ids: Tensor, *, scale: Tensor) -> Tensor:
        scales.append(scale)
        return original(ids, scale=scale)

    monkeypatch.setattr(model.layers[0], "look_up", spy)
    model(random_ids(4, 50), model.initial_state(4), dropout_generator=torch.Generator().manual_seed(0))
    assert set(scales[0].unique().tolist()) == {0.0, 1.25}


def test_dropout_of_a_plain_stack_also_acts_on_the_output_of_the_last_layer() -> None:
    model = make("perceptron", "embedded", dropout=0.5, num_layers=1)
    with torch.no_grad():
        model.layers[0].input_weight.zero_()  # whatever is dropped below, the layer's outputs are all one half
    generator = torch.Generator().manual_seed(0)
    logits, _ = model(random_ids(1, 2), model.initial_state(1), dropout_generator=generator)
    assert not torch.equal(logits[0, 0], logits[0, 1])


def test_dropout_never_acts_on_the_state() -> None:
    model = make("lstm", "embedded", scale=0.3, dropout=0.9)
    generator = torch.Generator().manual_seed(0)
    _, state = model(random_ids(3, 20), model.initial_state(3), dropout_generator=generator)
    assert all(tensor.ne(0).all() for tensor in flat(state))


def test_a_model_keeps_no_memory_of_its_last_call() -> None:
    model, ids = make("gated", scale=0.3), random_ids(2, 5)
    before = {name: value.clone() for name, value in model.state_dict().items()}
    first, _ = model(ids, model.initial_state(2))
    model(random_ids(2, 7, seed=3), model.initial_state(2))
    model.step(ids[:, 0], model.initial_state(2))
    again, _ = model(ids, model.initial_state(2))
    assert torch.equal(first, again)
    torch.testing.assert_close(dict(model.state_dict()), before, rtol=0, atol=0)
    assert not list(model.buffers())


@pytest.mark.parametrize(("cell", "stack"), KINDS)
def test_the_same_generator_gives_the_same_model(cell: str, stack: str) -> None:
    before = torch.get_rng_state()
    first, second = make(cell, stack), make(cell, stack)
    torch.testing.assert_close(first.state_dict(), second.state_dict(), rtol=0, atol=0)
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize("seq_len", [5, 200])  # of many characters kernels take care
@pytest.mark.parametrize("stack", ["embedded", "residual"])
@pytest.mark.parametrize("cell", CELLS)
def test_logits_stay_in_single_precision_under_autocast(cell: str, stack: str, seq_len: int) -> None:
    model, ids = make(cell, stack, scale=0.1).float(), random_ids(2, seq_len)
    needed, _ = model(ids, model.initial_state(2))
    with torch.autocast("cpu", dtype=torch.bfloat16):
        logits, state = model(ids, model.initial_state(2))
    logits.sum().backward()
    assert {tensor.dtype for tensor in (logits, *flat(state))} == {torch.float32}
    torch.testing.assert_close(logits, needed, rtol=0.05, atol=0.05)  # eight bits of mantissa


@pytest.mark.parametrize(
    ("cell", "reset"), [("gru", "before"), ("gru", "after"), ("lstm", "before"), ("elman", "before")]
)
def test_learning_in_bfloat16_follows_learning_in_full_precision(cell: str, reset: str) -> None:
    ids = random_ids(16, 13)
    losses: dict[bool, list[float]] = {}
    for is_rounded in (False, True):
        model = make(cell, "one-hot", hidden_size=32, gru_reset=reset).float()
        optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
        losses[is_rounded] = []
        for _ in range(30):
            with torch.autocast("cpu", dtype=torch.bfloat16, enabled=is_rounded):
                logits, _ = model(ids[:, :-1], model.initial_state(16))
            loss = F.cross_entropy(logits.flatten(0, 1), ids[:, 1:].flatten())
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses[is_rounded].append(loss.item())
    assert losses[False][-1] < 0.8 * losses[False][0]
    assert losses[True] == pytest.approx(losses[False], rel=0.02)


@pytest.mark.parametrize(("cell", "stack"), KINDS)
def test_the_memory_of_every_model_can_be_kept_and_taken_up_again(cell: str, stack: str) -> None:
    model, ids = make(cell, stack, scale=0.3), random_ids(3, 8)
    _, state = model(ids[:, :4], model.initial_state(3))
    needed, _ = model(ids[:, 4:], state)
    restored = state_from_tensors(model, state_to_tensors(detach_state(state), "lanes."), "lanes.")
    assert torch.equal(model(ids[:, 4:], restored)[0], needed)


def test_calling_the_model_is_reading_a_sequence() -> None:
    assert CharModel.forward is CharModel.sequence
    assert list(inspect.signature(CharModel.sequence).parameters) == [
        "self",
        "ids",
        "state",
        "resets",
        "labels",
        "dropout_generator",
        "options",
    ]
