"""All that a training knows between two updates, as one value.

What is captured here is what a checkpoint holds and what a rollback returns to: nothing that influences a later update
may live anywhere else.
"""

from dataclasses import dataclass
from typing import NamedTuple

from torch import Tensor


@dataclass(frozen=True, kw_only=True, slots=True)
class Counters:
    """The numbers of a training."""

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
    """Running average of the loss, nats per symbol, against which an explosion is measured."""
    learning_rate_scale: float = 1.0
    """What the schedule's rate is multiplied by; halved at every rollback."""
    num_rollbacks: int = 0
    """Rollbacks so far."""
    best_bits_per_char: float | None = None
    """The best reading of held-out books."""
    best_step: int | None = None
    """The step of that reading."""
    evaluations_without_gain: int = 0
    """Readings of held-out books since the best one."""


class TrainingState(NamedTuple):
    """Everything, ready to be written down or restored. All tensors are copies on the CPU."""

    counters: Counters
    weights: dict[str, Tensor]
    """The model's parameters by name."""
    optimizer: dict[str, Tensor]
    """State of the optimizers, by "parameter/moment"."""
    lanes: dict[str, Tensor]
    """The recurrent state of every lane, each of shape (B, ...)."""
    random: dict[str, Tensor]
    """The state of each process's generator, uint8 of shape (processes, bytes)."""
