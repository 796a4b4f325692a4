"""The simple recurrent layer: its state is its last output.

Shapes: B = lanes, T = characters per window, D = input_size, H = hidden_size.
"""

from typing import NamedTuple

import torch
from torch import Tensor, nn

from penwright.model.cells.base import ProjectedLayer, fill_glorot
from penwright.model.cells.fused.elman import elman_sequence


class ElmanState(NamedTuple):
    """The last output."""

    hidden: Tensor
    """(B, H)."""


class Elman(ProjectedLayer[ElmanState]):
    """h_t = tanh(W x_t + U h_(t-1) + b).

    Source: Elman 1990, "Finding Structure in Time", figure 2.
    """

    def __init__(self, input_size: int, hidden_size: int, *, generator: torch.Generator | None = None) -> None:
        """Make a layer with Glorot-uniform weights, W and U as one matrix of D + H inputs, and zero biases.

        Args:
            input_size: D.
            hidden_size: H.
            generator: Random generator for the weights, None for torch's own.
        """
        super().__init__()
        self.input_size, self.hidden_size = input_size, hidden_size
        self.input_weight = nn.Parameter(torch.empty(hidden_size, input_size))
        self.recurrent_weight = nn.Parameter(torch.empty(hidden_size, hidden_size))
        self.bias = nn.Parameter(torch.zeros(hidden_size))
        for weight in (self.input_weight, self.recurrent_weight):
            fill_glorot(weight, fan_in=input_size + hidden_size, fan_out=hidden_size, generator=generator)

    def initial_state(self, batch_size: int, *, device: torch.device | str | None = None) -> ElmanState:
        shape = (batch_size, self.hidden_size)
        return ElmanState(torch.zeros(shape, dtype=self.bias.dtype, device=device or self.bias.device))

    def step_products(self, products: Tensor, state: ElmanState) -> tuple[Tensor, ElmanState]:
        hidden = torch.tanh(torch.addmm(products, state.hidden, self.recurrent_weight.t()))
        return hidden, ElmanState(hidden)

    def sequence_products(
        self, products: Tensor, state: ElmanState, resets: Tensor | None
    ) -> tuple[Tensor, ElmanState]:
        outputs = elman_sequence(products, self.recurrent_weight, state.hidden, resets)
        return outputs, ElmanState(outputs[-1])
