"""A dense layer over the last few inputs: a memory of fixed length, which forgets all at once.

With a window of one input it is a dense layer without memory; the layers above the first are of that kind.

Shapes: B = lanes, T = characters per window of training, D = input_size, H = hidden_size, N = window_size.
"""

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from penwright.model.cells.base import Drop, Layer, as_vectors, fill_glorot, keep_all


class WindowState(NamedTuple):
    """The inputs that the next step still sees."""

    inputs: Tensor
    """(B, N - 1, D), oldest first; zeros before the first character."""


class Window(Layer[WindowState]):
    """tanh(W [x_(t-N+1) ... x_t] + b).

    Source: Bengio, Ducharme, Vincent and Jauvin 2003, "A Neural Probabilistic Language Model", section 2, without the
    direct connections.
    """

    def __init__(
        self, input_size: int, hidden_size: int, window_size: int, *, generator: torch.Generator | None = None
    ) -> None:
        """Make a layer with Glorot-uniform weights and zero biases.

        Args:
            input_size: D.
            hidden_size: H.
            window_size: N, at least 1: the present input and the N - 1 before it.
            generator: Random generator for the weights, None for torch's own.
        """
        super().__init__()
        self.input_size, self.hidden_size, self.window_size = input_size, hidden_size, window_size
        self.input_weight = nn.Parameter(torch.empty(hidden_size, window_size * input_size))
        self.bias = nn.Parameter(torch.zeros(hidden_size))
        fill_glorot(self.input_weight, fan_in=window_size * input_size, fan_out=hidden_size, generator=generator)

    def initial_state(self, batch_size: int, *, device: torch.device | str | None = None) -> WindowState:
        shape = (batch_size, self.window_size - 1, self.input_size)
        return WindowState(torch.zeros(shape, dtype=self.bias.dtype, device=device or self.bias.device))

    def step(self, inputs: Tensor, state: WindowState) -> tuple[Tensor, WindowState]:
        inputs = as_vectors(inputs, size=self.input_size, dtype=self.bias.dtype)
        seen = torch.cat((state.inputs, inputs.unsqueeze(1)), dim=1)  # (B, N, D)
        outputs = torch.tanh(F.linear(seen.flatten(1), self.input_weight, self.bias))
        return outputs, WindowState(seen[:, 1:])

    def sequence(
        self, inputs: Tensor, state: WindowState, resets: Tensor | None = None, *, drop: Drop = keep_all
    ) -> tuple[Tensor, WindowState]:
        inputs = drop(as_vectors(inputs, size=self.input_size, dtype=self.bias.dtype))
        num_steps, reach = len(inputs), self.window_size - 1
        seen = torch.cat((state.inputs, inputs.transpose(0, 1)), dim=1)  # (B, N - 1 + T, D)
        windows = seen.unfold(1, self.window_size, 1).transpose(2, 3)  # (B, T, N, D)
        rest = seen[:, num_steps:]  # (B, N - 1, D)
        if resets is not None:
            # Inputs belong together when equally many resets precede them; the carried ones come before any.
            texts = F.pad(resets.t().long().cumsum(dim=1), (reach, 0))  # (B, N - 1 + T)
            is_other_text = texts.unfold(1, self.window_size, 1) != texts[:, reach:].unsqueeze(2)  # (B, T, N)
            windows = windows.masked_fill(is_other_text.unsqueeze(3), 0.0)
            rest = rest.masked_fill((texts[:, num_steps:] != texts[:, -1:]).unsqueeze(2), 0.0)
        outputs = torch.tanh(F.linear(windows.flatten(2), self.input_weight, self.bias))  # (B, T, H)
        return outputs.transpose(0, 1), WindowState(rest)
