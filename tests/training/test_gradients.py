"""What a window teaches is the same whether its lanes are read together or in threads."""

import pytest
import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from penwright.model.char_model import CharModel, ModelConfig, all_lanes, some_lanes, state_to_tensors
from penwright.training.batches import Batch
from penwright.training.gradients import forward_backward
from penwright.training.optim.optimizers import make_optimizers, set_learning_rate
from penwright.training.settings.config import TrainConfig

NUM_LANES, SEQ_LEN, VOCAB_SIZE = 5, 300, 40
UNEVEN = [slice(0, 2), slice(2, 5)]
TOGETHER = [slice(0, NUM_LANES)]
CONFIGS = {
    "default": ModelConfig(
        vocab_size=VOCAB_SIZE, embedding_dim=8, hidden_size=8, num_layers=2, mlp_size=16, match_slots=64
    ),
    "gru": ModelConfig(
        vocab_size=VOCAB_SIZE, cell="gru", is_residual=False, embedding_dim=0, hidden_size=8, num_layers=2
    ),
}


def new_model(name: str) -> CharModel:
    """A model whose weights are none of them zero."""
    generator = torch.Generator().manual_seed(1)
    model = CharModel(CONFIGS[name], generator=generator)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter += 0.1 * torch.randn(parameter.shape, generator=generator)
    return model


def windows() -> list[Batch]:
    """Two windows, one after the other, in the second of which a lane begins anew."""
    ids = torch.randint(VOCAB_SIZE, (NUM_LANES, 2 * SEQ_LEN + 1), generator=torch.Generator().manual_seed(2))
    resets = torch.zeros(NUM_LANES, SEQ_LEN, dtype=torch.bool)
    resets[3, 7] = True
    return [
        Batch(ids[:, :SEQ_LEN], ids[:, 1 : SEQ_LEN + 1], None),
        Batch(ids[:, SEQ_LEN:-1], ids[:, SEQ_LEN + 1 :], resets),
    ]


def found_by(name: str, groups: list[slice]) -> dict[str, Tensor]:
    """All that two windows teach: gradients, losses and predictions of the second, memory afterwards."""
    model = new_model(name)
    states = [some_lanes(model.initial_state(NUM_LANES), lanes) for lanes in groups]
    for batch in windows():
        outputs = forward_backward(model, batch, states, groups)
        states = outputs.states
    gradients = {name: p.grad for name, p in model.named_parameters() if p.grad is not None}
    memory = state_to_tensors(all_lanes(states), "memory ")
    return {**gradients, **memory, "losses": outputs.losses, "predictions": outputs.predictions}


@pytest.mark.parametrize("name", CONFIGS)
def test_groups_find_what_all_lanes_find_together(name: str) -> None:
    together, apart = found_by(name, TOGETHER), found_by(name, UNEVEN)
    assert together.keys() == apart.keys()
    for key, tensor in together.items():
        torch.testing.assert_close(apart[key], tensor, rtol=1e-4, atol=1e-6, msg=lambda told, key=key: f"{key}: {told}")


@pytest.mark.parametrize("name", CONFIGS)
def test_groups_find_the_same_every_time(name: str) -> None:
    first, again = found_by(name, UNEVEN), found_by(name, UNEVEN)
    assert all(torch.equal(first[key], again[key]) for key in first)


@pytest.mark.parametrize("name", CONFIGS)
def test_the_gradient_is_that_of_the_mean_loss(name: str) -> None:
    model, batch = new_model(name), windows()[0]
    logits, _ = model.sequence(batch.inputs, model.initial_state(NUM_LANES))
    cross_entropy(logits.flatten(0, 1), batch.targets.flatten()).backward()  # type: ignore[no-untyped-call]
    plain = [None if p.grad is None else p.grad.clone() for p in model.parameters()]
    assert any(gradient is not None and gradient.abs().max() > 1e-4 for gradient in plain)
    forward_backward(model, batch, [model.initial_state(2), model.initial_state(3)], UNEVEN)
    for parameter, gradient in zip(model.parameters(), plain, strict=True):
        if gradient is None:
            assert parameter.grad is None
        else:
            assert parameter.grad is not None
            torch.testing.assert_close(parameter.grad, gradient, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("groups", [TOGETHER, UNEVEN], ids=["together", "apart"])
@pytest.mark.parametrize("name", CONFIGS)
def test_every_weight_follows_its_own_gradient(name: str, groups: list[slice]) -> None:
    model, batch = new_model(name), windows()[0]
    before = [parameter.detach().clone() for parameter in model.parameters()]
    forward_backward(model, batch, [some_lanes(model.initial_state(NUM_LANES), lanes) for lanes in groups], groups)
    config = TrainConfig(steps=5, optimizer="adam", epsilon=1e-12)
    optimizers = make_optimizers(model, config)
    set_learning_rate(optimizers, 1e-3, config=config)
    for optimizer in optimizers:
        optimizer.step()
    for (key, parameter), old in zip(model.named_parameters(), before, strict=True):
        if parameter.grad is not None:
            change, gradient = parameter.detach() - old, parameter.grad
            known = gradient.abs() > 1e-9  # Adam's first update is the rate in the gradient's direction
            assert known.any(), key
            expected = -1e-3 * gradient[known].sign()
            torch.testing.assert_close(
                change[known], expected, rtol=0.01, atol=1e-6, msg=lambda m, key=key: f"{key}: {m}"
            )
