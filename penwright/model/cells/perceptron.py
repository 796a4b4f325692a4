"""One dense layer with a sigmoid and no memory: it predicts the next character from the present one alone.

Shapes: B = lanes, T = characters per window, D = input_size, H = hidden_size.
"""

import torch
from torch import Tensor, nn

from penwright.model.cells.base import NoState, ProjectedLayer, fill_glorot


class Perceptron(ProjectedLayer[NoState]):
    """sigmoid(W x + b).

    Source: Rumelhart, Hinton and Williams 1986, "Learning representations by back-propagating errors", eq. 1-2.
    """

    def __init__(self, input_size: int, hidden_size: int, *, generator: torch.Generator | None = None) -> None:
        """Make a layer with Glorot-uniform weights and zero biases.

        Args:
            input_size: D.
            hidden_size: H.
            generator: Random generator for the weights, None for torch's own.
        """
        super().__init__()
        self.input_size, self.hidden_size = input_size, hidden_size
        self.input_weight = nn.Parameter(torch.empty(hidden_size, input_size))
        self.bias = nn.Parameter(torch.zeros(hidden_size))
        fill_glorot(self.input_weight, fan_in=input_size, fan_out=hidden_size, generator=generator)

    def initial_state(self, batch_size: int, *, device: torch.device | str | None = None) -> NoState:
        return NoState()

    def step_products(self, products: Tensor, state: NoState) -> tuple[Tensor, NoState]:
        return torch.sigmoid(products), state

    def sequence_products(self, products: Tensor, state: NoState, resets: Tensor | None) -> tuple[Tensor, NoState]:
        return torch.sigmoid(products.to(self.bias.dtype)), state
