"""Which optimizer owns which weight, at what rate, and memory that comes back or is refused."""

from dataclasses import replace

import pytest
import torch
from torch import Tensor

from penwright.errors import CheckpointError
from penwright.model.char_model import CharModel, ModelConfig
from penwright.training.optim.muon import Muon
from penwright.training.optim.optimizers import (
    clip_gradients,
    hidden_matrices,
    make_optimizers,
    optimizer_tensors,
    restore_optimizers,
    set_learning_rate,
)
from penwright.training.settings.config import TrainConfig

GATED = ModelConfig(
    vocab_size=11,
    cell="gated",
    is_residual=True,
    embedding_dim=8,
    hidden_size=6,
    num_layers=2,
    mlp_size=16,
    ngram_entries=100,
    match_slots=8,
)
PLAIN_GRU = ModelConfig(
    vocab_size=11, cell="gru", is_residual=False, embedding_dim=0, hidden_size=6, num_layers=2, mlp_size=0
)
MUON = TrainConfig(steps=5, optimizer="muon", precision="float32")


def new_model(config: ModelConfig = GATED) -> CharModel:
    return CharModel(config, generator=torch.Generator().manual_seed(0))


def names_of(model: CharModel) -> dict[str, int]:
    names = {parameter: name for name, parameter in model.named_parameters()}
    return {names[weight]: number for weight, number in hidden_matrices(model)}


def learn_from_noise(model: CharModel, train: TrainConfig, *, steps: int) -> dict[str, Tensor]:
    """Make some updates by gradients that were drawn, and return what the optimizers remember."""
    optimizers = make_optimizers(model, train)
    generator = torch.Generator().manual_seed(1)
    for _ in range(steps):
        for parameter in model.parameters():
            parameter.grad = torch.randn(parameter.shape, generator=generator)
        set_learning_rate(optimizers, 0.01, config=train)
        for optimizer in optimizers:
            optimizer.step()
    return {name: tensor.clone() for name, tensor in optimizer_tensors(model, optimizers).items()}


def test_the_matrices_within_the_stack_are_found_gate_by_gate() -> None:
    block = {"projection_weight": 1, "mlp_input_weight": 1, "mlp_output_weight": 1, "layer.input_weight": 3}
    of_blocks = {f"layers.{k}.{name}": number for k in (0, 1) for name, number in block.items()}
    assert names_of(new_model()) == {**of_blocks, "context_models.ngram_input_weight": 1}
    assert names_of(new_model(replace(GATED, ngram_entries=0))) == of_blocks


def test_a_matrix_that_reads_one_hot_vectors_is_none_of_them() -> None:
    assert names_of(new_model(PLAIN_GRU)) == {
        "layers.0.recurrent_weight": 3,
        "layers.1.input_weight": 3,
        "layers.1.recurrent_weight": 3,
    }


@pytest.mark.parametrize("name", ["muon", "adamw", "adam"])
@pytest.mark.parametrize("config", [GATED, PLAIN_GRU], ids=["gated", "gru"])
def test_every_weight_has_exactly_one_optimizer(name: str, config: ModelConfig) -> None:
    model = new_model(config)
    optimizers = make_optimizers(model, replace(MUON, optimizer=name))
    owned = [id(p) for optimizer in optimizers for group in optimizer.param_groups for p in group["params"]]
    assert sorted(owned) == sorted(id(parameter) for parameter in model.parameters())
    assert any(isinstance(optimizer, Muon) for optimizer in optimizers) == (name == "muon")


@pytest.mark.parametrize(("name", "decays"), [("muon", True), ("adamw", True), ("adam", False)])
def test_decay_touches_matrices_only(name: str, decays: bool) -> None:
    model = new_model()
    before = {key: parameter.detach().clone() for key, parameter in model.named_parameters()}
    train = replace(MUON, optimizer=name, weight_decay=50.0, muon_rate=1.0)
    optimizers = make_optimizers(model, train)
    for parameter in model.parameters():
        parameter.grad = torch.zeros_like(parameter)
    set_learning_rate(optimizers, 0.01, config=train)
    for optimizer in optimizers:
        optimizer.step()
    for key, parameter in model.named_parameters():
        is_decayed = decays and parameter.ndim >= 2 and "embedding" not in key
        torch.testing.assert_close(parameter.detach(), before[key] * (0.5 if is_decayed else 1.0))


def test_muons_rate_is_a_multiple_of_the_others() -> None:
    train = replace(MUON, muon_rate=7.0)
    adam, muon = make_optimizers(new_model(), train)
    set_learning_rate((adam, muon), 0.02, config=train)
    assert {group["lr"] for group in adam.param_groups} == {0.02}
    assert muon.param_groups[0]["lr"] == pytest.approx(0.14)


@pytest.mark.parametrize("name", ["muon", "adamw"])
def test_memory_comes_back_and_the_next_update_is_the_same(name: str) -> None:
    train = replace(MUON, optimizer=name)
    model = new_model()
    memory = learn_from_noise(model, train, steps=2)
    twin = new_model()
    twin.load_state_dict(model.state_dict())
    results = []
    for each in (model, twin):
        optimizers = make_optimizers(each, train)
        restore_optimizers(each, optimizers, memory)
        set_learning_rate(optimizers, 0.01, config=train)
        for parameter in each.parameters():
            parameter.grad = torch.ones_like(parameter)
        for optimizer in optimizers:
            optimizer.step()
        results.append(each.state_dict())
    for key, value in results[0].items():
        assert torch.equal(value, results[1][key])


def test_memory_of_another_optimizer_is_refused_by_name() -> None:
    memory = learn_from_noise(new_model(), replace(MUON, optimizer="adamw"), steps=1)
    model = new_model()
    with pytest.raises(CheckpointError, match=r"'\S+/\S+' is missing or unexpected"):
        restore_optimizers(model, make_optimizers(model, MUON), memory)


@pytest.mark.parametrize("moment", ["momentum", "exp_avg"])
def test_memory_of_another_shape_is_refused_with_both_shapes(moment: str) -> None:
    memory = learn_from_noise(new_model(), MUON, steps=1)
    name = next(key for key in memory if key.endswith(f"/{moment}"))
    memory[name] = torch.zeros(2, 2)
    model = new_model()
    with pytest.raises(CheckpointError, match=r"has the shape \(2, 2\), but"):
        restore_optimizers(model, make_optimizers(model, MUON), memory)


def test_before_the_first_update_there_is_no_memory() -> None:
    model = new_model()
    optimizers = make_optimizers(model, MUON)
    assert optimizer_tensors(model, optimizers) == {}
    restore_optimizers(model, optimizers, {})
    assert optimizer_tensors(model, optimizers) == {}


@pytest.mark.parametrize(("max_norm", "after"), [(1.0, 1.0), (0.0, 5.0), (10.0, 5.0)])
def test_gradients_are_clipped_by_their_common_norm(max_norm: float, after: float) -> None:
    weights = [torch.nn.Parameter(torch.zeros(1)), torch.nn.Parameter(torch.zeros(2))]
    weights[0].grad, weights[1].grad = torch.tensor([3.0]), torch.tensor([0.0, 4.0])
    assert clip_gradients(weights, max_norm=max_norm) == pytest.approx(5.0)
    grads = torch.cat([weight.grad for weight in weights if weight.grad is not None])
    assert float(grads.norm()) == pytest.approx(after, rel=1e-4)
