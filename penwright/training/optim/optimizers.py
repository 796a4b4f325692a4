"""Make the optimizers of a run, and turn their state into named tensors for a checkpoint, and back."""

from collections.abc import Iterator, Mapping, Sequence

import torch
from torch import Tensor, nn
from torch.optim import Adam, AdamW, Optimizer

from penwright.errors import CheckpointError
from penwright.model.cells.base import Layer
from penwright.model.char_model import CharModel
from penwright.training.optim.muon import Muon, Stacked
from penwright.training.settings.config import TrainConfig

GATED_WEIGHTS = ("input_weight", "recurrent_weight")
"""Weights of a recurrent layer that stack one matrix for each gate."""
BLOCK_WEIGHTS = ("projection_weight", "mlp_input_weight", "mlp_output_weight")
"""Weights of a residual block, one matrix each."""
ADAM_MOMENTS = ("step", "exp_avg", "exp_avg_sq")
MUON_MOMENTS = ("momentum",)


def make_optimizers(model: CharModel, config: TrainConfig) -> tuple[Optimizer, ...]:
    """Return the optimizers of a run, each for some of the weights.

    Muon updates the matrices within the stack, and the one through which the stack reads the n-grams. Adam updates the
    rest: embeddings, readouts, biases, gains. Weight decay applies to matrices only, never to embeddings.
    """
    hidden = tuple(hidden_matrices(model)) if config.optimizer == "muon" else ()
    taken = {id(stacked.weight) for stacked in hidden}
    left = {name: p for name, p in model.named_parameters() if id(p) not in taken}
    matrices = [p for name, p in left.items() if p.ndim >= 2 and "embedding" not in name]
    others = [p for name, p in left.items() if p.ndim < 2 or "embedding" in name]
    decay = 0.0 if config.optimizer == "adam" else config.weight_decay
    groups = [{"params": matrices, "weight_decay": decay}, {"params": others, "weight_decay": 0.0}]
    kind = Adam if config.optimizer == "adam" else AdamW
    is_fused = next(model.parameters()).device.type in ("cpu", "cuda")  # one pass over memory instead of a dozen
    groups = [group for group in groups if group["params"]]
    adam = kind(groups, lr=0.0, betas=(config.beta1, config.beta2), eps=config.epsilon, fused=is_fused)
    if not hidden:
        return (adam,)
    dtype = torch.bfloat16 if config.precision == "bfloat16" else torch.float32
    muon = Muon(hidden, lr=0.0, momentum=config.muon_momentum, weight_decay=config.weight_decay, dtype=dtype)
    return adam, muon


def hidden_matrices(model: CharModel) -> Iterator[Stacked]:
    """Yield the matrices that map dense vectors to hidden ones, without those that read one-hot vectors."""
    if model.context_models is not None and model.context_models.ngram_lookup is not None:
        yield Stacked(model.context_models.ngram_input_weight, 1)
    lowest = model.layers[0] if model.config.embedding_dim == 0 else None
    for layer in model.layers.modules():
        if not isinstance(layer, Layer):
            continue
        for name, weight in layer.named_parameters(recurse=False):
            if name in GATED_WEIGHTS and not (layer is lowest and name == "input_weight"):
                yield Stacked(weight, len(weight) // layer.hidden_size)
            elif name in BLOCK_WEIGHTS:
                yield Stacked(weight, 1)


def set_learning_rate(optimizers: Sequence[Optimizer], rate: float, *, config: TrainConfig) -> None:
    """Set the rate of the next update: Adam's rate, which Muon uses times `muon_rate`."""
    for optimizer in optimizers:
        for group in optimizer.param_groups:
            group["lr"] = rate * (config.muon_rate if isinstance(optimizer, Muon) else 1.0)


def optimizer_tensors(model: nn.Module, optimizers: Sequence[Optimizer]) -> dict[str, Tensor]:
    """Return the optimizers' own tensors by "parameter/moment"; empty before the first update."""
    return {
        f"{name}/{moment}": optimizer.state[parameter][moment]
        for name, parameter, optimizer in _owned(model, optimizers)
        if parameter in optimizer.state
        for moment in _moments(optimizer)
    }


def restore_optimizers(model: nn.Module, optimizers: Sequence[Optimizer], tensors: Mapping[str, Tensor]) -> None:
    """Replace the optimizers' state by what `optimizer_tensors` returned.

    Raises:
        CheckpointError: If the names or shapes do not belong to this model and these optimizers.
    """
    for optimizer in optimizers:
        optimizer.state.clear()
    if not tensors:
        return
    owned = list(_owned(model, optimizers))
    expected = {f"{name}/{moment}" for name, _, optimizer in owned for moment in _moments(optimizer)}
    if set(tensors) != expected:
        odd = sorted(expected.symmetric_difference(tensors))[0]
        raise CheckpointError(
            f"the optimizer's memory does not belong to this model: '{odd}' is missing or unexpected."
        )
    for name, parameter, optimizer in owned:
        state = {moment: tensors[f"{name}/{moment}"].clone() for moment in _moments(optimizer)}
        for moment in set(state) - {"step"}:
            if state[moment].shape != parameter.shape:
                raise CheckpointError(
                    f"the optimizer's memory of '{name}' has the shape {tuple(state[moment].shape)}, but the "
                    f"weights have {tuple(parameter.shape)}."
                )
            state[moment] = state[moment].to(parameter.device)
        optimizer.state[parameter] = state


def _owned(model: nn.Module, optimizers: Sequence[Optimizer]) -> Iterator[tuple[str, nn.Parameter, Optimizer]]:
    """Yield every parameter with its name and its optimizer."""
    owners = {p: optimizer for optimizer in optimizers for group in optimizer.param_groups for p in group["params"]}
    for name, parameter in model.named_parameters():
        yield name, parameter, owners[parameter]


def _moments(optimizer: Optimizer) -> tuple[str, ...]:
    return MUON_MOMENTS if isinstance(optimizer, Muon) else ADAM_MOMENTS


def clip_gradients(parameters: list[nn.Parameter], *, max_norm: float) -> float:
    """Scale gradients so that their global norm is at most `max_norm`, unless that is 0. Return the norm before."""
    norm = torch.nn.utils.get_total_norm([p.grad for p in parameters if p.grad is not None])
    if max_norm > 0:
        torch.nn.utils.clip_grads_with_norm_(parameters, max_norm, norm)
    return float(norm)
