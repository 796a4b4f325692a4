"""The optimizers, and their memory as named tensors that a checkpoint can hold."""

from collections.abc import Mapping

import torch
from torch import Tensor, nn
from torch.optim import Adam, AdamW, Optimizer

from penwright.errors import CheckpointError
from penwright.training.config import TrainConfig

MOMENTS = ("step", "exp_avg", "exp_avg_sq")


def make_optimizer(model: nn.Module, config: TrainConfig) -> Optimizer:
    """Return the optimizer of a run. Weight decay touches matrices only, never biases, gains or embeddings."""
    matrices = [p for name, p in model.named_parameters() if p.ndim >= 2 and "embedding" not in name]
    others = [p for name, p in model.named_parameters() if p.ndim < 2 or "embedding" in name]
    decay = config.weight_decay if config.optimizer == "adamw" else 0.0
    groups = [{"params": matrices, "weight_decay": decay}, {"params": others, "weight_decay": 0.0}]
    kind = AdamW if config.optimizer == "adamw" else Adam
    is_fused = next(model.parameters()).device.type in ("cpu", "cuda")  # one pass over memory instead of a dozen
    groups = [group for group in groups if group["params"]]
    return kind(groups, lr=0.0, betas=(config.beta1, config.beta2), eps=config.epsilon, fused=is_fused)


def set_learning_rate(optimizer: Optimizer, rate: float) -> None:
    """Set the rate of the next update."""
    for group in optimizer.param_groups:
        group["lr"] = rate


def optimizer_tensors(model: nn.Module, optimizer: Optimizer) -> dict[str, Tensor]:
    """Return the optimizer's memory, "parameter/moment" to a tensor it still owns; empty before the first update."""
    return {
        f"{name}/{moment}": optimizer.state[parameter][moment]
        for name, parameter in model.named_parameters()
        if parameter in optimizer.state
        for moment in MOMENTS
    }


def restore_optimizer(model: nn.Module, optimizer: Optimizer, tensors: Mapping[str, Tensor]) -> None:
    """Give an optimizer the memory that `optimizer_tensors` returned.

    Raises:
        CheckpointError: If the names or shapes do not belong to this model.
    """
    optimizer.state.clear()
    if not tensors:
        return
    parameters = dict(model.named_parameters())
    expected = {f"{name}/{moment}" for name in parameters for moment in MOMENTS}
    if set(tensors) != expected:
        odd = sorted(expected.symmetric_difference(tensors))[0]
        raise CheckpointError(
            f"the optimizer's memory does not belong to this model: '{odd}' is missing or unexpected."
        )
    for name, parameter in parameters.items():
        state = {moment: tensors[f"{name}/{moment}"].clone() for moment in MOMENTS}
        for moment in MOMENTS[1:]:
            if state[moment].shape != parameter.shape:
                raise CheckpointError(
                    f"the optimizer's memory of '{name}' has the shape {tuple(state[moment].shape)}, but the "
                    f"weights have {tuple(parameter.shape)}."
                )
            state[moment] = state[moment].to(parameter.device)
        optimizer.state[parameter] = state


def clip_gradients(parameters: list[nn.Parameter], *, max_norm: float) -> float:
    """Scale gradients so that their global norm is at most `max_norm` (0 leaves them), and return the norm before."""
    norm = torch.nn.utils.get_total_norm([p.grad for p in parameters if p.grad is not None])
    if max_norm > 0:
        torch.nn.utils.clip_grads_with_norm_(parameters, max_norm, norm)
    return float(norm)
