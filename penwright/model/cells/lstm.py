"""Long short-term memory: a cell that gates write to, keep and read from.

Rows of every weight and bias, H each: output o, input i, forget f, new content g.

Shapes: B = lanes, T = characters per window, D = input_size, H = hidden_size.
"""

from typing import NamedTuple

import torch
from torch import Tensor, nn

from penwright.model.cells.base import ProjectedLayer, fill_glorot
from penwright.model.cells.fused.lstm import lstm_sequence


class LstmState(NamedTuple):
    """The last output and the cell behind it."""

    hidden: Tensor
    """(B, H)."""
    cell: Tensor
    """(B, H)."""


class Lstm(ProjectedLayer[LstmState]):
    """c_t = f * c_(t-1) + i * g and h_t = o * tanh(c_t), with o, i, f = sigmoid and g = tanh of W x_t + U h_(t-1) + b.

    Source: Gers, Schmidhuber and Cummins 2000, "Learning to Forget", section 3, without peepholes.
    """

    def __init__(self, input_size: int, hidden_size: int, *, generator: torch.Generator | None = None) -> None:
        """Make a layer with Glorot-uniform weights, all of them as one matrix, and biases 0 but 1 for the forget gate.

        Args:
            input_size: D.
            hidden_size: H.
            generator: Random generator for the weights, None for torch's own.

        Source of the forget bias: Jozefowicz, Zaremba and Sutskever 2015, "An Empirical Exploration of Recurrent
        Network Architectures", section 3.2.
        """
        super().__init__()
        self.input_size, self.hidden_size = input_size, hidden_size
        self.input_weight = nn.Parameter(torch.empty(4 * hidden_size, input_size))
        self.recurrent_weight = nn.Parameter(torch.empty(4 * hidden_size, hidden_size))
        self.bias = nn.Parameter(torch.zeros(4 * hidden_size))
        with torch.no_grad():
            self.bias[2 * hidden_size : 3 * hidden_size] = 1.0
        for weight in (self.input_weight, self.recurrent_weight):
            fill_glorot(weight, fan_in=input_size + hidden_size, fan_out=4 * hidden_size, generator=generator)

    def initial_state(self, batch_size: int, *, device: torch.device | str | None = None) -> LstmState:
        zeros = torch.zeros(batch_size, self.hidden_size, dtype=self.bias.dtype, device=device or self.bias.device)
        return LstmState(zeros, zeros.clone())

    def step_products(self, products: Tensor, state: LstmState) -> tuple[Tensor, LstmState]:
        size = self.hidden_size
        pre_activations = torch.addmm(products, state.hidden, self.recurrent_weight.t())
        output, entry, forget = torch.sigmoid(pre_activations[:, : 3 * size]).chunk(3, dim=1)
        content = torch.tanh(pre_activations[:, 3 * size :])
        cell = torch.addcmul(forget * state.cell, entry, content)
        hidden = output * torch.tanh(cell)
        return hidden, LstmState(hidden, cell)

    def sequence_products(self, products: Tensor, state: LstmState, resets: Tensor | None) -> tuple[Tensor, LstmState]:
        outputs, cell = lstm_sequence(products, self.recurrent_weight, state.hidden, state.cell, resets)
        return outputs, LstmState(outputs[-1], cell)
