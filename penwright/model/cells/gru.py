"""The gated recurrent unit in its two forms: the reset gate acts before or after the recurrent product.

Rows of every weight and bias, H each: reset r, update z, candidate n.

Shapes: B = lanes, T = characters per window, D = input_size, H = hidden_size.
"""

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from penwright.model.cells.base import ProjectedLayer, fill_glorot
from penwright.model.cells.fused.gru import gru_after_sequence, gru_before_sequence


class GruState(NamedTuple):
    """The last output."""

    hidden: Tensor
    """(B, H)."""


class Gru(ProjectedLayer[GruState]):
    """h_t = z * h_(t-1) + (1 - z) * n, with r and z = sigmoid(W x_t + U h_(t-1) + b).

    Reset "before": n = tanh(W_n x_t + U_n (r * h_(t-1)) + b_n), the cell of 2014 and of TensorFlow's GRUCell.
    Reset "after": n = tanh(W_n x_t + b_n + r * (U_n h_(t-1) + c)), the cell of cuDNN and `torch.nn.GRU`.

    Source: Cho et al. 2014, "Learning Phrase Representations using RNN Encoder-Decoder", eq. 5-8.
    """

    def __init__(
        self, input_size: int, hidden_size: int, *, reset: str = "before", generator: torch.Generator | None = None
    ) -> None:
        """Make a layer that begins as TensorFlow's GRUCell does: gates half open, biased to remember.

        The weights are Glorot-uniform over two joint kernels of D + H inputs: one with 2H outputs for both gates, one
        with H for the candidate. Gate biases are 1, candidate biases 0.

        Args:
            input_size: D.
            hidden_size: H.
            reset: "before" or "after".
            generator: Random generator for the weights, None for torch's own.
        """
        super().__init__()
        assert reset in ("before", "after"), reset
        self.input_size, self.hidden_size, self.reset = input_size, hidden_size, reset
        self.input_weight = nn.Parameter(torch.empty(3 * hidden_size, input_size))
        self.recurrent_weight = nn.Parameter(torch.empty(3 * hidden_size, hidden_size))
        self.bias = nn.Parameter(torch.ones(3 * hidden_size))
        if reset == "after":
            self.candidate_bias = nn.Parameter(torch.zeros(hidden_size))
        num_gate_rows, fan_in = 2 * hidden_size, input_size + hidden_size
        with torch.no_grad():
            self.bias[num_gate_rows:] = 0.0
            for weight in (self.input_weight, self.recurrent_weight):
                fill_glorot(weight[:num_gate_rows], fan_in=fan_in, fan_out=num_gate_rows, generator=generator)
                fill_glorot(weight[num_gate_rows:], fan_in=fan_in, fan_out=hidden_size, generator=generator)

    def initial_state(self, batch_size: int, *, device: torch.device | str | None = None) -> GruState:
        shape = (batch_size, self.hidden_size)
        return GruState(torch.zeros(shape, dtype=self.bias.dtype, device=device or self.bias.device))

    def step_products(self, products: Tensor, state: GruState) -> tuple[Tensor, GruState]:
        size, hidden = self.hidden_size, state.hidden
        gate_products, candidate_product = products[:, : 2 * size], products[:, 2 * size :]
        gate_weight, candidate_weight = self.recurrent_weight[: 2 * size], self.recurrent_weight[2 * size :]
        reset, update = torch.sigmoid(torch.addmm(gate_products, hidden, gate_weight.t())).chunk(2, dim=1)
        if self.reset == "before":
            candidate = torch.tanh(torch.addmm(candidate_product, reset * hidden, candidate_weight.t()))
        else:
            offer = F.linear(hidden, candidate_weight, self.candidate_bias)
            candidate = torch.tanh(torch.addcmul(candidate_product, reset, offer))
        hidden = torch.lerp(candidate, hidden, update)
        return hidden, GruState(hidden)

    def sequence_products(self, products: Tensor, state: GruState, resets: Tensor | None) -> tuple[Tensor, GruState]:
        if self.reset == "before":
            outputs = gru_before_sequence(products, self.recurrent_weight, state.hidden, resets)
        else:
            outputs = gru_after_sequence(products, self.recurrent_weight, self.candidate_bias, state.hidden, resets)
        return outputs, GruState(outputs[-1])
