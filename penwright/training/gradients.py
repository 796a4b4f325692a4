"""What a window teaches: the loss of every symbol, and the gradient of their mean, from groups of lanes side by side.

Shapes: B = lanes, T = symbols per window, V = symbols of the alphabet.
"""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn

from penwright.model.char_model import CharModel, ModelState, detach_state
from penwright.training.batches import Batch
from penwright.training.threads import in_threads


class Lesson(NamedTuple):
    """What was found, on the device of the model."""

    losses: Tensor
    """float32 (B, T), nats per symbol."""
    predictions: Tensor
    """int64 (B, T), the most probable symbols."""
    states: list[ModelState]
    """The memory of each group of lanes after the window, without its history."""


class _Share(NamedTuple):
    """One group's."""

    losses: Tensor
    predictions: Tensor
    state: ModelState
    gradients: tuple[Tensor | None, ...]


def learn_gradients(
    model: CharModel,
    batch: Batch,
    states: Sequence[ModelState],
    groups: Sequence[slice],
    *,
    precision: str = "float32",
    dropout_generator: torch.Generator | None = None,
) -> Lesson:
    """Read a window of every lane forward and back, and replace the gradients of the model's parameters.

    Args:
        model: What learns.
        batch: The window.
        states: The memory of each group of lanes. What it holds of the texts is overwritten.
        groups: From `divided`.
        precision: Of matrix products, "float32" or "bfloat16".
        dropout_generator: As `CharModel.sequence` takes it. Whoever gives one gives one group: threads would draw from
            it in any order.
    """
    assert dropout_generator is None or len(groups) == 1, "masks are drawn in the order of the lanes"
    device = model.readout_bias.device
    inputs, targets = batch.inputs.to(device), batch.targets.to(device)  # (B, T)
    resets = batch.resets.to(device) if batch.resets is not None else None
    parameters = list(model.parameters())

    def read(group: tuple[slice, ModelState]) -> _Share:
        lanes, before = group
        with torch.autocast(device.type, dtype=torch.bfloat16, enabled=precision == "bfloat16"):
            logits, state = model.sequence(
                inputs[lanes],
                before,
                resets=None if resets is None else resets[lanes],
                dropout_generator=dropout_generator,
                consumes_state=True,
            )
        logits, wanted = logits.float(), targets[lanes]  # (B, T, V)
        losses = nn.functional.cross_entropy(logits.flatten(0, 1), wanted.flatten(), reduction="none").view_as(wanted)
        share = len(wanted) / len(targets)  # of the mean over all lanes
        gradients = torch.autograd.grad(share * losses.mean(), parameters, allow_unused=True)
        return _Share(losses.detach(), logits.detach().argmax(dim=-1), detach_state(state), gradients)

    shares = in_threads(read, list(zip(groups, states, strict=True)))
    for parameter, *gradients in zip(parameters, *(share.gradients for share in shares), strict=True):
        parameter.grad = _sum_of(gradients)
    return Lesson(
        torch.cat([share.losses for share in shares]),
        torch.cat([share.predictions for share in shares]),
        [share.state for share in shares],
    )


def _sum_of(gradients: Sequence[Tensor | None]) -> Tensor | None:
    """Add up the groups' gradients of a parameter in their order; None where no group has use for it."""
    first, *others = gradients
    for gradient in others:
        assert first is not None and gradient is not None, "all groups run the same network"
        first = first.add_(gradient)
    return first
