"""Forward and backward pass of one window: the loss of every symbol, and the gradient of their mean.

Groups of lanes are computed in parallel, each in a thread of its own.

Shapes: B = lanes, T = symbols per window, V = symbols of the alphabet.
"""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn

from penwright.model.char_model import CharModel, ModelState, ReadOptions, detach_state
from penwright.training.batches import Batch
from penwright.training.threads import in_threads


class Outputs(NamedTuple):
    """Losses, predictions and new states of one window, on the model's device."""

    losses: Tensor
    """float32 (B, T), nats per symbol."""
    predictions: Tensor
    """int64 (B, T), the most probable symbols."""
    states: list[ModelState]
    """State of each group of lanes after the window, detached from its history."""


class _GroupOutputs(NamedTuple):
    losses: Tensor
    predictions: Tensor
    state: ModelState
    gradients: tuple[Tensor | None, ...]


def forward_backward(
    model: CharModel,
    batch: Batch,
    states: Sequence[ModelState],
    groups: Sequence[slice],
    *,
    precision: str = "float32",
    dropout_generator: torch.Generator | None = None,
) -> Outputs:
    """Run the model forward and backward over a window, and replace the gradients of its parameters.

    Args:
        model: The model to train.
        batch: The window.
        states: State of each group of lanes. Their memory of the texts is overwritten.
        groups: Groups of lanes, from `divided`.
        precision: Type of matrix products, "float32" or "bfloat16".
        dropout_generator: Generator for `CharModel.sequence`. It allows a single group only: threads would draw from it
            in any order.
    """
    assert dropout_generator is None or len(groups) == 1, "masks are drawn in the order of the lanes"
    device = model.readout_bias.device
    inputs, targets = batch.inputs.to(device), batch.targets.to(device)  # (B, T)
    resets = batch.resets.to(device) if batch.resets is not None else None
    labels = batch.labels.to(device) if batch.labels is not None else None
    parameters = list(model.parameters())

    def run(group: tuple[slice, ModelState]) -> _GroupOutputs:
        lanes, before = group
        with torch.autocast(device.type, dtype=torch.bfloat16, enabled=precision == "bfloat16"):
            logits, state = model.sequence(
                inputs[lanes],
                before,
                resets=None if resets is None else resets[lanes],
                labels=None if labels is None else labels[lanes],
                dropout_generator=dropout_generator,
                options=ReadOptions(consumes_state=True),
            )
        logits, group_targets = logits.float(), targets[lanes]  # (B, T, V), (B, T)
        losses = nn.functional.cross_entropy(logits.flatten(0, 1), group_targets.flatten(), reduction="none")
        losses = losses.view_as(group_targets)
        share = len(group_targets) / len(targets)  # of the mean over all lanes
        gradients = torch.autograd.grad(share * losses.mean(), parameters, allow_unused=True)
        return _GroupOutputs(losses.detach(), logits.detach().argmax(dim=-1), detach_state(state), gradients)

    parts = in_threads(run, list(zip(groups, states, strict=True)))
    for parameter, *gradients in zip(parameters, *(part.gradients for part in parts), strict=True):
        parameter.grad = _sum_of(gradients, parameter=parameter)
    return Outputs(
        torch.cat([part.losses for part in parts]),
        torch.cat([part.predictions for part in parts]),
        [part.state for part in parts],
    )


def _sum_of(gradients: Sequence[Tensor | None], *, parameter: nn.Parameter) -> Tensor | None:
    """Sum the groups' gradients of one parameter, in their order; None if the network does not use it.

    The sum is laid out in memory as the parameter is. torch's fused Adam needs that and does not check it: it pairs
    weights and gradients by their order in memory. `Tensor.backward` takes care of it, `torch.autograd.grad` does not.
    """
    first, *others = gradients
    for gradient in others:
        assert first is not None and gradient is not None, "all groups run the same network"
        first = first.add_(gradient)
    if first is None or first.stride() == parameter.stride():
        return first
    return torch.empty_like(parameter).copy_(first)
