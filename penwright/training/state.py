"""The state of a training between two updates, as one value.

A checkpoint holds it, and a rollback returns to it. Nothing that influences a later update may live anywhere else.
"""

from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from penwright.errors import CheckpointError


@dataclass(frozen=True, kw_only=True, slots=True)
class Counters:
    """Counters of a training."""

    step: int = 0
    """Updates done."""
    epoch: int = 1
    """Epoch of the next window, from 1."""
    window: int = 0
    """Next window within the epoch, from 0."""
    chars_read: int = 0
    """Characters learned from, over all epochs."""
    elapsed_seconds: float = 0.0
    """Training time over all sessions."""
    loss_average: float | None = None
    """Running average of the loss, nats per symbol. An exploding loss is measured against it."""
    learning_rate_scale: float = 1.0
    """Factor on the schedule's rate, halved at every rollback."""
    num_rollbacks: int = 0
    """Rollbacks so far."""
    best_bits_per_char: float | None = None
    """Best score on held-out books so far."""
    best_step: int | None = None
    """Step of that score."""
    evaluations_without_gain: int = 0
    """Evaluations on held-out books since the best one."""
    evaluation_budget: int = 0
    """Characters that an evaluation may cost; 0 until the first one. See `held_out`."""


class TrainingState(NamedTuple):
    """Everything that later updates depend on. All tensors are copies on the CPU."""

    counters: Counters
    weights: dict[str, Tensor]
    """Parameters of the model, by name."""
    optimizer: dict[str, Tensor]
    """State of the optimizers, by "parameter/moment"."""
    lanes: dict[str, Tensor]
    """Recurrent state of all lanes, each tensor of shape (B, ...)."""
    random: dict[str, Tensor]
    """State of each process's generator, uint8 of shape (processes, bytes)."""


def restore_weights(parameters: dict[str, Tensor], weights: dict[str, Tensor]) -> None:
    """Replace the values of a model's parameters by weights from a state.

    Raises:
        CheckpointError: If they belong to another model.
    """
    if set(weights) != set(parameters):
        odd = sorted(set(parameters).symmetric_difference(weights))[0]
        raise CheckpointError(f"the checkpoint's weights belong to another model: '{odd}' is missing or unexpected.")
    with torch.no_grad():
        for name, parameter in parameters.items():
            if weights[name].shape != parameter.shape:
                raise CheckpointError(f"the checkpoint's '{name}' has another shape than this run's model.")
            parameter.copy_(weights[name])
